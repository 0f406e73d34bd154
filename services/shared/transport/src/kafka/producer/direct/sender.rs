//! The thread that packs what was gathered and sends it: to each broker one
//! request at a time, with everything that waits for it by then.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, Weak, atomic::Ordering},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures::{
    StreamExt,
    future::{BoxFuture, OptionFuture},
    stream::FuturesUnordered,
};
use lz4_flex::block::CompressTable;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};
use tracing::debug;

use super::{
    ENOUGH, Shared,
    batch::{Writer, write_batch},
    link::{Exchange, Link, ask},
    partition::{Fault, Partition, Sealed, error_code},
    protocol::{Produce, init_producer_id, read_produced, read_producer_id},
    queue::{Gathered, Queue},
};
use crate::{
    TransportError,
    kafka::producer::client::{Client, Topology},
    metrics::CLIENT_ERRORS,
};

/// Bytes of records in one request, before they are packed: what one turn of
/// the thread takes is a millisecond or two.
const REQUEST_BYTES: usize = 1 << 20;
/// How long records wait for company where it comes fast.
const MOMENT: Duration = Duration::from_micros(200);
/// How often it looks for what has waited too long.
const LOOK: Duration = Duration::from_millis(100);
/// How long a broker is left alone after a failure, the first time and at most.
const REST: Duration = Duration::from_millis(50);
const REST_MAX: Duration = Duration::from_millis(500);
/// How long after one question who leads what the next one may be.
const ASK_AGAIN: Duration = Duration::from_millis(200);
/// How long a broker may take to give a name, the first time.
const NAME: Duration = Duration::from_millis(500);
/// How long a partition may be unknown before what waits for it is refused.
const UNKNOWN: Duration = Duration::from_secs(1);
/// A request is given so long at least, whatever is left to its records.
const EXCHANGE_MIN: Duration = Duration::from_millis(100);

/// One broker.
#[derive(Debug)]
struct Broker {
    /// Host and port.
    address: (String, u16),
    /// An open connection, when no request is under way.
    link: Option<Link>,
    is_busy: bool,
    /// Something was due while it was busy or at rest.
    is_due: bool,
    rests_until: Option<Instant>,
    failures: u32,
}

/// A request that has ended.
struct Answered {
    broker: i32,
    /// Where it was asked.
    address: (String, u16),
    asked: Asked,
    exchange: Exchange,
}

enum Asked {
    /// For a name to number batches under.
    Name,
    /// To store batches of these partitions.
    Store(Vec<u32>),
}

pub(super) struct Sender {
    shared: Arc<Shared>,
    client: Weak<Client>,
    brokers: BTreeMap<i32, Broker>,
    partitions: Vec<Partition>,
    exchanges: FuturesUnordered<BoxFuture<'static, Answered>>,
    /// A question who leads what.
    topology: OptionFuture<BoxFuture<'static, Result<Topology, TransportError>>>,
    learned_at: Option<Instant>,
    is_asking_topology: bool,
    topology_wanted: bool,
    topology_next: Instant,
    /// A name under which partitions that have none may number their batches.
    name: Option<Writer>,
    is_asking_name: bool,
    /// What stands in the way, for the answers of those who waited in vain.
    trouble: String,
    /// When what was gathered is due.
    lingers_until: Option<Instant>,
    /// Records that were due the last time.
    came_before: usize,
    looks_at: Option<Instant>,
    requests: i32,
    table: CompressTable,
}

impl Sender {
    pub(super) fn new(shared: Arc<Shared>, client: Weak<Client>) -> Self {
        Self {
            shared,
            client,
            brokers: BTreeMap::new(),
            partitions: Vec::new(),
            exchanges: FuturesUnordered::new(),
            topology: None.into(),
            learned_at: None,
            is_asking_topology: false,
            topology_wanted: true,
            topology_next: Instant::now(),
            name: None,
            is_asking_name: false,
            trouble: "no broker was reached yet".to_owned(),
            lingers_until: None,
            came_before: 0,
            looks_at: None,
            requests: 0,
            table: CompressTable::default(),
        }
    }

