//! Summaries of the topic: each is known by its position.

use std::collections::BTreeMap;
use std::time::Duration;

use transport::kafka::{RangeRead, Reader};
use transport::{Delivery, Position, Topic};
use warehouse::Warehouse;
use warehouse::refused::Refused;

use super::{CopyError, row, store};

/// How long the log may take.
const READ_TIME: Duration = Duration::from_secs(5);
const RECORDS_AT_ONCE: usize = 1_000;

pub(super) async fn copy(reader: &Reader, warehouse: &Warehouse) -> Result<usize, CopyError> {
    let known: BTreeMap<u32, u64> = warehouse.refused_frontier().await?;
    let mut rows = Vec::new();
    for (partition, ends) in reader.watermarks(Topic::Refused, READ_TIME).await? {
        let mut next = known.get(&partition).copied().unwrap_or(0).max(ends.low);
        while next < ends.end {
            let from = Position::new(partition, next);
            match reader
                .read(Topic::Refused, from, RECORDS_AT_ONCE, READ_TIME)
                .await?
            {
                RangeRead::Records(records) => {
                    let Some(last) = records.last() else { break };
                    next = last.position.offset + 1;
                    rows.extend(records.iter().filter_map(of_record));
                }
                RangeRead::OutOfRange(missing) => next = missing.log.low.max(next + 1),
            }
        }
    }
    store(&rows, warehouse).await
}

fn of_record(record: &Delivery) -> Option<Refused> {
    let Position { partition, offset } = record.position;
    row(&record.payload, partition, offset)
}
