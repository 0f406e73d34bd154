//! The three counts, made independently of each other: what clients were
//! told, what the warehouse holds, what the ledger says.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::events::Sequence;

/// What became of the events of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verdict {
    /// Events that clients made up.
    pub sent: u64,
    /// Events that were answered with success.
    pub acknowledged: u64,
    /// Rows in the warehouse.
    pub stored: u64,
    /// Acknowledged events that are not stored.
    pub lost: u64,
    /// Events stored more than once.
    pub twice: u64,
    /// Rows that nobody sent.
    pub foreign: u64,
    /// Up to ten of the lost, by uuid.
    pub lost_examples: Vec<Uuid>,
    /// Up to ten of those stored more than once.
    pub twice_examples: Vec<Uuid>,
}

impl Verdict {
    /// Whether nothing was lost, doubled or invented.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.lost == 0 && self.twice == 0 && self.foreign == 0
    }
}

/// Compares what was acknowledged with the uuids of all stored rows.
#[must_use]
pub fn compare(sequence: Sequence, sent: u64, acknowledged: &[u64], stored: &[Uuid]) -> Verdict {
    let mut seen: HashMap<Uuid, u32> = HashMap::with_capacity(stored.len());
    for uuid in stored {
        *seen.entry(*uuid).or_default() += 1;
    }
    let lost: Vec<Uuid> = acknowledged
        .iter()
        .map(|number| sequence.uuid(*number))
        .filter(|uuid| !seen.contains_key(uuid))
        .collect();
    let twice: Vec<Uuid> = seen
        .iter()
        .filter(|(_, count)| **count > 1)
        .map(|(uuid, _)| *uuid)
        .collect();
    let known = (0..sent)
        .filter(|number| seen.contains_key(&sequence.uuid(*number)))
        .count();
    Verdict {
        sent,
        acknowledged: acknowledged.len() as u64,
        stored: stored.len() as u64,
        lost: lost.len() as u64,
        twice: twice.len() as u64,
        foreign: (seen.len() - known) as u64,
        lost_examples: lost.into_iter().take(10).collect(),
        twice_examples: twice.into_iter().take(10).collect(),
    }
}

/// The uuids of all rows of a project, page by page through the query API.
///
/// # Errors
/// When a page is refused.
pub async fn stored_uuids(
    query_url: &str,
    read_key: &str,
    from: &str,
    to: &str,
) -> Result<Vec<Uuid>> {
    let http = crate::http::client(std::time::Duration::from_secs(180))?;
    let mut uuids = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let mut params =
            serde_json::json!({"limit": 10_000, "refresh": true, "date_from": from, "date_to": to});
        if !cursor.is_null() {
            params["cursor"] = cursor;
        }
        let body = serde_json::json!({"type": "events", "params": params});
        let response = http
            .post(format!("{query_url}/api/query"))
            .header("X-API-Key", read_key)
            .json(&body)
            .send()
            .await?;
        if !response.status().is_success() {
            bail!(
                "reading events back: {} {}",
                response.status(),
                response.text().await?
            );
        }
        let mut answer: Value = response.json().await?;
        let page = answer["result"]["events"].as_array().context("events")?;
        for event in page {
            uuids.push(event["uuid"].as_str().context("uuid")?.parse()?);
        }
        cursor = answer["result"]["next"].take();
        if cursor.is_null() {
            return Ok(uuids);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_fault_is_told_apart() {
        let sequence = Sequence::new(1, chrono::DateTime::UNIX_EPOCH);
        let row = |number| sequence.uuid(number);
        let clean = compare(sequence, 3, &[0, 1], &[row(0), row(1), row(2)]);
        assert!(
            clean.is_clean(),
            "an unacknowledged event may be stored: {clean:?}"
        );
        assert_eq!(compare(sequence, 3, &[0, 1], &[row(0)]).lost, 1);
        assert_eq!(compare(sequence, 3, &[0], &[row(0), row(0)]).twice, 1);
        assert_eq!(compare(sequence, 3, &[0], &[row(0), row(9)]).foreign, 1);
    }
}
