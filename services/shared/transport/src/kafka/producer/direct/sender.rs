//! The thread that packs what was gathered and sends it: to each broker one
//! request at a time, with everything that waits for it by then.

use std::{
    ops::Range,
    sync::{Arc, Weak, atomic::Ordering},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures::{StreamExt, future::OptionFuture, stream::FuturesUnordered};
use lz4_flex::block::CompressTable;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};
use tracing::debug;

use super::{
    ENOUGH, Shared,
    batch::{Writer, write_batch},
    partition::{Fault, Partition, Sealed},
    protocol::{Produce, init_producer_id, read_produced, read_producer_id},
    queue::{Gathered, Queue},
};
use crate::{
    TransportError,
    kafka::{
        producer::client::{Client, QUESTION},
        wire::{
            brokers::{Answered, Asking, Brokers, doubled},
            leaders::Leaders,
            link::Exchange,
            protocol::error_code,
            topology::{Address, Topology},
        },
    },
    metrics::CLIENT_ERRORS,
};

/// Bytes of records in one request, before they are packed: what one turn of
/// the thread takes is a millisecond or two.
const REQUEST_BYTES: usize = 1 << 20;
/// How long records wait for company where it comes fast.
const MOMENT: Duration = Duration::from_micros(200);
/// How often it looks for what has waited too long.
const LOOK: Duration = Duration::from_millis(100);
/// How long a broker may take to give a name, the first time.
const NAME: Duration = Duration::from_millis(500);
/// How long a partition may be unknown before what waits for it is refused.
const UNKNOWN: Duration = Duration::from_secs(1);
/// A request is given so long at least, whatever is left to its records.
const EXCHANGE_MIN: Duration = Duration::from_millis(100);

enum Asked {
    /// For a name to number batches under.
    Name,
    /// To store batches of these partitions.
    Store(Vec<u32>),
}

