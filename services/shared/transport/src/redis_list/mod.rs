//! A Redis list in place of a log: small, without replay.
//!
//! Names and the form of an item are those that other producers and workers of
//! the field use, and both can work beside ours: `LPUSH analytics:queue` is
//! enough to add an event, `RPOP` to take one.
//!
//! What is kept: an item is in the queue, or in its worker's processing list,
//! until the worker commits it. What a list cannot prove: offsets are numbers of
//! taking, not places that last, so ranges do not tile anything, and a foreign
//! worker's `RPOP` leaves no trace. One worker inserts, the others stand by.

mod admin;
mod consumer;
mod keys;
mod link;
mod producer;
mod queued_event;
mod scripts;
mod tuning;

pub use self::{
    admin::{FailedItem, ListAdmin, ListBalance, ProcessingReport},
    consumer::RedisConsumer,
    producer::RedisProducer,
    queued_event::{FORMAT_HEADER, FORMAT_QUEUED_EVENT, requeued},
    tuning::ListTuning,
};
