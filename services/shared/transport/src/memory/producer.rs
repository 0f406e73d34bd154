use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};

use super::{Shared, State};
use crate::{Position, Producer, Record, Topic, TransportError};

/// Writes into a [`super::MemoryTransport`].
#[derive(Debug, Clone)]
pub struct MemoryProducer {
    shared: Arc<Shared>,
}

impl MemoryProducer {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl Producer for MemoryProducer {
    async fn publish(&self, records: Vec<Record>) -> Vec<Result<Position, TransportError>> {
        let now = Utc::now().trunc_subsecs(3);
        let answers = {
            let mut state = self.shared.state.lock();
            records
                .into_iter()
                .map(|record| state.publish(record, now))
                .collect()
        };
        self.shared.changed.notify_waiters();
        answers
    }

    async fn flush(&self, _within: Duration) -> Result<(), TransportError> {
        Ok(())
    }

    fn in_flight(&self) -> usize {
        0
    }

    fn partition_count(&self) -> u32 {
        self.shared.state.lock().log.partition_count(Topic::Events)
    }

    async fn probe(&self, _within: Duration) -> Result<(), TransportError> {
        self.shared.state.lock().reachable()
    }
}

impl State {
    fn publish(&mut self, record: Record, now: DateTime<Utc>) -> Result<Position, TransportError> {
        self.reachable()?;
        if let Some(error) = self.faults.next_failure() {
            return Err(error);
        }
        let position = self.log.append(record, now)?;
        if self.faults.loses_answer() {
            return Err(TransportError::Unconfirmed(
                "the answer was lost on purpose".into(),
            ));
        }
        Ok(position)
    }
}
