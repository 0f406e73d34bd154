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
    timestamp: i64,
    received_at: i64,
    arrived_at: i64,
}

impl Arrival {
    fn fingerprint(&self) -> u64 {
        fingerprint(self.person_id, self.uuid)
    }
}

const COLUMNS: &str = "SELECT person_id, uuid, toUnixTimestamp64Milli(events.timestamp) AS timestamp, \
     toUnixTimestamp64Milli(events.received_at) AS received_at, \
     toUnixTimestamp64Milli(events.arrived_at) AS arrived_at \
     FROM events WHERE bitAnd(kafkaMurmurHash(distinct_id), 0x7fffffff) % {partitions:UInt32} \
     = {partition:UInt32}";

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
        let arrivals = self
            .arrivals(
                warmth,
                "events.arrived_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') \
                 ORDER BY events.arrived_at DESC",
                since.unwrap_or(0),
                warmth.capacity,
            )
            .await?;
        let is_cut = arrivals.len() >= warmth.capacity;
        let begins = arrivals.last().map(|oldest| oldest.arrived_at);
        for arrival in arrivals.iter().rev() {
            filter.insert(
                arrival.fingerprint(),
                arrival.received_at,
                arrival.timestamp,
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
            let early = self
                .arrivals(
                    warmth,
                    "events.arrived_at < fromUnixTimestamp64Milli({since:Int64}, 'UTC') \
                     AND events.timestamp >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') \
                     ORDER BY events.timestamp DESC",
                    reach,
                    // One more than there is room for, so that it shows when some are missing.
                    filter.early_capacity() + 1,
                )
                .await?;
            for arrival in early {
                filter.insert_early(arrival.fingerprint(), arrival.timestamp);
            }
        }
        Ok(filter)
    }

    /// Stored events whose key belongs to the partition, as `condition` has it.
    async fn arrivals(
        &self,
        warmth: Warmth,
        condition: &str,
        since: i64,
        limit: usize,
    ) -> Result<Vec<Arrival>, WarehouseError> {
        self.statement(&format!("{COLUMNS} AND {condition} LIMIT {{limit:UInt64}}"))
            .bind("since", since)
            .bind("partitions", warmth.partitions.max(1))
            .bind("partition", warmth.partition)
            .bind("limit", limit as u64)
            .rows()
            .await
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
