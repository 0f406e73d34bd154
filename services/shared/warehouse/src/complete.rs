//! Up to when everything is queryable.
//!
//! A partition's owner notes the time, then asks the log for its end; when the
//! ledger's frontier reaches that end, the partition is complete up to the
//! noted time. Each owner publishes that as a [`Mark`]; an answer is complete
//! up to the least of all partitions' marks.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use crate::insert::{InsertName, InsertOutcome};
use crate::instant::Millis;
use crate::{Warehouse, WarehouseError};

use std::time::Duration;

/// The Redis hash that marks are published in: a field for each partition,
/// the value as [`Mark::to_text`] writes it. A topic prefix stands before it.
pub const REDIS_KEY: &str = "millrace:complete";

/// Up to which instant a partition is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Row, Deserialize)]
pub struct Mark {
    /// The partition.
    pub partition: u32,
    /// How many partitions its owner knows of.
    pub partitions: u32,
    /// Everything accepted before is queryable; ms since the epoch.
    pub until: i64,
    /// When that was written, by the owner's clock; ms since the epoch.
    pub written_at: i64,
}

impl Mark {
    /// The value of a field of [`REDIS_KEY`].
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{} {} {}", self.until, self.partitions, self.written_at)
    }

    /// The inverse of [`Mark::to_text`].
    #[must_use]
    pub fn parse(partition: &str, text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let mark = Self {
            partition: partition.parse().ok()?,
            until: words.next()?.parse().ok()?,
            partitions: words.next()?.parse().ok()?,
            written_at: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(mark)
    }
}

/// The instant (ms since the epoch) up to which all partitions are complete, as
/// a reader sees it at `now`, when the clocks of the machines differ by at most
/// `skew` ms. `None` when a partition has no mark, or was marked by a clock that
/// is ahead of the reader's by more than that: one of them has stepped.
#[must_use]
pub fn complete_until(marks: &[Mark], now: i64, skew: i64) -> Option<i64> {
    let partitions = marks.iter().map(|mark| mark.partitions).max()?;
    let mut least = now;
    for partition in 0..partitions {
        let mark = marks.iter().find(|mark| mark.partition == partition)?;
        if mark.written_at > now.saturating_add(skew).saturating_add(STEP_MS) {
            return None;
        }
        least = least.min(mark.until);
    }
    Some(least - skew)
}

/// Clocks that differ by more than the configured difference and this much are
/// taken to have stepped.
const STEP_MS: i64 = 1_000;

#[derive(Serialize)]
struct MarkRow {
    partition: u32,
    partitions: u32,
    complete_until: Millis,
    written_at: Millis,
    claim: u64,
}

impl Warehouse {
    /// The marks that owners have written here while Redis was away.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn marks(&self) -> Result<Vec<Mark>, WarehouseError> {
        self.statement(
            "SELECT partition, argMax(partitions, written_at) AS partitions, \
             toUnixTimestamp64Milli(argMax(complete_until, written_at)) AS until, \
             toUnixTimestamp64Milli(max(written_at)) AS written_at \
             FROM ingest_marks GROUP BY partition ORDER BY partition",
        )
        .setting("prefer_column_name_to_alias", "1")
        .rows()
        .await
    }

    /// Writes marks, each with the claim on its partition.
    pub async fn write_marks(&self, marks: &[(Mark, u64)], within: Duration) -> InsertOutcome {
        let rows: Vec<MarkRow> = marks
            .iter()
            .map(|(mark, claim)| MarkRow {
                partition: mark.partition,
                partitions: mark.partitions,
                complete_until: Millis(mark.until),
                written_at: Millis(mark.written_at),
                claim: *claim,
            })
            .collect();
        let name = InsertName::new(marks.iter().map(|(_, claim)| *claim));
        self.insert_rows("ingest_marks", &rows, &name, within).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(partition: u32, until: i64) -> Mark {
        Mark {
            partition,
            partitions: 2,
            until,
            written_at: until,
        }
    }

    #[test]
    fn the_least_partition_decides_and_a_missing_one_stops_it() {
        assert_eq!(complete_until(&[], 100, 0), None);
        assert_eq!(complete_until(&[mark(0, 50)], 100, 0), None);
        assert_eq!(
            complete_until(&[mark(0, 50), mark(1, 40)], 100, 0),
            Some(40)
        );
        assert_eq!(
            complete_until(&[mark(0, 50), mark(1, 40)], 100, 7),
            Some(33)
        );
    }

    #[test]
    fn it_never_lies_in_the_readers_future() {
        let marks = [mark(0, 500), mark(1, 600)];
        assert_eq!(complete_until(&marks, 450, 0), Some(450));
        let stepped = [mark(0, 50_000), mark(1, 600)];
        assert_eq!(complete_until(&stepped, 450, 0), None);
    }

    #[test]
    fn a_partition_more_is_waited_for() {
        let grown = Mark {
            partitions: 3,
            ..mark(0, 50)
        };
        assert_eq!(complete_until(&[grown, mark(1, 50)], 100, 0), None);
        let third = Mark {
            partitions: 3,
            ..mark(2, 30)
        };
        assert_eq!(
            complete_until(&[grown, mark(1, 50), third], 100, 0),
            Some(30)
        );
    }

    #[test]
    fn a_field_is_read_as_it_was_written() {
        let one = mark(1, 40);
        assert_eq!(Mark::parse("1", &one.to_text()), Some(one));
        for text in ["", "1", "1 2", "1 2 3 4", "x 2 3"] {
            assert_eq!(Mark::parse("1", text), None, "{text}");
        }
    }
}
