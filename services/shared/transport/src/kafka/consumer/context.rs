use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use rdkafka::{
    ClientContext, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer as _, ConsumerContext},
    error::KafkaError,
    types::{RDKafkaErrorCode, RDKafkaRespErr},
};
use tracing::{error, warn};

use super::super::telemetry;

/// What the group decided, noted by the library's callback and carried out by
/// the reading thread.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum GroupChange {
    Assigned(BTreeSet<u32>),
    Revoked {
        partitions: BTreeSet<u32>,
        lost: bool,
    },
}

/// What the client library calls back, on the reading thread.
///
/// An assignment is taken at once with nothing in it, and filled when its
/// starting positions are known: so the library goes on with the other
/// partitions and keeps the membership however long that takes.
#[derive(Debug, Default)]
pub(super) struct GroupContext {
    changes: Mutex<Vec<GroupChange>>,
    /// Nobody answers any more: let everything go.
    closing: AtomicBool,
}

impl GroupContext {
    pub(super) fn take_changes(&self) -> Vec<GroupChange> {
        std::mem::take(&mut self.changes.lock())
    }

    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }
}

impl ClientContext for GroupContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        telemetry::log(level, facility, text);
    }

    fn stats(&self, statistics: Statistics) {
        telemetry::statistics("consumer", &statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        telemetry::error("consumer", &error, reason);
    }
}

impl ConsumerContext for GroupContext {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        let partitions: BTreeSet<u32> = list
            .elements()
            .iter()
            .map(|element| element.partition().cast_unsigned())
            .collect();
        if self.closing.load(Ordering::Acquire) {
            // While closing the library lets everything go, whatever is named.
            let _ = consumer.incremental_unassign(list);
            return;
        }
        match event.into() {
            RDKafkaErrorCode::AssignPartitions => {
                if let Err(error) = consumer.incremental_assign(&TopicPartitionList::new()) {
                    error!(%error, "could not take an assignment");
                }
                if !partitions.is_empty() {
                    self.changes.lock().push(GroupChange::Assigned(partitions));
                }
            }
            RDKafkaErrorCode::RevokePartitions => {
                let lost = consumer.assignment_lost();
                self.changes
                    .lock()
                    .push(GroupChange::Revoked { partitions, lost });
            }
            code => {
                warn!(%code, "unexpected event of the group, everything is let go");
                if let Err(error) = consumer.unassign() {
                    error!(%error, "could not let go");
                }
                self.changes.lock().push(GroupChange::Revoked {
                    partitions,
                    lost: true,
                });
            }
        }
    }

    fn commit_callback(
        &self,
        result: rdkafka::error::KafkaResult<()>,
        _offsets: &TopicPartitionList,
    ) {
        if let Err(error) = result {
            telemetry::error("consumer", &error, "commit");
        }
    }
}
