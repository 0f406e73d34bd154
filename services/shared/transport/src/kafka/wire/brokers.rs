//! The brokers, as the way to them has gone so far.

use std::{collections::BTreeMap, time::Duration};

use futures::future::BoxFuture;
use tokio::time::Instant;

use super::{
    link::{Exchange, Link, ask},
    topology::Address,
};

/// How long a broker is left alone, or a batch rests, after the first failure
/// and at most.
const REST: Duration = Duration::from_millis(50);
pub(in crate::kafka) const REST_MAX: Duration = Duration::from_millis(500);

/// All brokers of the cluster, by their id.
#[derive(Debug, Default)]
pub(in crate::kafka) struct Brokers(BTreeMap<i32, Broker>);

#[derive(Debug, Default)]
struct Broker {
    address: Address,
    /// An open connection, when no request is under way.
    link: Option<Link>,
    is_busy: bool,
    /// Something was due while it was busy or at rest.
    is_due: bool,
    rests_until: Option<Instant>,
    failures: u32,
}

/// A question that has ended.
#[derive(Debug)]
pub(in crate::kafka) struct Answered<A> {
    pub(in crate::kafka) broker: i32,
    /// Where it was asked.
    pub(in crate::kafka) address: Address,
    /// What was asked for.
    pub(in crate::kafka) asked: A,
    pub(in crate::kafka) exchange: Exchange,
}

/// A question under way.
pub(in crate::kafka) type Asking<A> = BoxFuture<'static, Answered<A>>;

impl Brokers {
    /// Learns where they are. One that is no longer there keeps its place: it
    /// may come back, and leads nothing until then.
    pub(in crate::kafka) fn learn(&mut self, addresses: BTreeMap<i32, Address>) {
        for (id, address) in addresses {
            let known = self.0.entry(id).or_default();
            if known.address != address {
                known.address = address;
                known.link = None;
            }
            known.is_due = true;
        }
    }

    pub(in crate::kafka) fn ids(&self) -> Vec<i32> {
        self.0.keys().copied().collect()
    }

    /// When the rest of one ends.
    pub(in crate::kafka) fn rested(&self) -> impl Iterator<Item = Instant> {
        self.0.values().filter_map(|broker| broker.rests_until)
    }

    /// Something may be due at each of them.
    pub(in crate::kafka) fn all_due(&mut self) {
        for broker in self.0.values_mut() {
            broker.is_due = true;
        }
    }

    /// Something is due at `id`.
    pub(in crate::kafka) fn due(&mut self, id: i32) {
        if let Some(broker) = self.0.get_mut(&id) {
            broker.is_due = true;
        }
    }

    /// Whether something was due at `id`, which is not so any longer; `None` as
    /// long as it is busy or at rest.
    pub(in crate::kafka) fn take_due(&mut self, id: i32, now: Instant) -> Option<bool> {
        let broker = self.0.get_mut(&id)?;
        if broker.rests_until.is_some_and(|until| until <= now) {
            broker.rests_until = None;
            broker.is_due = true;
        }
        let is_free = !broker.is_busy && broker.rests_until.is_none();
        is_free.then(|| std::mem::take(&mut broker.is_due))
    }

    /// Whether no other is in better health.
    pub(in crate::kafka) fn is_best(&self, id: i32) -> bool {
        let is_sound = |broker: &Broker| broker.failures == 0 && !broker.is_busy;
        self.failures(id) == 0 || !self.0.values().any(is_sound)
    }

    /// How often in a row `id` has failed.
    pub(in crate::kafka) fn failures(&self, id: i32) -> u32 {
        self.0.get(&id).map_or(0, |broker| broker.failures)
    }

    /// Asks `id`, which is busy until [`Brokers::answered`] or [`Brokers::lost`];
    /// `None` when there is no such broker.
    pub(in crate::kafka) fn ask<A: Send + 'static>(
        &mut self,
        id: i32,
        asked: A,
        question: impl AsRef<[u8]> + Send + Sync + 'static,
        deadline: Instant,
    ) -> Option<Asking<A>> {
        let broker = self.0.get_mut(&id)?;
        broker.is_busy = true;
        let (address, link) = (broker.address.clone(), broker.link.take());
        Some(Box::pin(async move {
            let exchange = ask(link, &address, question.as_ref(), deadline).await;
            Answered {
                broker: id,
                address,
                asked,
                exchange,
            }
        }))
    }

    /// The request to `id`, at `address`, was answered.
    pub(in crate::kafka) fn answered(&mut self, id: i32, address: &Address, link: Link) {
        if let Some(broker) = self.0.get_mut(&id) {
            broker.is_busy = false;
            broker.failures = 0;
            broker.link = Some(link).filter(|_| broker.address == *address);
        }
    }

    /// Leaves `id` alone for a while; then something is due at it.
    pub(in crate::kafka) fn rest(&mut self, id: i32, until: Instant) {
        if let Some(broker) = self.0.get_mut(&id) {
            broker.rests_until = Some(until);
        }
    }

    /// The request to `id` was lost.
    pub(in crate::kafka) fn lost(&mut self, id: i32, now: Instant) {
        if let Some(broker) = self.0.get_mut(&id) {
            broker.is_busy = false;
            broker.rests_until = Some(now + rest(broker.failures));
            broker.failures += 1;
        }
    }
}

/// How long to rest after one more failure than `failures`.
pub(in crate::kafka) fn rest(failures: u32) -> Duration {
    doubled(REST, failures).min(REST_MAX)
}

/// A time that doubles with each failure, five times at most.
pub(in crate::kafka) fn doubled(time: Duration, failures: u32) -> Duration {
    time * 2_u32.pow(failures.min(5))
}
