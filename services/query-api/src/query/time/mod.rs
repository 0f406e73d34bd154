//! Local time: ranges and buckets of a zone as instants.
//!
//! The engine never computes a bucket: it is given the instants at which the
//! buckets start, so that one zone database decides about labels and counts.

mod buckets;
mod range;
mod zone;

pub use buckets::{Buckets, Interval, WeekStart};
pub use range::{Moment, Span, parse_moment};
pub(crate) use zone::{day_start, local_date, local_time};

/// Milliseconds of a second.
pub(crate) const SECOND_MS: i64 = 1_000;
