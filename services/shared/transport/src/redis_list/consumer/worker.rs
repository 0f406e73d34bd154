use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    future::Future,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use chrono::Utc;
use metrics::{Counter, Gauge};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval},
};
use tracing::{debug, info, warn};

use super::{PARTITION, store::Store};
use crate::{
    Assignment, Delivery, Position, Received, Revocation, Start, TransportError,
    inbox::Inbox,
    metrics as m,
    redis_list::{
        ListTuning,
        queued_event::{FORMAT_HEADER, FORMAT_QUEUED_EVENT, decode},
    },
};

/// What the worker is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    Commit { below: u64, reply: Reply },
    Pause { paused: bool, reply: Reply },
    Close,
}

type Reply = oneshot::Sender<Result<(), TransportError>>;
type Waiting = Pin<Box<dyn Future<Output = Result<Option<Bytes>, TransportError>> + Send>>;

/// How often the owner looks for what other workers left.
const REAP_INTERVAL: Duration = Duration::from_secs(5);
/// How long after a failure the next attempt is.
const RETRY: Duration = Duration::from_millis(100);

/// Where this worker stands with the queue.
#[derive(Debug)]
enum Role {
    /// Another one owns it, or nobody has been asked.
    Standby,
    /// It owns the queue; the receiver has not answered yet.
    Told(oneshot::Receiver<BTreeMap<u32, Start>>),
    /// It owns the queue and takes from it.
    Owner,
}

/// The task behind a consumer: owns the lease, takes items, removes what is
/// committed.
pub(super) struct Worker {
    store: Arc<Store>,
    inbox: Arc<Inbox>,
    commands: mpsc::UnboundedReceiver<Command>,
    batch: usize,
    uncommitted_limit: usize,
    lease: Duration,
    role: Role,
    /// Until then nobody else can own the queue.
    lease_end: Instant,
    /// Numbers of the items in the processing list, oldest first.
    uncommitted: VecDeque<u64>,
    /// An answer was lost: the processing list must be looked at.
    is_uncertain: bool,
    is_paused: bool,
    reap_at: Instant,
    /// A request that waits in Redis for an item.
    waiting: Option<Waiting>,
    consumed: Counter,
    buffered: Gauge,
}

impl Worker {
    pub(super) fn new(
        store: Arc<Store>,
        inbox: Arc<Inbox>,
        commands: mpsc::UnboundedReceiver<Command>,
        tuning: &ListTuning,
    ) -> Self {
        Self {
            store,
            inbox,
            commands,
            batch: tuning.batch.clamp(1, 1_000),
            uncommitted_limit: tuning.uncommitted_limit.max(1),
            lease: tuning.lease,
            role: Role::Standby,
            lease_end: Instant::now(),
            uncommitted: VecDeque::new(),
            is_uncertain: false,
            is_paused: false,
            reap_at: Instant::now(),
            waiting: None,
            consumed: m::CONSUMED.count(&[]),
            buffered: m::BUFFERED.level(&[]),
        }
    }

