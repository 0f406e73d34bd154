//! clickhouse-embedded
