//! Inserts, and what is known after one.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use tokio::time::timeout;

use crate::native::encode_events;
use crate::row::EventRow;
use crate::{Warehouse, WarehouseError};

/// What an insert is called in the engine's list of processes, before its
/// claims.
pub(crate) const INSERT_TAG: &str = "millrace-ingest/";
/// The constraint that refuses revoked claims, by name.
const CLAIM_CONSTRAINT: &str = "claim_holds";
/// Bytes handed to the connection at a time.
const CHUNK: usize = 256 * 1024;

/// Codes by which the engine says that the content cannot be stored: parsing,
/// conversion, bounds, a null or a value that a constraint forbids.
const CONTENT_CODES: &[u32] = &[
    6, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 131, 190, 349, 376, 441, 469,
];

/// What is known after an insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InsertOutcome {
    /// Answered OK. (Even so: only what is read back is proof.)
    Stored,
    /// Refused for its content; nothing was stored.
    Refused {
        /// ClickHouse's error code.
        code: u32,
        /// The engine's words.
        message: String,
    },
    /// Refused because a claim in it was revoked; nothing was stored.
    Fenced,
    /// Anything else: all of it, some months of it or nothing may be stored,
    /// now or in a moment.
    Unknown(String),
}

/// An insert's name: the claims that it carries, so that whoever revokes one
/// finds and stops the inserts that run under it.
#[derive(Debug, Clone)]
pub struct InsertName(String);

impl InsertName {
    /// The name of an insert under `claims`.
    #[must_use]
    pub fn new(claims: impl IntoIterator<Item = u64>) -> Self {
        let mut name = INSERT_TAG.to_owned();
        for claim in claims {
            // Writing to a String does not fail.
            let _ = write!(name, "{claim:016x},");
        }
        let _ = write!(name, "/{:016x}", rand::random::<u64>());
        Self(name)
    }

    /// As the engine lists it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an insert of this name carries `claim`.
    pub(crate) fn carries(name: &str, claim: u64) -> bool {
        name.strip_prefix(INSERT_TAG)
            .is_some_and(|rest| rest.contains(&format!("{claim:016x},")))
    }
}

impl Warehouse {
    /// Inserts event rows as one block: one part for each month among them,
    /// each whole or not at all.
    pub async fn insert_events<'a>(
        &self,
        rows: impl ExactSizeIterator<Item = &'a EventRow>,
        name: &InsertName,
        within: Duration,
    ) -> InsertOutcome {
        let body = encode_events(rows);
        self.insert("events", "Native", body, name, within).await
    }

    /// Inserts rows of our own books as one block: one part, whole or not at
    /// all.
    pub(crate) async fn insert_rows<T: Serialize + Sync>(
        &self,
        table: &str,
        rows: &[T],
        name: &InsertName,
        within: Duration,
    ) -> InsertOutcome {
        let mut body = Vec::with_capacity(rows.len() * 256);
        for row in rows {
            if let Err(error) = serde_json::to_writer(&mut body, row) {
                return InsertOutcome::Unknown(error.to_string());
            }
            body.push(b'\n');
        }
        let body = vec![Bytes::from(body)];
        self.insert(table, "JSONEachRow", body, name, within).await
    }

    async fn insert(
        &self,
        table: &str,
        format: &str,
        body: Vec<Bytes>,
        name: &InsertName,
        within: Duration,
    ) -> InsertOutcome {
        match timeout(within, self.send(table, format, body, name)).await {
            Ok(Ok(())) => InsertOutcome::Stored,
            Ok(Err(error)) => outcome_of(error.into()),
            Err(_) => InsertOutcome::Unknown(format!("no answer within {within:?}")),
        }
    }

    async fn send(
        &self,
        table: &str,
        format: &str,
        body: Vec<Bytes>,
        name: &InsertName,
    ) -> Result<(), clickhouse::error::Error> {
        let mut insert = self
            .client()
            .insert_formatted_with(format!("INSERT INTO {table} FORMAT {format}"))
            .with_setting("query_id", name.as_str())
            .with_setting("log_comment", name.as_str())
            .with_setting("async_insert", "0")
            .with_setting("optimize_on_insert", "0")
            .with_setting("insert_deduplicate", "0")
            .with_setting("input_format_parallel_parsing", "0")
            .with_setting("max_partitions_per_insert_block", "0");
        for mut piece in body {
            while !piece.is_empty() {
                insert.send(piece.split_to(piece.len().min(CHUNK))).await?;
            }
        }
        insert.end().await
    }
}

fn outcome_of(error: WarehouseError) -> InsertOutcome {
    match error {
        WarehouseError::Exception { code: 469, message } if message.contains(CLAIM_CONSTRAINT) => {
            InsertOutcome::Fenced
        }
        WarehouseError::Exception { code, message } if CONTENT_CODES.contains(&code) => {
            InsertOutcome::Refused { code, message }
        }
        other => InsertOutcome::Unknown(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: u32, message: &str) -> InsertOutcome {
        outcome_of(WarehouseError::Exception {
            code,
            message: message.to_owned(),
        })
    }

    #[test]
    fn a_revoked_claim_is_told_from_other_constraints() {
        assert_eq!(
            of(469, "Constraint `claim_holds` for table"),
            InsertOutcome::Fenced
        );
        assert!(matches!(
            of(469, "Constraint `other`"),
            InsertOutcome::Refused { .. }
        ));
    }

    #[test]
    fn what_is_not_about_content_leaves_the_outcome_open() {
        for code in [241, 252, 394, 60, 243, 159] {
            assert!(matches!(of(code, ""), InsertOutcome::Unknown(_)), "{code}");
        }
        assert!(matches!(of(117, ""), InsertOutcome::Refused { .. }));
        let network = WarehouseError::Unreachable("connection reset".to_owned());
        assert!(matches!(outcome_of(network), InsertOutcome::Unknown(_)));
    }

    #[test]
    fn an_insert_is_found_by_each_of_its_claims() {
        let name = InsertName::new([7, u64::MAX]).0;
        assert!(InsertName::carries(&name, 7));
        assert!(InsertName::carries(&name, u64::MAX));
        assert!(!InsertName::carries(&name, 8));
        assert!(!InsertName::carries("somebody-else/0000000000000007,", 7));
    }
}
