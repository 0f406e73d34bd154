-- The ledger: what became of every position of the log. Positions are those of
-- one partition of one log; a range runs from first_offset up to, not
-- including, next_offset.

-- One row for each partition and batch, written after the batch's rows. Rows of
-- kind 'batch', 'gap' and 'joined' tile the log; the highest next_offset of a
-- partition is the consumer's position. 'repair' rows move a count from stored
-- to duplicate after a repair and cover no range of their own.
CREATE TABLE IF NOT EXISTS {database}.ingest_batches
(
    log_id LowCardinality(String) CODEC(ZSTD(1)),
    partition UInt32 CODEC(T64, ZSTD(1)),
    first_offset UInt64 CODEC(Delta, ZSTD(1)),
    next_offset UInt64 CODEC(Delta, ZSTD(1)),
    kind Enum8('batch' = 1, 'gap' = 2, 'joined' = 3, 'repair' = 4) CODEC(ZSTD(1)),
    note String CODEC(ZSTD(1)),
    first_appended_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    last_appended_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    consumed_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    inserted_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    stored Int64 CODEC(T64, ZSTD(1)),
    duplicate Int64 CODEC(T64, ZSTD(1)),
    quarantined Int64 CODEC(T64, ZSTD(1)),
    -- The same three counts for each project; the nil project stands for
    -- records whose project could not be read.
    project_ids Array(UUID) CODEC(ZSTD(1)),
    project_stored Array(Int64) CODEC(ZSTD(1)),
    project_duplicate Array(Int64) CODEC(ZSTD(1)),
    project_quarantined Array(Int64) CODEC(ZSTD(1)),
    -- Stored events by capture-to-queryable time: counts under the bounds of
    -- warehouse::ledger::FRESHNESS_BOUNDS_MS, the last one open.
    freshness Array(UInt64) CODEC(ZSTD(1)),
    claim UInt64 CODEC(ZSTD(1)),
    CONSTRAINT claim_holds CHECK claim != 0 AND joinGet('{database}.revoked', 'yes', claim) = 0
)
ENGINE = MergeTree
ORDER BY (log_id, partition, first_offset)
SETTINGS non_replicated_deduplication_window = 0;

-- What was left out because the same event is stored already, with the position
-- at which the first of them stands.
CREATE TABLE IF NOT EXISTS {database}.ingest_repeats
(
    log_id LowCardinality(String) CODEC(ZSTD(1)),
    partition UInt32 CODEC(T64, ZSTD(1)),
    offset UInt64 CODEC(Delta, ZSTD(1)),
    project_id UUID CODEC(ZSTD(1)),
    uuid UUID CODEC(ZSTD(1)),
    distinct_id String CODEC(ZSTD(1)),
    event LowCardinality(String) CODEC(ZSTD(1)),
    timestamp DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    append_delay Int32 CODEC(ZSTD(1)),
    arrived_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    first_log_id LowCardinality(String) CODEC(ZSTD(1)),
    first_partition UInt32 CODEC(ZSTD(1)),
    first_offset UInt64 CODEC(ZSTD(1)),
    reason LowCardinality(String) CODEC(ZSTD(1)),
    claim UInt64 CODEC(ZSTD(1)),
    INDEX by_uuid uuid TYPE bloom_filter(0.01) GRANULARITY 1,
    CONSTRAINT claim_holds CHECK claim != 0 AND joinGet('{database}.revoked', 'yes', claim) = 0
)
ENGINE = MergeTree
ORDER BY (log_id, partition, offset)
SETTINGS non_replicated_deduplication_window = 0;

-- What can never be stored and went to the dead-letter topic. A project and a
-- uuid are there when the record could be read that far (else nil).
CREATE TABLE IF NOT EXISTS {database}.ingest_quarantined
(
    log_id LowCardinality(String) CODEC(ZSTD(1)),
    partition UInt32 CODEC(T64, ZSTD(1)),
    offset UInt64 CODEC(Delta, ZSTD(1)),
    project_id UUID CODEC(ZSTD(1)),
    uuid UUID CODEC(ZSTD(1)),
    distinct_id String CODEC(ZSTD(1)),
    error_kind LowCardinality(String) CODEC(ZSTD(1)),
    error_message String CODEC(ZSTD(1)),
    appended_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    arrived_at DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    claim UInt64 CODEC(ZSTD(1)),
    INDEX by_uuid uuid TYPE bloom_filter(0.01) GRANULARITY 1,
    CONSTRAINT claim_holds CHECK claim != 0 AND joinGet('{database}.revoked', 'yes', claim) = 0
)
ENGINE = MergeTree
ORDER BY (log_id, partition, offset)
SETTINGS non_replicated_deduplication_window = 0;

-- Dead letters that an operator has replayed or dropped: no longer named beside
-- complete_until, still counted as quarantined at their own position.
CREATE TABLE IF NOT EXISTS {database}.ingest_resolved
(
    log_id LowCardinality(String),
    partition UInt32,
    offset UInt64,
    action Enum8('replayed' = 1, 'dropped' = 2),
    resolved_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (log_id, partition, offset);

-- What retention or erasure has taken out of the events table: the exact
-- positions, as one bitmap of offsets for each block of 65,536.
CREATE TABLE IF NOT EXISTS {database}.ingest_removed
(
    reason Enum8('retention' = 1, 'erasure' = 2),
    job UUID,
    project_id UUID,
    log_id LowCardinality(String),
    partition UInt32,
    block UInt64,
    offsets AggregateFunction(groupBitmap, UInt64),
    removed_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (log_id, partition, block);

-- Up to which instant a partition is complete, written by its owner while the
-- faster way (Redis) is not there. partitions: how many the owner knows of.
CREATE TABLE IF NOT EXISTS {database}.ingest_marks
(
    partition UInt32,
    partitions UInt32,
    complete_until DateTime64(3, 'UTC'),
    written_at DateTime64(3, 'UTC'),
    claim UInt64,
    CONSTRAINT claim_holds CHECK claim != 0 AND joinGet('{database}.revoked', 'yes', claim) = 0
)
ENGINE = ReplacingMergeTree(written_at)
ORDER BY partition;
