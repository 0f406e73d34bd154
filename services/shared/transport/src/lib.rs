//! The log between capture and the consumer, behind one pair of traits.
//!
//! [`Producer`] takes a batch of [`Record`]s and answers each one: durable at a
//! [`Position`], or a [`TransportError`] that says whether it may be tried again
//! and whether its outcome is known. [`Consumer`] hands out deliveries and, in
//! band, which partitions were [assigned](Received::Assigned) to it and which
//! are [revoked](Received::Revoked); both wait for an answer.
//!
//! What the transports cannot do alike is said by [`Guarantees`], not hidden.
//! A record here knows no event fields: key, headers and payload are bytes.

#![expect(
    unsafe_code,
    reason = "the client library's C interface: topic ids and opaque pointers"
)]

mod consumer;
mod error;
mod inbox;
pub mod kafka;
pub mod memory;
pub mod metrics;
pub mod partitioner;
mod producer;
mod record;
pub mod redis_list;

pub use consumer::{
    Assignment, Consumer, Guarantees, LogId, OutOfRange, Received, Revocation, Start, Watermarks,
};
pub use error::{Outcome, TransportError};
pub use partitioner::{murmur2, murmur2_partition, partition_of_hash};
pub use producer::Producer;
pub use record::{Delivery, Position, Record, Topic};
