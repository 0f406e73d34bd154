-- The events. A plain MergeTree: no merge removes a row, so what is stored can
-- be counted against the log. What each column means, and why it is laid out
-- like this: docs/decisions/0001-event-table.md.

CREATE TABLE IF NOT EXISTS {database}.events
(
    -- What the event is.
    project_id UUID CODEC(ZSTD(1)),
    uuid UUID CODEC(ZSTD(1)),
    event LowCardinality(String) CODEC(ZSTD(1)),
    distinct_id String CODEC(ZSTD(1)),
    person_id UInt64 CODEC(ZSTD(1)),
    timestamp DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),

    -- How it came here: capture's receipt, milliseconds from there to the
    -- log's append, the consumer's arrival, the position in the log, and the
    -- claim it was written under.
    received_at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    append_delay Int32 CODEC(T64, ZSTD(1)),
    arrived_at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    log_id LowCardinality(String) CODEC(ZSTD(1)),
    kafka_partition UInt32 CODEC(T64, ZSTD(1)),
    kafka_offset UInt64 CODEC(ZSTD(1)),
    claim UInt64 CODEC(ZSTD(1)),

    -- Standard properties as text, in the order of event_schema::hot::HOT;
    -- NULL = not set. Bit i of derived_mask: column i was derived here, not sent.
    browser LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    browser_version LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    os LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    os_version LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    device_type LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    country_code LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    region LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    city LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    referring_domain LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    utm_source LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    utm_medium LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    utm_campaign LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    utm_term LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    utm_content LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    host LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    pathname LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    screen_name LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    lib LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    lib_version LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    event_type LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    user_agent LowCardinality(Nullable(String)) CODEC(ZSTD(1)),
    session_id Nullable(String) CODEC(ZSTD(1)),
    current_url Nullable(String) CODEC(ZSTD(1)),
    referrer Nullable(String) CODEC(ZSTD(1)),
    device_id Nullable(String) CODEC(ZSTD(1)),
    insert_id Nullable(String) CODEC(ZSTD(1)),
    derived_mask UInt64 CODEC(ZSTD(1)),

    -- All other properties as text, and what it takes to give the text back as
    -- the JSON that was sent.
    props Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    restore Map(LowCardinality(String), String) CODEC(ZSTD(1)),

    INDEX by_person person_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_uuid uuid TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_property mapKeys(props) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_arrival arrived_at TYPE minmax GRANULARITY 1,
    INDEX by_offset kafka_offset TYPE minmax GRANULARITY 1,

    CONSTRAINT claim_holds CHECK claim != 0 AND joinGet('{database}.revoked', 'yes', claim) = 0
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
PRIMARY KEY (project_id, toDate(timestamp), event, person_id)
ORDER BY (project_id, toDate(timestamp), event, person_id, timestamp, uuid)
SETTINGS
    map_serialization_version = 'with_buckets',
    map_serialization_version_for_zero_level_parts = 'basic',
    map_buckets_strategy = 'constant',
    max_buckets_in_map = 8,
    map_buckets_min_avg_size = 0,
    non_replicated_deduplication_window = 0;
