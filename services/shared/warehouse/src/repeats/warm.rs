//! Filling a filter from the table when a partition is taken over.

use clickhouse::Row;
use serde::Deserialize;
use uuid::Uuid;

use super::filter::{Filter, fingerprint};
use crate::{Warehouse, WarehouseError};

#[derive(Row, Deserialize)]
struct Arrival {
    person_id: u64,
    #[serde(with = "clickhouse::serde::uuid")]
    uuid: Uuid,
    arrived_at: i64,
}

/// What a filter is warmed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warmth {
    /// The partition.
    pub partition: u32,
    /// How many partitions keys are spread over today.
    pub partitions: u32,
    /// How many identities the filter is to hold at most.
    pub capacity: usize,
}

impl Warehouse {
    /// A filter that remembers the latest stored events whose key belongs to
    /// the partition by today's count, whatever partition they came through.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn warm_filter(&self, warmth: Warmth) -> Result<Filter, WarehouseError> {
        let mut filter = Filter::new(warmth.capacity);
        let since = self.arrival_of_last(warmth).await?;
        let arrivals: Vec<Arrival> = self
            .statement(
                "SELECT person_id, uuid, toUnixTimestamp64Milli(arrived_at) AS arrived_at \
                 FROM events WHERE arrived_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') \
                 AND bitAnd(kafkaMurmurHash(distinct_id), 0x7fffffff) % {partitions:UInt32} \
                 = {partition:UInt32} ORDER BY events.arrived_at DESC LIMIT {capacity:UInt64}",
            )
            .bind("since", since.unwrap_or(0))
            .bind("partitions", warmth.partitions.max(1))
            .bind("partition", warmth.partition)
            .bind("capacity", warmth.capacity as u64)
            .rows()
            .await?;
        let is_cut = arrivals.len() >= warmth.capacity;
        let begins = arrivals.last().map(|oldest| oldest.arrived_at);
        for arrival in arrivals.iter().rev() {
            filter.insert(
                fingerprint(arrival.person_id, arrival.uuid),
                arrival.arrived_at,
            );
        }
        // Of the oldest millisecond only a part may have been read.
        let reach = if is_cut {
            begins.map(|ms| ms + 1)
        } else {
            since
        };
        if let Some(reach) = reach {
            filter.begins_at(reach);
        }
        Ok(filter)
    }

    /// The arrival from which on about as many events came as all partitions'
    /// filters hold; `None` when the table has no more than that. By the
    /// ledger, so that the table need not be sorted by arrival.
    async fn arrival_of_last(&self, warmth: Warmth) -> Result<Option<i64>, WarehouseError> {
        let wanted = warmth.capacity as u64 * u64::from(warmth.partitions.max(1));
        let since = self
            .statement(
                "SELECT toUInt64(max(at)) FROM (SELECT toUnixTimestamp64Milli(consumed_at) AS at, \
                 sum(stored) OVER (ORDER BY consumed_at DESC \
                 ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS later \
                 FROM ingest_batches WHERE stored > 0) WHERE later >= {wanted:UInt64}",
            )
            .bind("wanted", wanted)
            .number()
            .await?;
        Ok(i64::try_from(since).ok().filter(|ms| *ms > 0))
    }
}
