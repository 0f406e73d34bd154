//! A log that was cut and filled again looks as long as before, and has other
//! records where those stood that are stored: the time at which it took them
//! tells.

use std::collections::BTreeMap;

use transport::{Position, Watermarks};
use warehouse::ledger::Frontier;

use super::Writer;
use super::take_over::{Plan, TakeOverError};

/// What the operator is told.
const WHY: &str = "the log was cut and filled again, offsets begin anew";

impl Writer {
    /// Of those `plans` that go on at the ledger's frontier the ones whose log
    /// has another record before it than was stored, with where to begin
    /// instead: behind the last range of which the record is still the same.
    pub(super) async fn refilled(
        &self,
        plans: &BTreeMap<u32, Plan>,
        known: &BTreeMap<u32, Vec<Frontier>>,
        ends: &BTreeMap<u32, Watermarks>,
    ) -> Result<BTreeMap<u32, Plan>, TakeOverError> {
        let mut expected = BTreeMap::new();
        for (&partition, plan) in plans {
            let mut frontiers = known.get(&partition).into_iter().flatten();
            let frontier = frontiers.find(|frontier| frontier.log == plan.log);
            let low = ends.get(&partition).map_or(0, |ends| ends.low);
            if let Some(taken) = frontier.and_then(|frontier| frontier.appended_at)
                && plan.gap.is_none()
                && plan.start > low
            {
                expected.insert(Position::new(partition, plan.start - 1), taken);
            }
        }
        let positions: Vec<Position> = expected.keys().copied().collect();
        let found = self.with.consumer.appended_at(&positions).await?;
        let mut changed = BTreeMap::new();
        for (position, taken) in expected {
            let is_same = found.get(&position).is_none_or(|found| *found == taken);
            if let (false, Some(plan)) = (is_same, plans.get(&position.partition)) {
                let low = ends.get(&position.partition).map_or(0, |ends| ends.low);
                let start = self.last_same(position.partition, plan, low).await?;
                let plan = Plan {
                    log: plan.log.next_life(),
                    start,
                    gap: Some((start, WHY)),
                };
                changed.insert(position.partition, plan);
            }
        }
        Ok(changed)
    }

    /// Where the last range ends whose last record is in the log as it was
    /// stored; the log's beginning when there is none.
    async fn last_same(&self, partition: u32, plan: &Plan, low: u64) -> Result<u64, TakeOverError> {
        let mut ranges = self
            .with
            .warehouse
            .range_ends(&plan.log.id(), partition)
            .await?;
        ranges.retain(|(next, _)| *next > low && *next < plan.start);
        // Before the cut all are the same, behind it none: halve.
        let (mut same, mut other) = (0, ranges.len());
        while same < other {
            let middle = usize::midpoint(same, other);
            let Some((next, taken)) = ranges.get(middle).copied() else {
                break;
            };
            let position = Position::new(partition, next - 1);
            let found = self.with.consumer.appended_at(&[position]).await?;
            if found.get(&position) == Some(&taken) {
                same = middle + 1;
            } else {
                other = middle;
            }
        }
        let last = same.checked_sub(1).and_then(|last| ranges.get(last));
        Ok(last.map_or(low, |(next, _)| *next))
    }
}