    /// Works until it is told to close; gives the queue up on the way out.
    pub(super) async fn run(mut self) {
        let mut beat = interval(self.lease / 4);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let may_take = self.may_take();
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    None | Some(Command::Close) => break,
                    Some(command) => self.obey(command).await,
                },
                _ = beat.tick() => self.renew().await,
                answered = answer(&mut self.role) => self.begin(answered),
                popped = pop(&mut self.waiting) => {
                    self.waiting = None;
                    self.popped(popped).await;
                }
                () = self.inbox.room(), if may_take => self.take().await,
            }
        }
        self.inbox.close(TransportError::Closed);
        // A pop that was dropped still waits in Redis, and would take an item for
        // a worker that is gone.
        if let Some(waiting) = self.waiting.take()
            && let Err(error) = waiting.await
        {
            debug!(%error, "the last wait for an item failed");
        }
        if let Err(error) = self.store.release().await {
            debug!(%error, "could not give the queue up; its lease ends by itself");
        }
    }

    fn is_owner(&self) -> bool {
        matches!(self.role, Role::Owner)
    }

    fn may_take(&self) -> bool {
        self.is_owner()
            && !self.is_paused
            && self.waiting.is_none()
            && self.uncommitted.len() < self.uncommitted_limit
    }

    async fn obey(&mut self, command: Command) {
        let (reply, result) = match command {
            Command::Commit { below, reply } => (reply, self.commit(below).await),
            Command::Pause { paused, reply } => (reply, self.pause(paused)),
            Command::Close => return,
        };
        // Who asked may have gone.
        let _ = reply.send(result);
    }

    fn pause(&mut self, paused: bool) -> Result<(), TransportError> {
        if !self.is_owner() {
            return Err(TransportError::NotOwner(
                "another worker owns the queue".into(),
            ));
        }
        self.is_paused = paused;
        Ok(())
    }

    async fn commit(&mut self, below: u64) -> Result<(), TransportError> {
        let not_owner = || TransportError::NotOwner("another worker owns the queue".into());
        if !self.is_owner() {
            return Err(not_owner());
        }
        if self.is_uncertain {
            self.review().await?;
        }
        let count = self
            .uncommitted
            .iter()
            .take_while(|number| **number < below)
            .count();
        if count == 0 {
            return Ok(());
        }
        match self.store.commit(count, below).await {
            Ok(Some(removed)) => {
                if removed != count {
                    warn!(removed, count, "someone else removed items of ours");
                }
                self.uncommitted.drain(..count);
                Ok(())
            }
            Ok(None) => {
                self.lose();
                Err(not_owner())
            }
            Err(error) => {
                // The next look tells whether it was done.
                self.is_uncertain = true;
                Err(error)
            }
        }
    }

    /// Renews the lease; a worker that stands by tries to become the owner.
    async fn renew(&mut self) {
        let started = Instant::now();
        let is_standby = matches!(self.role, Role::Standby);
        match self.store.renew(is_standby).await {
            Ok(true) => {
                self.lease_end = started + self.lease;
                if is_standby {
                    self.become_owner();
                }
            }
            Ok(false) if !is_standby => self.lose(),
            Err(error) if !is_standby && Instant::now() >= self.lease_end => {
                debug!(%error, "the lease ended without an answer");
                self.lose();
            }
            Ok(false) => {}
            Err(error) => debug!(%error, "could not reach Redis"),
        }
    }

    fn become_owner(&mut self) {
        info!(worker = self.store.worker(), "this worker owns the queue");
        m::REBALANCES.count(&["assigned"]).increment(1);
        m::PARTITIONS_OWNED.level(&[]).set(1.0);
        let (assignment, answered) = Assignment::new(BTreeSet::from([PARTITION]));
        self.role = Role::Told(answered);
        self.is_uncertain = true;
        self.is_paused = false;
        self.reap_at = Instant::now();
        self.inbox.tell(Received::Assigned(assignment));
    }

    fn lose(&mut self) {
        warn!(
            worker = self.store.worker(),
            "another worker owns the queue by now"
        );
        m::REBALANCES.count(&["lost"]).increment(1);
        m::PARTITIONS_OWNED.level(&[]).set(0.0);
        let partitions = BTreeSet::from([PARTITION]);
        self.role = Role::Standby;
        self.uncommitted.clear();
        self.is_uncertain = false;
        self.inbox.purge(&partitions);
        // Nobody waits for its release.
        let (revocation, _released) = Revocation::new(partitions, true);
        self.inbox.tell(Received::Revoked(revocation));
    }

    /// The receiver has settled what the owner before it left, or has gone.
    fn begin(&mut self, answered: Result<BTreeMap<u32, Start>, oneshot::error::RecvError>) {
        self.role = match answered {
            Ok(_starts) => Role::Owner,
            // Asked again with the next renewal.
            Err(_dropped) => Role::Standby,
        };
    }

    /// Takes what is there, or begins to wait for an item.
    async fn take(&mut self) {
        if self.reap_at <= Instant::now() {
            match self.store.adopt().await {
                Ok(None) => return self.lose(),
                Ok(Some(moved)) => {
                    if moved > 0 {
                        info!(moved, "took over what other workers had left");
                    }
                    self.is_uncertain |= moved > 0;
                    self.reap_at = Instant::now() + REAP_INTERVAL;
                }
                Err(error) => return self.retry(&error).await,
            }
        }
        if self.is_uncertain {
            if let Err(error) = self.review().await {
                self.retry(&error).await;
            }
            return;
        }
        match self.store.take(self.batch, 0).await {
            Ok(None) => self.lose(),
            Ok(Some((_, items))) if items.is_empty() => {
                let store = Arc::clone(&self.store);
                self.waiting = Some(Box::pin(async move { store.wait_for_one().await }));
            }
            Ok(Some((last, items))) => self.deliver(items, last, false),
            Err(error) => self.retry(&error).await,
        }
    }

    /// An item came, or none, or the wait failed.
    async fn popped(&mut self, popped: Result<Option<Bytes>, TransportError>) {
        match popped {
            Ok(None) => {}
            // It lies in the processing list, where the owner, or this worker
            // when it goes on, finds it.
            Ok(Some(_)) if !self.is_owner() || self.is_paused || self.is_uncertain => {
                self.is_uncertain = self.is_owner();
            }
            Ok(Some(first)) => match self.store.take(self.batch - 1, 1).await {
                Ok(None) => self.lose(),
                Ok(Some((last, mut items))) => {
                    items.insert(0, first);
                    self.deliver(items, last, false);
                }
                Err(error) => self.retry(&error).await,
            },
            Err(error) => self.retry(&error).await,
        }
    }

    /// After a failure nothing is known of what Redis did.
    async fn retry(&mut self, error: &TransportError) {
        debug!(%error, "Redis did not answer");
        m::CLIENT_ERRORS.count(&["consumer"]).increment(1);
        self.is_uncertain |= self.is_owner();
        tokio::time::sleep(RETRY).await;
    }

    /// Compares what is in the processing list with what is known of it, and
    /// delivers what has not been delivered by this worker.
    async fn review(&mut self) -> Result<(), TransportError> {
        let not_owner = || TransportError::NotOwner("another worker owns the queue".into());
        let Some((frontier, mut items)) = self.store.review().await? else {
            self.lose();
            return Err(not_owner());
        };
        self.uncommitted.retain(|number| *number >= frontier);
        if items.len() < self.uncommitted.len() {
            let missing = self.uncommitted.len() - items.len();
            warn!(missing, "someone else removed items of ours");
            self.uncommitted.drain(..missing);
        }
        let unknown = items.split_off(self.uncommitted.len());
        if !unknown.is_empty() {
            let Some(last) = self.store.number(unknown.len()).await? else {
                self.lose();
                return Err(not_owner());
            };
            self.deliver(unknown, last, true);
        }
        self.is_uncertain = false;
        Ok(())
    }

    /// Hands items on, in order; `last` is the number of the last one.
    fn deliver(&mut self, items: Vec<Bytes>, last: u64, redelivered: bool) {
        let now = Utc::now();
        let first = (last + 1).saturating_sub(items.len() as u64);
        self.consumed.increment(items.len() as u64);
        self.uncommitted.extend(first..=last);
        let deliveries = items.iter().zip(first..).map(|(item, number)| {
            let content = decode(item);
            let format = (
                FORMAT_HEADER.to_owned(),
                Bytes::from_static(FORMAT_QUEUED_EVENT.as_bytes()),
            );
            Delivery {
                position: Position::new(PARTITION, number),
                appended_at: content.queued_at.unwrap_or(now),
                key: content.key,
                headers: content.foreign.then_some(format).into_iter().collect(),
                payload: content.payload,
                redelivered,
            }
        });
        self.inbox.push(deliveries.collect());
        self.buffered.set(self.inbox.len() as f64);
    }
}

/// The receiver's answer to an assignment; never, when there is none open.
async fn answer(role: &mut Role) -> Result<BTreeMap<u32, Start>, oneshot::error::RecvError> {
    match role {
        Role::Told(answered) => answered.await,
        Role::Standby | Role::Owner => std::future::pending().await,
    }
}

/// The result of waiting in Redis; never, when nothing waits.
async fn pop(waiting: &mut Option<Waiting>) -> Result<Option<Bytes>, TransportError> {
    match waiting {
        Some(waiting) => waiting.await,
        None => std::future::pending().await,
    }
}
