//! The limits of what a client may send. Every service that has to know one
//! reads it here; those that operators may change are the defaults of
//! configuration keys.

/// Longest event name, in characters after trimming.
pub const EVENT_NAME_CHARS_MAX: usize = 200;
/// Longest `distinct_id`, in characters.
pub const DISTINCT_ID_CHARS_MAX: usize = 400;
/// Largest request body on the wire, in bytes.
pub const BODY_BYTES_MAX: usize = 20 * 1024 * 1024;
/// Largest request body after decompression, in bytes.
pub const DECOMPRESSED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Largest single event as JSON, in bytes.
pub const EVENT_BYTES_MAX: usize = 1024 * 1024;
/// Most events in one batch.
pub const BATCH_EVENTS_MAX: usize = 10_000;
/// Deepest nesting of JSON in an event.
pub const NESTING_MAX: usize = 64;
/// First instant an event may carry (inclusive): 1970-01-01T00:00:00Z, in
/// milliseconds since the epoch.
pub const TIMESTAMP_MS_MIN: i64 = 0;
/// First instant an event may no longer carry: 2100-01-01T00:00:00Z, in
/// milliseconds since the epoch.
pub const TIMESTAMP_MS_END: i64 = 4_102_444_800_000;
/// Default rate limit of a key, in events a second.
pub const KEY_EVENTS_PER_SECOND: u32 = 100_000;
