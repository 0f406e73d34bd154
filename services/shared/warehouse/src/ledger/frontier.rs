//! Where the consumer stands: the end of what the ledger covers.

use std::collections::{BTreeMap, BTreeSet};

use clickhouse::Row;
use serde::Deserialize;

use crate::{Warehouse, WarehouseError};

/// Between a log's identity and the number of its life.
const LIFE: char = '~';

/// The name under which positions of a partition are kept: the log's own
/// identity, and how often that partition's offsets began anew because the log
/// had lost records that were stored already.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogName {
    /// What the transport calls the log.
    pub log: String,
    /// 0 until offsets were given out a second time.
    pub life: u32,
}

/// Before the identity of a list.
const LIST: &str = "list-";

impl LogName {
    /// The name under which a list's numbers are kept. Unlike a log's offsets
    /// they are given anew whenever an item is taken, so some lead nowhere.
    #[must_use]
    pub fn of_list(list: &str) -> String {
        format!("{LIST}{list}")
    }

    /// Whether positions of this name are a list's.
    #[must_use]
    pub fn is_list(id: &str) -> bool {
        id.starts_with(LIST)
    }

    /// The first life of a log.
    #[must_use]
    pub fn first(log: &str) -> Self {
        Self {
            log: log.to_owned(),
            life: 0,
        }
    }

    /// The life after this one.
    #[must_use]
    pub fn next_life(&self) -> Self {
        Self {
            log: self.log.clone(),
            life: self.life + 1,
        }
    }

    /// As the `log_id` columns hold it.
    #[must_use]
    pub fn id(&self) -> String {
        match self.life {
            0 => self.log.clone(),
            life => format!("{}{LIFE}{life}", self.log),
        }
    }

    /// The inverse of [`LogName::id`].
    #[must_use]
    pub fn parse(id: &str) -> Self {
        match id.rsplit_once(LIFE).map(|(log, life)| (log, life.parse())) {
            Some((log, Ok(life))) => Self {
                log: log.to_owned(),
                life,
            },
            _ => Self::first(id),
        }
    }
}

/// The end of what the ledger covers of a partition in one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontier {
    /// The log.
    pub log: LogName,
    /// The first offset that is not covered.
    pub next_offset: u64,
    /// When the log took the last record that is covered, ms since the epoch;
    /// none when the last that is covered is a gap.
    pub appended_at: Option<i64>,
}

#[derive(Row, Deserialize)]
struct FrontierRow {
    partition: u32,
    log_id: String,
    next_offset: u64,
    read_next: u64,
    appended_at: i64,
}

#[derive(Row, Deserialize)]
struct EndRow {
    next_offset: u64,
    appended_at: i64,
}

impl Warehouse {
    /// How many records of log `log_id`, in all its lives, the ledger accounts
    /// for.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn records_covered(&self, log_id: &str) -> Result<u64, WarehouseError> {
        self.statement(
            "SELECT toUInt64(sum(stored + duplicate + quarantined)) FROM ingest_batches \
             WHERE log_id = {log:String} OR startsWith(log_id, concat({log:String}, '~'))",
        )
        .bind("log", log_id)
        .number()
        .await
    }

    /// All frontiers of `partitions`, one a log that was ever read.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn frontiers(
        &self,
        partitions: &BTreeSet<u32>,
    ) -> Result<BTreeMap<u32, Vec<Frontier>>, WarehouseError> {
        let rows: Vec<FrontierRow> = self
            .statement(
                "SELECT partition, CAST(log_id, 'String') AS log_id, max(next_offset) AS next_offset, \
                 maxIf(ingest_batches.next_offset, kind != 'gap') AS read_next, \
                 toUnixTimestamp64Milli(argMaxIf(last_appended_at, ingest_batches.next_offset, kind != 'gap')) AS appended_at \
                 FROM ingest_batches WHERE partition IN {partitions:Array(UInt32)} \
                 AND kind NOT IN ('repair', 'replay') GROUP BY partition, log_id ORDER BY partition, log_id",
            )
            .bind("partitions", partitions)
            .rows()
            .await?;
        let mut frontiers: BTreeMap<u32, Vec<Frontier>> = BTreeMap::new();
        for row in rows {
            frontiers.entry(row.partition).or_default().push(Frontier {
                log: LogName::parse(&row.log_id),
                next_offset: row.next_offset,
                appended_at: (row.read_next == row.next_offset).then_some(row.appended_at),
            });
        }
        Ok(frontiers)
    }

    /// Where the ranges of a partition of log `log_id` end that were read from
    /// the log, and when it took the last record of each (ms since the epoch),
    /// in order.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn range_ends(
        &self,
        log_id: &str,
        partition: u32,
    ) -> Result<Vec<(u64, i64)>, WarehouseError> {
        let rows: Vec<EndRow> = self
            .statement(
                "SELECT next_offset, toUnixTimestamp64Milli(max(last_appended_at)) AS appended_at \
                 FROM ingest_batches WHERE log_id = {log:String} AND partition = {partition:UInt32} \
                 AND kind IN ('batch', 'joined') GROUP BY next_offset ORDER BY next_offset",
            )
            .bind("log", log_id)
            .bind("partition", partition)
            .rows()
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| (row.next_offset, row.appended_at))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_lives() {
        let first = LogName::first("abc~x");
        assert_eq!(first.id(), "abc~x");
        assert_eq!(first.next_life().id(), "abc~x~1");
        assert_eq!(LogName::parse("abc~x~1"), first.next_life());
        assert_eq!(LogName::parse("abc~x"), first);
    }
}
