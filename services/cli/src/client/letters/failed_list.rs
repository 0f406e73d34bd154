//! Dead letters in Redis: the list `analytics:queue:failed`. What stands there
//! is open; what is replayed or dropped leaves it.

use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::Context;
use bytes::Bytes;
use event_schema::dead_letter::DeadLetter;
use serde::Deserialize;
use transport::redis_list::{ListAdmin, requeued};
use warehouse::quarantine::Resolution;
use warehouse::{LogPosition, Warehouse};

use crate::output::Failure;

use super::{Letter, Stores, position_text, settle};

/// Items of one read.
const PAGE: u64 = 1000;
/// The reason of an item that another worker has put there without one.
const NO_REASON: &str = "foreign_failure";

/// Where a dead letter of ours came from.
#[derive(Debug, Deserialize)]
struct Origin {
    origin_log_id: String,
    origin_partition: String,
    origin_offset: String,
}

impl Origin {
    fn position(&self) -> Option<LogPosition> {
        Some(LogPosition {
            partition: self.origin_partition.parse().ok()?,
            offset: self.origin_offset.parse().ok()?,
        })
    }
}

/// The whole list, the oldest first.
pub(super) async fn read(stores: &Stores) -> anyhow::Result<Vec<Letter>> {
    let admin = stores.list()?;
    let mut letters = Vec::new();
    loop {
        let page = admin.failed(letters.len() as u64, PAGE).await;
        let page =
            page.map_err(|error| Failure::unreachable(format!("Redis does not answer: {error}")))?;
        if page.is_empty() {
            letters.reverse();
            return Ok(letters);
        }
        letters.extend(page.into_iter().map(|failed| letter(failed.item)));
    }
}

fn letter(item: Bytes) -> Letter {
    let origin = serde_json::from_slice::<Origin>(&item).ok();
    let origin = origin.and_then(|origin| Some((origin.position()?, origin.origin_log_id)));
    let content = serde_json::from_slice(&item).unwrap_or_else(|_| {
        DeadLetter::new(&item, NO_REASON, "another worker put it here as it was", 0)
    });
    let name = match &origin {
        Some((position, _)) => position_text(*position),
        None => name_of(&item),
    };
    Letter {
        name,
        origin: origin.map(|(position, log)| (log, position)),
        content,
        is_settled: false,
        raw: item,
    }
}

/// A short name for an item without a position.
fn name_of(item: &Bytes) -> String {
    let mut hasher = DefaultHasher::new();
    item.hash(&mut hasher);
    format!("item-{:08x}", hasher.finish() >> 32)
}

/// Notes first and moves then: what is still on the list is still open.
pub(super) async fn send_again(
    stores: &Stores,
    warehouse: &Warehouse,
    letters: &[&Letter],
) -> anyhow::Result<()> {
    let admin = stores.list()?;
    settle(warehouse, letters, Resolution::Replayed).await?;
    for letter in letters {
        let raw = letter
            .content
            .payload()
            .with_context(|| format!("decoding {}", letter.name))?;
        admin.replay_failed(&letter.raw, &requeued(&raw)).await?;
    }
    Ok(())
}

pub(super) async fn remove(stores: &Stores, letters: &[&Letter]) -> anyhow::Result<()> {
    let admin: ListAdmin = stores.list()?;
    for letter in letters {
        admin.drop_failed(&letter.raw).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_ours_and_of_others_are_read() {
        let ours = letter(Bytes::from_static(
            br#"{"raw":"x","error_kind":"project_unknown","error_message":"m","dlq_ts":"t",
                "origin_log_id":"list-a","origin_partition":"0","origin_offset":"7"}"#,
        ));
        assert_eq!(ours.name, "0/7");
        assert_eq!(
            ours.origin.as_ref().map(|(log, _)| log.as_str()),
            Some("list-a")
        );
        assert_eq!(ours.content.raw, "x");
        let theirs = letter(Bytes::from_static(b"{\"id\":\"evt_1_a\"}"));
        assert!(theirs.name.starts_with("item-"), "{}", theirs.name);
        assert_eq!(theirs.content.payload().unwrap(), b"{\"id\":\"evt_1_a\"}");
        assert_eq!(theirs.content.error_kind, NO_REASON);
    }
}