    pub(super) async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let mut now = Instant::now();
        loop {
            let wakes_at = self.wakes_at(now);
            let timer = OptionFuture::from(wakes_at.map(sleep_until));
            tokio::select! {
                Some(answered) = self.exchanges.next() => self.take(answered),
                Some(found) = &mut self.topology => self.learn(found),
                () = shared.wake.notified() => self.linger(),
                Some(()) = timer => {}
            }
            now = Instant::now();
            self.work(now);
        }
    }

    /// Lets what came wait for company: where little comes, for a while; where
    /// much comes, for a moment.
    fn linger(&mut self) {
        let comes_fast = || self.shared.came.load(Ordering::Acquire) >= ENOUGH;
        if self.came_before < ENOUGH / 2 && !comes_fast() {
            let end = Instant::now() + self.shared.settings.linger;
            self.lingers_until.get_or_insert(end);
            return;
        }
        if !comes_fast() {
            // Shorter than the runtime's clock can measure.
            thread::sleep(MOMENT);
        }
        self.lingers_until = Some(Instant::now());
    }

    /// When something is due by itself, after what was done at `now`.
    fn wakes_at(&self, now: Instant) -> Option<Instant> {
        let resting = self
            .brokers
            .values()
            .filter_map(|broker| broker.rests_until);
        let times = [self.lingers_until, self.looks_at];
        let times = times.into_iter().flatten().chain(resting);
        // What is due already waits for something else than time.
        let again = self.partitions.iter().filter_map(Partition::due);
        times.chain(again.filter(|at| *at > now)).min()
    }

    fn work(&mut self, now: Instant) {
        if self.lingers_until.is_some_and(|at| at <= now) {
            self.lingers_until = None;
            self.came_before = self.shared.came.swap(0, Ordering::AcqRel);
            self.looks_at.get_or_insert(now + LOOK);
            self.topology_wanted |= self.waits_for_unknown();
            self.all_due();
        }
        if self.looks_at.is_some_and(|at| at <= now) {
            self.look(now);
        }
        self.ask_topology(now);
        for id in self.brokers.keys().copied().collect::<Vec<_>>() {
            self.send(id, now);
        }
    }

    /// Answers what has waited too long, and goes on looking while anything
    /// waits.
    fn look(&mut self, now: Instant) {
        let shared = Arc::clone(&self.shared);
        let mut is_waiting = !self.exchanges.is_empty();
        let begun_before = now.checked_sub(shared.settings.patience);
        for partition in &mut self.partitions {
            if partition.expire(now, &self.trouble, &shared.load) {
                self.name = None;
            }
            is_waiting |= !partition.is_idle();
        }
        for queue in shared.queues.read().iter() {
            let mut queue = queue.lock();
            while let Some(late) = begun_before.and_then(|end| queue.pop_before(end)) {
                let (sealed, _) = Sealed::new(late, Duration::ZERO);
                let error = TransportError::Unavailable(self.trouble.clone());
                sealed.refuse(&error, &shared.load);
            }
            is_waiting |= !queue.is_empty();
        }
        self.looks_at = is_waiting.then(|| now + LOOK);
        // Whatever stood behind a batch that had to rest.
        self.all_due();
        self.refuse_unknown(now);
    }

    /// Whether anything waits for a partition that was not there yet.
    fn waits_for_unknown(&self) -> bool {
        let queues = self.shared.queues.read();
        let mut beyond = queues.iter().skip(self.partitions.len());
        beyond.any(|queue| !queue.lock().is_empty())
    }

    fn ask_topology(&mut self, now: Instant) {
        if !self.topology_wanted || self.is_asking_topology || now < self.topology_next {
            return;
        }
        let Some(client) = self.client.upgrade() else {
            return;
        };
        self.topology_wanted = false;
        self.topology_next = now + ASK_AGAIN;
        let question: BoxFuture<'static, _> = Box::pin(async move {
            let asked = tokio::task::spawn_blocking(move || client.topology()).await;
            asked.map_err(|error| TransportError::Unavailable(error.to_string()))?
        });
        self.topology = Some(question).into();
        self.is_asking_topology = true;
    }

    fn learn(&mut self, found: Result<Topology, TransportError>) {
        self.topology = None.into();
        self.is_asking_topology = false;
        let topology = match found {
            Ok(topology) => topology,
            Err(error) => {
                self.trouble = error.to_string();
                self.topology_wanted = true;
                return;
            }
        };
        for (id, address) in topology.brokers {
            let known = self
                .brokers
                .entry(id)
                .or_insert_with(|| Broker::new(address.clone()));
            if known.address != address {
                known.address = address;
                known.link = None;
            }
            known.is_due = true;
        }
        let count = topology.leaders.len();
        if self.partitions.len() < count {
            self.partitions.resize_with(count, Partition::default);
        }
        for (partition, leader) in self.partitions.iter_mut().zip(topology.leaders) {
            if leader.is_none() {
                self.trouble = "a partition has no leader".to_owned();
                self.topology_wanted = true;
            }
            partition.leader = leader;
        }
        self.learned_at = Some(Instant::now());
    }

    /// What waits for a partition that the topic does not have. One that was
    /// added a moment ago not every broker may know.
    fn refuse_unknown(&mut self, now: Instant) {
        let Some((end, learned_at)) = now.checked_sub(UNKNOWN).zip(self.learned_at) else {
            return;
        };
        self.topology_wanted |= self.waits_for_unknown();
        let end = end.min(learned_at);
        let queues = self.shared.queues.read();
        let beyond = queues.iter().enumerate().skip(self.partitions.len());
        for (partition, queue) in beyond {
            let mut queue = queue.lock();
            while let Some(gathered) = queue.pop_before(end) {
                let (sealed, _) = Sealed::new(gathered, Duration::ZERO);
                let error = self.shared.unknown(partition as u32);
                sealed.refuse(&error, &self.shared.load);
            }
        }
    }

    /// Sends what is due to a broker, if it is free.
    fn send(&mut self, id: i32, now: Instant) {
        let Some(broker) = self.brokers.get_mut(&id) else {
            return;
        };
        if broker.rests_until.is_some_and(|until| until <= now) {
            broker.rests_until = None;
            broker.is_due = true;
        }
        if broker.is_busy || broker.rests_until.is_some() {
            return;
        }
        let is_due = std::mem::take(&mut broker.is_due);
        let is_again = |partition: &Partition| {
            partition.leader == Some(id) && partition.due().is_some_and(|at| at <= now)
        };
        if !is_due && !self.partitions.iter().any(is_again) {
            return;
        }
        if self.name.is_none() && !self.is_asking_name && self.needs_name(id) {
            self.is_asking_name = true;
            let question = init_producer_id(self.number());
            let patience = doubled(NAME, self.failures(id)).min(self.exchange_max());
            self.ask(id, Asked::Name, question.into(), now + patience);
        } else {
            self.store(id, now);
        }
    }

    /// Whether this broker is to be asked for a name: something waits for one,
    /// whoever leads its partition, and no other broker is in better health.
    fn needs_name(&self, id: i32) -> bool {
        let is_sound = |broker: &Broker| broker.failures == 0 && !broker.is_busy;
        let is_best = self.failures(id) == 0 || !self.brokers.values().any(is_sound);
        let queues = self.shared.queues.read();
        let mut all = self.partitions.iter().zip(queues.iter());
        let waits = |(partition, queue): (&Partition, &Mutex<Queue>)| {
            !partition.has_name() && (!partition.is_idle() || !queue.lock().is_empty())
        };
        is_best && all.any(waits)
    }

    fn failures(&self, id: i32) -> u32 {
        self.brokers.get(&id).map_or(0, |broker| broker.failures)
    }

    fn store(&mut self, id: i32, now: Instant) {
        let name = self.name;
        let shared = Arc::clone(&self.shared);
        let settings = &shared.settings;
        let exchange_max = self.exchange_max();
        let replicas = exchange_max.mul_f32(0.9).as_millis() as i32;
        let mut request = Produce::new(&settings.topic, replicas);
        let mut batches: Vec<(u32, Sealed, Range<usize>)> = Vec::new();
        let created = SystemTime::now().duration_since(UNIX_EPOCH);
        let created = created.map_or(0, |since| since.as_millis() as i64);
        let (mut bytes, mut has_more) = (0, false);
        let queues = shared.queues.read();
        // Begins elsewhere each time, so that a full request starves nobody.
        let count = self.partitions.len();
        let first = self.requests as usize % count.max(1);
        for index in (first..count).chain(0..first) {
            let partition = &mut self.partitions[index];
            if partition.leader != Some(id) || !(partition.has_name() || name.is_some()) {
                continue;
            }
            let (mut sealed, range) = if let Some(sealed) = partition.rested(now) {
                bytes += sealed.bytes().len();
                let range = request.add(index as u32, |out| out.extend(sealed.bytes()));
                (sealed, range)
            } else if partition.is_idle()
                && let Some(queue) = queues.get(index)
                && let Some(gathered) = pop(queue)
            {
                let (sealed, records) = Sealed::new(gathered, settings.patience);
                bytes += records.len();
                let table = &mut self.table;
                let range = request.add(index as u32, |out| {
                    write_batch(&records, sealed.records(), created, table, out);
                });
                let mut queue = queue.lock();
                queue.keep(records);
                has_more |= !queue.is_empty();
                (sealed, range)
            } else {
                continue;
            };
            partition.number(&mut sealed, request.part(range.clone()), name);
            batches.push((index as u32, sealed, range));
            if bytes >= REQUEST_BYTES {
                has_more = true;
                break;
            }
        }
        drop(queues);
        if has_more && let Some(broker) = self.brokers.get_mut(&id) {
            broker.is_due = true;
        }
        if request.is_empty() {
            return;
        }
        let request = Bytes::from(request.finish(self.number()));
        let latest = batches.iter().map(|(_, sealed, _)| sealed.deadline).max();
        let deadline = latest.map_or(now, |latest| latest.min(now + exchange_max));
        let mut partitions = Vec::with_capacity(batches.len());
        for (partition, sealed, range) in batches {
            self.partitions[partition as usize].send(sealed, &request, range);
            partitions.push(partition);
        }
        self.looks_at.get_or_insert(now + LOOK);
        let deadline = deadline.max(now + EXCHANGE_MIN);
        self.ask(id, Asked::Store(partitions), request, deadline);
    }

    fn ask(&mut self, id: i32, asked: Asked, question: Bytes, deadline: Instant) {
        let Some(broker) = self.brokers.get_mut(&id) else {
            return;
        };
        broker.is_busy = true;
        let (link, address) = (broker.link.take(), broker.address.clone());
        self.exchanges.push(Box::pin(async move {
            let exchange = ask(link, &address, &question, deadline).await;
            Answered {
                broker: id,
                address,
                asked,
                exchange,
            }
        }));
    }

    fn take(&mut self, answered: Answered) {
        let Answered {
            broker,
            address,
            asked,
            exchange,
        } = answered;
        let now = Instant::now();
        if matches!(asked, Asked::Name) {
            self.is_asking_name = false;
            self.all_due();
        }
        let (answer, link) = match exchange {
            Exchange::Answered(answer, link) => (answer, link),
            Exchange::Lost {
                maybe_asked,
                reason,
            } => {
                self.lost(broker, asked, maybe_asked, &reason.to_string(), now);
                return;
            }
        };
        let taken = match &asked {
            Asked::Name => self.named(&answer),
            Asked::Store(partitions) => self.stored(&answer, partitions, now),
        };
        if let Err(reason) = taken {
            self.lost(broker, asked, true, &reason, now);
            return;
        }
        if let Some(broker) = self.brokers.get_mut(&broker) {
            broker.is_busy = false;
            broker.failures = 0;
            broker.link = Some(link).filter(|_| broker.address == address);
        }
    }

    fn named(&mut self, answer: &[u8]) -> Result<(), String> {
        let named = read_producer_id(answer).map_err(|garbled| garbled.to_string())?;
        self.name = Some(named.map_err(|code| error_code(code).to_string())?);
        Ok(())
    }

    fn stored(&mut self, answer: &[u8], asked: &[u32], now: Instant) -> Result<(), String> {
        let shared = Arc::clone(&self.shared);
        let answers = read_produced(answer).map_err(|garbled| garbled.to_string())?;
        for said in answers {
            let Some(partition) = self.partitions.get_mut(said.partition as usize) else {
                continue;
            };
            if said.code == 0 {
                partition.stored(said.partition, said.offset, &shared.load);
                continue;
            }
            self.trouble = error_code(said.code).to_string();
            CLIENT_ERRORS.count(&["producer"]).increment(1);
            debug!(
                partition = said.partition,
                error = self.trouble,
                "a batch was not stored"
            );
            if partition.failed(said.code, now, &shared.load) {
                self.name = None;
            }
            self.topology_wanted |= Fault::of(said.code) == Fault::Elsewhere;
        }
        // One of which nothing was said.
        for partition in asked {
            self.partitions[*partition as usize].lost(true, now);
        }
        Ok(())
    }

    fn lost(&mut self, id: i32, asked: Asked, maybe_asked: bool, reason: &str, now: Instant) {
        CLIENT_ERRORS.count(&["producer"]).increment(1);
        if let Asked::Store(partitions) = asked {
            for partition in partitions {
                self.partitions[partition as usize].lost(maybe_asked, now);
            }
        }
        self.topology_wanted = true;
        let Some(broker) = self.brokers.get_mut(&id) else {
            return;
        };
        let (host, port) = &broker.address;
        self.trouble = format!("{host}:{port}: {reason}");
        debug!(broker = id, self.trouble, "lost a broker");
        broker.is_busy = false;
        let rest = doubled(REST, broker.failures).min(REST_MAX);
        broker.failures += 1;
        broker.rests_until = Some(now + rest);
    }

    fn all_due(&mut self) {
        for broker in self.brokers.values_mut() {
            broker.is_due = true;
        }
    }

    /// How long a broker may take: what is left then is for a second try.
    fn exchange_max(&self) -> Duration {
        self.shared.settings.patience * 6 / 7
    }

    fn number(&mut self) -> i32 {
        self.requests = self.requests.wrapping_add(1);
        self.requests
    }
}

impl Broker {
    fn new(address: (String, u16)) -> Self {
        Self {
            address,
            link: None,
            is_busy: false,
            is_due: true,
            rests_until: None,
            failures: 0,
        }
    }
}

/// A time that doubles with each failure, five times at most.
fn doubled(time: Duration, failures: u32) -> Duration {
    time * 2_u32.pow(failures.min(5))
}

/// The oldest batch; the lock does not outlive the call.
fn pop(queue: &Mutex<Queue>) -> Option<Gathered> {
    queue.lock().pop()
}
