-- Rows of kind 'replay' stand beside 'repair': a range that was read again from
-- the log, and how its counts changed by that. They cover no range of their own.

ALTER TABLE {database}.ingest_batches
    MODIFY COLUMN kind Enum8('batch' = 1, 'gap' = 2, 'joined' = 3, 'repair' = 4, 'replay' = 5) CODEC(ZSTD(1));
