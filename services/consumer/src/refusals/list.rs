//! Summaries of the Redis list: stored first, taken off the list then. Each is
//! known by its content, so one that is stored twice counts once.

use std::hash::{DefaultHasher, Hash, Hasher};

use transport::redis_list::ListAdmin;
use warehouse::Warehouse;

use super::{CopyError, row, store};

const ITEMS_AT_ONCE: u64 = 1_000;
/// A partition that no topic has: its offsets are no positions.
const PARTITION: u32 = u32::MAX;

pub(super) async fn copy(list: &ListAdmin, warehouse: &Warehouse) -> Result<usize, CopyError> {
    let items = list.refused(ITEMS_AT_ONCE).await?;
    let rows: Vec<_> = items
        .iter()
        .filter_map(|item| row(item, PARTITION, name_of(item)))
        .collect();
    let count = store(&rows, warehouse).await?;
    list.drop_refused(&items).await?;
    Ok(count)
}

fn name_of(item: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    item.hash(&mut hasher);
    hasher.finish()
}
