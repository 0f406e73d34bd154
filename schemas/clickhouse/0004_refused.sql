-- What capture refused, as it reported it: a count per project and reason over
-- ten seconds with one example. Kept for seven days; not part of any proof.
CREATE TABLE IF NOT EXISTS {database}.ingest_refused
(
    project_id UUID CODEC(ZSTD(1)),
    reason LowCardinality(String) CODEC(ZSTD(1)),
    count UInt64 CODEC(T64, ZSTD(1)),
    window_start DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    window_end DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    detail String CODEC(ZSTD(1)),
    example String CODEC(ZSTD(1)),
    partition UInt32 CODEC(T64, ZSTD(1)),
    offset UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (project_id, window_start, reason, partition, offset)
TTL toDateTime(window_end) + INTERVAL 7 DAY;
