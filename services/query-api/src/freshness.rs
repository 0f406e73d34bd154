//! How complete the warehouse is, as its consumers publish it: in Redis, or in
//! the warehouse itself while Redis is away.

use crate::config::Config;
use crate::engine::{Cache, Freshness};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use service_kit::Clock;
use service_kit::config::TransportKind;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use warehouse::Warehouse;
use warehouse::complete::{Mark, REDIS_KEY, complete_until};

/// Marks that were written longer ago than this may have newer ones elsewhere.
const YOUNG_MS: i64 = 2_000;

/// Reads what the consumers publish.
#[derive(Debug)]
pub struct WarehouseFreshness {
    warehouse: Warehouse,
    cache: Arc<Cache>,
    clock: Clock,
    /// The hash in Redis.
    name: String,
    /// By how much the machines' clocks may differ.
    difference: Duration,
    /// A list has no end that could be asked: nothing is known then.
    has_log: bool,
}

impl WarehouseFreshness {
    /// Reads from `cache`'s Redis, else from `warehouse`.
    pub fn new(config: &Config, warehouse: Warehouse, cache: Arc<Cache>, clock: Clock) -> Self {
        Self {
            warehouse,
            cache,
            clock,
            name: format!("{}{REDIS_KEY}", config.kafka.topic_prefix),
            difference: config.query.clock_difference,
            has_log: config.transport.kind == TransportKind::Kafka,
        }
    }

    /// The latest mark of each partition.
    pub async fn marks(&self) -> Vec<Mark> {
        let published: Vec<Mark> = self
            .cache
            .hash(&self.name)
            .await
            .iter()
            .flatten()
            .filter_map(|(partition, text)| Mark::parse(partition, text))
            .collect();
        if self.are_young(&published) {
            return published;
        }
        let kept = match self.warehouse.marks().await {
            Ok(kept) => kept,
            Err(error) => {
                tracing::warn!(%error, "the marks of completeness cannot be read");
                Vec::new()
            }
        };
        latest(published.into_iter().chain(kept))
    }

    /// Whether every partition's mark is there and was written just now.
    fn are_young(&self, marks: &[Mark]) -> bool {
        let since_ms = self.clock.now_ms() - YOUNG_MS;
        let partitions = marks.iter().map(|mark| mark.partitions).max();
        partitions
            .is_some_and(|count| usize::try_from(count).is_ok_and(|count| count <= marks.len()))
            && marks.iter().all(|mark| mark.written_at >= since_ms)
    }
}

/// Of each partition the mark that was written last.
fn latest(marks: impl Iterator<Item = Mark>) -> Vec<Mark> {
    let mut by_partition: BTreeMap<u32, Mark> = BTreeMap::new();
    for mark in marks {
        let known = by_partition.entry(mark.partition).or_insert(mark);
        if mark.written_at > known.written_at {
            *known = mark;
        }
    }
    by_partition.into_values().collect()
}

#[async_trait]
impl Freshness for WarehouseFreshness {
    async fn complete_until(&self) -> Option<DateTime<Utc>> {
        if !self.has_log {
            return None;
        }
        let marks = self.marks().await;
        let difference_ms = i64::try_from(self.difference.as_millis()).unwrap_or(i64::MAX);
        let until_ms = complete_until(&marks, self.clock.now_ms(), difference_ms)?;
        DateTime::from_timestamp_millis(until_ms)
    }

    async fn quarantined(&self, project: ProjectId) -> Option<u64> {
        match self.warehouse.open_dead_letters(project).await {
            Ok(count) => Some(count),
            Err(error) => {
                tracing::warn!(%error, "dead letters cannot be counted");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_mark_of_a_partition_counts() {
        let mark = |partition, written_at| Mark {
            partition,
            partitions: 2,
            until: written_at,
            written_at,
        };
        let found = latest([mark(0, 5), mark(1, 3), mark(0, 9), mark(1, 2)].into_iter());
        assert_eq!(found, [mark(0, 9), mark(1, 3)]);
    }
}