pub(super) struct Sender {
    shared: Arc<Shared>,
    brokers: Brokers,
    leaders: Leaders,
    partitions: Vec<Partition>,
    exchanges: FuturesUnordered<Asking<Asked>>,
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
            brokers: Brokers::default(),
            leaders: Leaders::new(Arc::new(move || {
                let client = client.upgrade().ok_or(TransportError::Closed)?;
                client.topology(QUESTION)
            })),
            partitions: Vec::new(),
            exchanges: FuturesUnordered::new(),
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
                Some(found) = self.leaders.answer() => self.learn(found),
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
        let times = [self.lingers_until, self.looks_at];
        let times = times.into_iter().flatten().chain(self.brokers.rested());
        // What is due already waits for something else than time.
        let again = self.partitions.iter().filter_map(Partition::due);
        times.chain(again.filter(|at| *at > now)).min()
    }

    fn work(&mut self, now: Instant) {
        if self.lingers_until.is_some_and(|at| at <= now) {
            self.lingers_until = None;
            self.came_before = self.shared.came.swap(0, Ordering::AcqRel);
            self.looks_at.get_or_insert(now + LOOK);
            self.look_beyond();
            self.brokers.all_due();
        }
        if self.looks_at.is_some_and(|at| at <= now) {
            self.look(now);
        }
        self.leaders.ask(now);
        for id in self.brokers.ids() {
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
                let error = TransportError::Unavailable(self.trouble.clone());
                late.refuse(&error, &shared.load);
            }
            is_waiting |= !queue.is_empty();
        }
        self.looks_at = is_waiting.then(|| now + LOOK);
        // Whatever stood behind a batch that had to rest.
        self.brokers.all_due();
        self.refuse_unknown(now);
    }

    /// Asks for the partitions anew when something waits for one that was not
    /// there yet.
    fn look_beyond(&mut self) {
        let queues = self.shared.queues.read();
        let mut beyond = queues.iter().skip(self.partitions.len());
        if beyond.any(|queue| !queue.lock().is_empty()) {
            self.leaders.want();
        }
    }

    fn learn(&mut self, found: Result<Topology, TransportError>) {
        let topology = match found {
            Ok(topology) => topology,
            Err(error) => {
                self.trouble = error.to_string();
                return;
            }
        };
        self.brokers.learn(topology.brokers);
        let count = topology.leaders.len();
        if self.partitions.len() < count {
            self.partitions.resize_with(count, Partition::default);
        }
        for (partition, leader) in self.partitions.iter_mut().zip(topology.leaders) {
            if leader.is_none() {
                self.trouble = "a partition has no leader".to_owned();
                self.leaders.want();
            }
            partition.leader = leader;
        }
    }

    /// What waits for a partition that the topic does not have. One that was
    /// added a moment ago not every broker may know.
    fn refuse_unknown(&mut self, now: Instant) {
        let Some((end, learned_at)) = now.checked_sub(UNKNOWN).zip(self.leaders.learned_at())
        else {
            return;
        };
        self.look_beyond();
        let end = end.min(learned_at);
        let queues = self.shared.queues.read();
        let beyond = queues.iter().enumerate().skip(self.partitions.len());
        for (partition, queue) in beyond {
            let mut queue = queue.lock();
            while let Some(gathered) = queue.pop_before(end) {
                let error = self.shared.unknown(partition as u32);
                gathered.refuse(&error, &self.shared.load);
            }
        }
    }

    /// Sends what is due to a broker, if it is free.
    fn send(&mut self, id: i32, now: Instant) {
        let Some(is_due) = self.brokers.take_due(id, now) else {
            return;
        };
        let is_again = |partition: &Partition| {
            partition.leader == Some(id) && partition.due().is_some_and(|at| at <= now)
        };
        if !is_due && !self.partitions.iter().any(is_again) {
            return;
        }
        if self.name.is_none() && !self.is_asking_name && self.needs_name(id) {
            self.is_asking_name = true;
            let question = init_producer_id(self.number());
            let patience = doubled(NAME, self.brokers.failures(id)).min(self.exchange_max());
            self.ask(id, Asked::Name, question.into(), now + patience);
        } else {
            self.store(id, now);
        }
    }

    /// Whether this broker is to be asked for a name: something waits for one,
    /// whoever leads its partition, and no other broker is in better health.
    fn needs_name(&self, id: i32) -> bool {
        let queues = self.shared.queues.read();
        let mut all = self.partitions.iter().zip(queues.iter());
        let waits = |(partition, queue): (&Partition, &Mutex<Queue>)| {
            !partition.has_name() && (!partition.is_idle() || !queue.lock().is_empty())
        };
        self.brokers.is_best(id) && all.any(waits)
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
        if has_more {
            self.brokers.due(id);
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
        let asking = self.brokers.ask(id, asked, question, deadline);
        self.exchanges.extend(asking);
    }

    fn take(&mut self, answered: Answered<Asked>) {
        let Answered {
            broker,
            address,
            asked,
            exchange,
        } = answered;
        let now = Instant::now();
        if matches!(asked, Asked::Name) {
            self.is_asking_name = false;
            self.brokers.all_due();
        }
        let (answer, link) = match exchange {
            Exchange::Answered(answer, link) => (answer, link),
            Exchange::Lost {
                maybe_asked,
                reason,
            } => {
                let reason = reason.to_string();
                return self.lost(broker, &address, asked, maybe_asked, &reason);
            }
        };
        let taken = match &asked {
            Asked::Name => self.named(&answer),
            Asked::Store(partitions) => self.stored(&answer, partitions, now),
        };
        match taken {
            Ok(()) => self.brokers.answered(broker, &address, link),
            Err(reason) => self.lost(broker, &address, asked, true, &reason),
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
            if Fault::of(said.code) == Fault::Elsewhere {
                self.leaders.want();
            }
        }
        // One of which nothing was said.
        for partition in asked {
            self.partitions[*partition as usize].lost(true, now);
        }
        Ok(())
    }

    fn lost(
        &mut self,
        broker: i32,
        (host, port): &Address,
        asked: Asked,
        maybe_asked: bool,
        reason: &str,
    ) {
        let now = Instant::now();
        CLIENT_ERRORS.count(&["producer"]).increment(1);
        if let Asked::Store(partitions) = asked {
            for partition in partitions {
                self.partitions[partition as usize].lost(maybe_asked, now);
            }
        }
        self.trouble = format!("{host}:{port}: {reason}");
        debug!(broker, self.trouble, "lost a broker");
        self.brokers.lost(broker, now);
        self.leaders.want();
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

/// The oldest batch; the lock does not outlive the call.
fn pop(queue: &Mutex<Queue>) -> Option<Gathered> {
    queue.lock().pop()
}
