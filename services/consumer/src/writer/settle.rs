//! Settling doubt: after it, exactly what is stored is known, and nothing sent
//! before can still arrive.

use std::collections::{BTreeMap, BTreeSet};

use warehouse::WarehouseError;
use warehouse::ledger::{Frontier, LogName};

use super::Writer;
use super::backoff::Backoff;
use super::work::Work;
use crate::metrics;

impl Writer {
    /// Settles what became of `work`, however long the warehouse is away.
    pub(super) async fn settle(&mut self, work: &mut Work, backoff: &mut Backoff) {
        loop {
            self.drop_lost(work);
            if work.is_empty() {
                return;
            }
            match self.try_settle(work).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(%error, "cannot settle yet");
                    backoff.wait(&self.with.held).await;
                }
            }
        }
    }

    async fn try_settle(&mut self, work: &mut Work) -> Result<(), WarehouseError> {
        let partitions: BTreeSet<u32> = work.parts.keys().copied().collect();
        let renewal = self
            .with
            .warehouse
            .renew(&partitions, &self.with.owner)
            .await?;
        for (partition, claim) in &renewal.claims {
            if let (Some(part), Some(state)) = (
                work.parts.get_mut(partition),
                self.states.get_mut(partition),
            ) {
                part.claim = *claim;
                state.claim = *claim;
                self.with.held.reclaim(*partition, part.tenure, *claim);
            }
        }
        if !renewal.lost.is_empty() {
            tracing::warn!(partitions = ?renewal.lost, "taken over by another consumer");
            self.with.held.give_up(&renewal.lost);
            self.drop_lost(work);
        }
        work.sign();
        let found = self.with.warehouse.stored_beyond(&work.since()).await?;
        let frontiers = self.with.warehouse.frontiers(&partitions).await?;
        let found_rows = work.settle(&found, &covered(work, &frontiers));
        metrics::SETTLED_ROWS.count(&[]).increment(found_rows);
        Ok(())
    }
}

/// How far the ledger goes on each partition, in the log that the work is of.
fn covered(work: &Work, frontiers: &BTreeMap<u32, Vec<Frontier>>) -> BTreeMap<u32, u64> {
    let of = |(partition, part): (&u32, &super::work::Part)| {
        let log = LogName::parse(&part.log_id);
        let frontier = frontiers
            .get(partition)?
            .iter()
            .find(|frontier| frontier.log == log)?;
        Some((*partition, frontier.next_offset))
    };
    work.parts.iter().filter_map(of).collect()
}
