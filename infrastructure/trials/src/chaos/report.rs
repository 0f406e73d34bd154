//! What came of a run, for programs and for people.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::fault::Fault;
use crate::verdict::Verdict;

/// A fault that was injected, and how the stack came back.
#[derive(Debug, Serialize)]
pub struct Injected {
    /// What was done.
    pub fault: Fault,
    /// When, since the start of the run.
    pub at_seconds: f64,
    /// From its end until answers were complete up to that moment again.
    pub recovery_seconds: Option<f64>,
    /// The longest that a client's events waited meanwhile until they were
    /// accepted.
    pub client_waited_seconds: f64,
}

/// What came of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What was run.
    pub command: String,
    /// When it began.
    pub date: DateTime<Utc>,
    /// Cores of the machine.
    pub cores: usize,
    /// Processes that wanted to run at once, over the last quarter of an hour
    /// of the run: far above the cores, others shared the machine.
    pub load_average: f64,
    /// Whether the programs were built for debugging: they are slower.
    pub is_debug_build: bool,
    /// Seed of the run.
    pub seed: u64,
    /// How long faults were injected.
    pub seconds: f64,
    /// The processes.
    pub processes: Vec<String>,
    /// What could not be tried on this machine, with the reason.
    pub not_possible: Vec<String>,
    /// The faults.
    pub faults: Vec<Injected>,
    /// What clients were told against what was read back.
    pub verdict: Verdict,
    /// Batches sent again although acknowledged.
    pub repeated_on_purpose: u64,
    /// Answers that were no success, by kind.
    pub refusals: BTreeMap<String, u64>,
    /// The longest that a client's events waited until they were accepted.
    pub longest_outage_seconds: f64,
    /// Whether the ledger agrees with the log and the tables.
    pub reconciliation_is_exact: bool,
    /// The ledger's own count.
    pub reconciliation: Value,
}

impl Report {
    /// Whether nothing was lost, doubled or invented, the three counts agree,
    /// and every fault was survived.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.verdict.is_clean()
            && self.reconciliation_is_exact
            && self.ledger("stored") == self.verdict.stored
            && self.ledger("quarantined") == 0
            && self.faults.iter().all(|one| one.recovery_seconds.is_some())
    }

    fn ledger(&self, count: &str) -> u64 {
        self.reconciliation[count].as_u64().unwrap_or_default()
    }

    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Injected> {
        self.faults
            .iter()
            .filter(move |one| one.fault.kind() == kind)
    }
}

/// The value that the share `share` of a list does not exceed.
fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = (values.len() as f64 * share) as usize;
    let last = values.len().saturating_sub(1);
    values.get(index.min(last)).copied().unwrap_or(f64::NAN)
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "$ {}", self.command)?;
        writeln!(
            out,
            "{}, {} cores at a load of {:.0}, {} build, seed {}, {:.0} s of faults on {}\n",
            self.date.format("%Y-%m-%d %H:%M UTC"),
            self.cores,
            self.load_average,
            if self.is_debug_build {
                "debug"
            } else {
                "release"
            },
            self.seed,
            self.seconds,
            self.processes.join(", ")
        )?;
        self.fmt_faults(out)?;
        for missing in &self.not_possible {
            writeln!(out, "not tried on this machine: {missing}")?;
        }
        let verdict = &self.verdict;
        writeln!(
            out,
            "\nlongest time that a client's events waited to be accepted: {:.1} s",
            self.longest_outage_seconds
        )?;
        writeln!(out, "answers that were no success: {:?}", self.refusals)?;
        writeln!(
            out,
            "batches sent again on purpose: {}\n",
            self.repeated_on_purpose
        )?;
        writeln!(out, "events sent            {:>10}", verdict.sent)?;
        writeln!(out, "acknowledged           {:>10}", verdict.acknowledged)?;
        writeln!(out, "rows read back         {:>10}", verdict.stored)?;
        writeln!(out, "stored by the ledger   {:>10}", self.ledger("stored"))?;
        writeln!(
            out,
            "repeats left out       {:>10}",
            self.ledger("duplicate")
        )?;
        writeln!(out, "lost                   {:>10}", verdict.lost)?;
        writeln!(out, "counted twice          {:>10}", verdict.twice)?;
        writeln!(out, "rows nobody sent       {:>10}", verdict.foreign)?;
        let exact = if self.reconciliation_is_exact {
            "exact"
        } else {
            "NOT exact"
        };
        writeln!(out, "reconciliation         {exact:>10}\n")?;
        write!(
            out,
            "{}",
            if self.is_clean() {
                "clean"
            } else {
                "NOT clean"
            }
        )
    }
}

impl Report {
    fn fmt_faults(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:<18} {:>5} {:>9} {:>9} {:>12} {:>15}",
            "fault", "times", "back p50", "back max", "over 10 s", "a client waited"
        )?;
        let mut kinds: Vec<&str> = self.faults.iter().map(|one| one.fault.kind()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            let back: Vec<f64> = self
                .of_kind(kind)
                .map(|one| one.recovery_seconds.unwrap_or(f64::INFINITY))
                .collect();
            let waited = self.of_kind(kind).map(|one| one.client_waited_seconds);
            writeln!(
                out,
                "{kind:<18} {:>5} {:>7.1} s {:>7.1} s {:>12} {:>13.1} s",
                back.len(),
                quantile(back.clone(), 0.5),
                quantile(back.clone(), 1.0),
                back.iter().filter(|took| **took > 10.0).count(),
                waited.fold(0.0, f64::max)
            )?;
        }
        Ok(())
    }
}
