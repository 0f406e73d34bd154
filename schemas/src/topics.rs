//! Topics and consumer groups by name.

/// Accepted events, keyed by `distinct_id`.
pub const EVENTS: &str = "events";
/// Records that can never be stored, with reason and origin.
pub const EVENTS_DLQ: &str = "events-dlq";
/// What capture refused: counts per project and reason with one example,
/// kept for seven days.
pub const INGEST_REFUSED: &str = "ingest-refused";
/// Compacted facts that every process must agree on.
pub const CONTROL: &str = "millrace-control";
/// Key in [`CONTROL`] of the published partition count of [`EVENTS`]:
/// `{"count":12}`.
pub const CONTROL_EVENTS_PARTITIONS: &str = "events.partitions";
/// The consumer group that stores events.
pub const CONSUMER_GROUP: &str = "event-consumers";
/// Partitions of [`EVENTS`] unless configured otherwise; only ever increased.
pub const EVENTS_PARTITIONS: u32 = 12;
/// Largest record of [`EVENTS`] (an event and its envelope), in bytes.
pub const EVENTS_RECORD_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Largest record of [`EVENTS_DLQ`] (an escaped event), in bytes.
pub const DLQ_RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;
