//! What can be proven of a Redis list, and what cannot.

use serde_json::{Value, json};
use transport::redis_list::ListBalance;
use warehouse::Warehouse;
use warehouse::ledger::LogName;

use crate::client::Stores;
use crate::output::{self, Failure};

const PROVEN: &str =
    "every item that our workers removed from the list is accounted for in the tables";
const NOT_PROVEN: &str =
    "that every item pushed was taken by a worker of ours: LPUSH and RPOP of others leave no trace";

/// The list's counters beside the ledger.
#[derive(Debug)]
pub(super) struct ListProof {
    balance: ListBalance,
    log_id: String,
    covered: u64,
}

impl ListProof {
    /// What the list says now; nothing on a transport that has no list.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub(super) async fn of(stores: &Stores) -> anyhow::Result<Option<Self>> {
        if !stores.transport_is_redis() {
            return Ok(None);
        }
        let unreachable = |error: transport::TransportError| {
            Failure::unreachable(format!("Redis does not answer: {error}"))
        };
        let list = stores.list()?;
        let log = list.log_id().await.map_err(unreachable)?;
        Ok(Some(Self {
            balance: list.balance().await.map_err(unreachable)?,
            log_id: log.map_or_else(String::new, |log| LogName::of_list(&log.0)),
            covered: 0,
        }))
    }

    /// The same with what the ledger says, read later: an item is in the ledger
    /// before it is removed, so what was removed must be there.
    ///
    /// # Errors
    /// When the warehouse does not answer.
    pub(super) async fn compare(self, warehouse: &Warehouse) -> anyhow::Result<Self> {
        let covered = warehouse.records_covered(&self.log_id).await;
        let covered = covered.map_err(|error| {
            Failure::unreachable(format!("the warehouse does not answer: {error}"))
        })?;
        Ok(Self { covered, ..self })
    }

    /// Whether everything that our workers removed is accounted for.
    pub(super) fn is_accounted_for(&self) -> bool {
        self.unaccounted() == 0
    }

    fn unaccounted(&self) -> u64 {
        self.balance.removed.saturating_sub(self.covered)
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "added": self.balance.added,
            "removed": self.balance.removed,
            "waiting": self.balance.waiting,
            "processing": self.balance.processing,
            "difference": self.balance.difference(),
            "unaccounted": self.unaccounted(),
            "proven": PROVEN,
            "not_proven": NOT_PROVEN,
        })
    }

    pub(super) fn show(&self) {
        output::data("\nthe list");
        for (name, value) in [
            ("pushed by capture", self.balance.added),
            ("stored and removed", self.balance.removed),
            ("waiting", self.balance.waiting),
            ("taken, not removed", self.balance.processing),
        ] {
            output::data(format_args!("{name:<20}{value:>14}"));
        }
        let count = self.balance.difference().unsigned_abs();
        match self.balance.difference() {
            0 => {}
            1.. => output::data(format_args!(
                "{count} were taken by workers of others, or are lost"
            )),
            _ => output::data(format_args!("{count} were pushed by producers of others")),
        }
        if !self.is_accounted_for() {
            output::data(format_args!(
                "{} items were removed and are in no table",
                self.unaccounted()
            ));
        }
        output::data(format_args!("\nproven:     {PROVEN}"));
        output::data(format_args!("not proven: {NOT_PROVEN}"));
    }
}
