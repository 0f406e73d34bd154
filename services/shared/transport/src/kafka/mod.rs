//! The replayable log.
//!
//! [`KafkaProducer`] and [`KafkaConsumer`] implement the traits; [`Admin`]
//! makes and describes topics. All of them start while the brokers are away and
//! need nobody's hand when they come back.

mod admin;
mod consumer;
mod control;
mod delivery;
mod error;
mod names;
mod producer;
mod reader;
mod settings;
mod tail;
mod telemetry;
mod topic_id;
mod wire;

pub use self::{
    admin::{
        Admin, GroupMember, GroupReport, PartitionLag, PartitionReport, TopicChange, TopicReport,
    },
    consumer::{ConsumerTuning, KafkaConsumer},
    names::Names,
    producer::{KafkaProducer, ProducerTuning},
    reader::{RangeRead, Reader},
    tail::{Tail, TailRead},
};
