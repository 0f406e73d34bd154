//! Reading with a consumer, as its owner would.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;
use transport::{Consumer, Delivery, Position, Received, Start};

/// How long anything may take that is expected to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// How long nothing must happen to be taken as never.
const QUIET: Duration = Duration::from_millis(700);

const TURN: Duration = Duration::from_millis(100);

/// What a consumer told while reading.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) assigned: BTreeSet<u32>,
    pub(crate) revoked: BTreeSet<u32>,
    pub(crate) lost: bool,
}

impl Seen {
    /// The next offset of every partition delivered.
    pub(crate) fn frontier(&self) -> Vec<Position> {
        frontier(&self.deliveries)
    }
}

/// The next offset of every partition in `deliveries`.
pub(crate) fn frontier(deliveries: &[Delivery]) -> Vec<Position> {
    let mut next: BTreeMap<u32, u64> = BTreeMap::new();
    for delivery in deliveries {
        let end = delivery.position.offset + 1;
        let known = next.entry(delivery.position.partition).or_default();
        *known = end.max(*known);
    }
    next.into_iter()
        .map(|(partition, offset)| Position::new(partition, offset))
        .collect()
}

/// Reads until `enough`, starting assigned partitions at the last commit and
/// releasing revoked ones at once.
pub(crate) async fn read_until(consumer: &dyn Consumer, enough: impl Fn(&Seen) -> bool) -> Seen {
    let deadline = Instant::now() + PATIENCE;
    let mut seen = Seen::default();
    while !enough(&seen) {
        assert!(
            Instant::now() < deadline,
            "not enough within {PATIENCE:?}: {} deliveries, assigned {:?}, revoked {:?}",
            seen.deliveries.len(),
            seen.assigned,
            seen.revoked,
        );
        step(consumer, &mut seen).await;
    }
    seen
}

/// Reads `count` deliveries.
pub(crate) async fn read(consumer: &dyn Consumer, count: usize) -> Seen {
    read_until(consumer, |seen| seen.deliveries.len() >= count).await
}

/// Reads until nothing came for a while.
pub(crate) async fn read_rest(consumer: &dyn Consumer) -> Seen {
    let mut seen = Seen::default();
    let mut quiet_since = Instant::now();
    while quiet_since.elapsed() < QUIET {
        let before = (seen.deliveries.len(), seen.assigned.len());
        step(consumer, &mut seen).await;
        if before != (seen.deliveries.len(), seen.assigned.len()) {
            quiet_since = Instant::now();
        }
    }
    seen
}

async fn step(consumer: &dyn Consumer, seen: &mut Seen) {
    match consumer.receive(500, TURN).await.unwrap() {
        Received::Deliveries(deliveries) => seen.deliveries.extend(deliveries),
        Received::Assigned(assignment) => {
            seen.assigned.extend(assignment.partitions());
            assignment.start_all(Start::Committed);
        }
        Received::Revoked(revocation) => {
            seen.revoked.extend(revocation.partitions());
            seen.lost |= revocation.lost();
            revocation.release();
        }
        Received::OutOfRange(missing) => panic!("out of range: {missing:?}"),
    }
}
