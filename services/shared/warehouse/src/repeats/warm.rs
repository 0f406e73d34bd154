//! Filling filters from the table when partitions are taken over.

use std::collections::{BTreeMap, BTreeSet};

use clickhouse::Row;
use serde::Deserialize;
use uuid::Uuid;

use super::filter::{Filter, fingerprint};
use crate::{Warehouse, WarehouseError};

/// In so many parts the events are read, so that neither side holds them all.
const SLICES: u64 = 8;

#[derive(Row, Deserialize)]
struct Arrival {
    partition: u32,
    person_id: u64,
    #[serde(with = "clickhouse::serde::uuid")]
    uuid: Uuid,
    timestamp: i64,
    received_at: i64,
}

impl Arrival {
    fn fingerprint(&self) -> u64 {
        fingerprint(self.person_id, self.uuid)
    }
}

/// A number of slices' worth of events, counted from the latest, and when the
/// earliest of them came.
#[derive(Row, Deserialize)]
struct Cut {
    slices: u64,
    at: i64,
}

const COLUMNS: &str = "SELECT toUInt32(bitAnd(kafkaMurmurHash(distinct_id), 0x7fffffff) % {count:UInt32}) AS partition, \
     person_id, uuid, toUnixTimestamp64Milli(events.timestamp) AS timestamp, \
     toUnixTimestamp64Milli(events.received_at) AS received_at \
     FROM events WHERE has({partitions:Array(UInt32)}, partition)";

/// What filters are warmed for.
#[derive(Debug, Clone)]
pub struct Warmth {
    /// The partitions, a filter for each.
    pub partitions: BTreeSet<u32>,
    /// How many partitions keys are spread over today.
    pub count: u32,
    /// How many identities a filter is to hold at most.
    pub capacity: usize,
}

impl Warehouse {
    /// For each partition a filter that remembers the latest stored events whose
    /// key belongs to it by today's count, whatever partition they came through.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn warm_filters(
        &self,
        warmth: &Warmth,
    ) -> Result<BTreeMap<u32, Filter>, WarehouseError> {
        let empty = |partition: &u32| (*partition, Filter::new(warmth.capacity));
        let mut filters: BTreeMap<u32, Filter> = warmth.partitions.iter().map(empty).collect();
        let cuts = self.cuts(warmth).await?;
        let since = cuts.first().filter(|cut| cut.slices == SLICES);
        let since = since.map(|cut| cut.at);
        let begins = std::iter::once(since).chain(cuts.iter().map(|cut| Some(cut.at)));
        let begins: BTreeSet<i64> = begins.map(|at| at.unwrap_or(i64::MIN)).collect();
        let ends = begins.iter().skip(1).copied().chain([i64::MAX]);
        for (begin, end) in begins.iter().zip(ends) {
            let slice = self.arrivals(warmth, *begin, end).await?;
            for arrival in slice {
                if let Some(filter) = filters.get_mut(&arrival.partition) {
                    let print = arrival.fingerprint();
                    filter.insert(print, arrival.received_at, arrival.timestamp);
                }
            }
        }
        if let Some(since) = since {
            for filter in filters.values_mut() {
                filter.begins_at(since);
            }
            for arrival in self.early(warmth, since).await? {
                if let Some(filter) = filters.get_mut(&arrival.partition) {
                    filter.insert_early(arrival.fingerprint(), arrival.timestamp);
                }
            }
        }
        Ok(filters)
    }

    /// Events that came from `begin` up to, not including, `end` (ms since the
    /// epoch), in that order.
    async fn arrivals(
        &self,
        warmth: &Warmth,
        begin: i64,
        end: i64,
    ) -> Result<Vec<Arrival>, WarehouseError> {
        let mut text = COLUMNS.to_owned();
        if begin != i64::MIN {
            text += " AND events.arrived_at >= fromUnixTimestamp64Milli({begin:Int64}, 'UTC')";
        }
        if end != i64::MAX {
            text += " AND events.arrived_at < fromUnixTimestamp64Milli({end:Int64}, 'UTC')";
        }
        text += " ORDER BY events.arrived_at";
        self.statement(&text)
            .bind("begin", begin)
            .bind("end", end)
            .bind("count", warmth.count.max(1))
            .bind("partitions", &warmth.partitions)
            .rows()
            .await
    }

    /// Of the events that came before `since` those whose own time is later, the
    /// latest of them.
    async fn early(&self, warmth: &Warmth, since: i64) -> Result<Vec<Arrival>, WarehouseError> {
        // One more than there is room for, so that it shows when some are missing.
        let limit = Filter::new(warmth.capacity).early_capacity() + 1;
        self.statement(&format!(
            "{COLUMNS} AND events.arrived_at < fromUnixTimestamp64Milli({{since:Int64}}, 'UTC') \
             AND events.timestamp >= fromUnixTimestamp64Milli({{since:Int64}}, 'UTC') \
             ORDER BY events.timestamp DESC LIMIT {{limit:UInt64}} BY partition"
        ))
        .bind("since", since)
        .bind("limit", limit as u64)
        .bind("count", warmth.count.max(1))
        .bind("partitions", &warmth.partitions)
        .rows()
        .await
    }

    /// Where the latest events, as many as all partitions' filters hold, are cut
    /// into slices; the first cut is the one before all of them, and missing
    /// when the table has no more. By the ledger, so that the table need not be
    /// sorted by arrival.
    async fn cuts(&self, warmth: &Warmth) -> Result<Vec<Cut>, WarehouseError> {
        let wanted = warmth.capacity as u64 * u64::from(warmth.count.max(1));
        self.statement(
            "SELECT toUInt64(least(intDiv(later, {slice:UInt64}), {slices:UInt64})) AS slices, \
             toInt64(max(at)) AS at \
             FROM (SELECT toUnixTimestamp64Milli(consumed_at) AS at, \
             sum(stored) OVER (ORDER BY consumed_at DESC \
             ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS later \
             FROM ingest_batches WHERE stored > 0) \
             GROUP BY slices HAVING slices > 0 ORDER BY slices DESC",
        )
        .bind("slice", wanted.div_ceil(SLICES).max(1))
        .bind("slices", SLICES)
        .rows()
        .await
    }
}
