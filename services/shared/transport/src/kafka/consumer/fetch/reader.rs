//! The thread that asks each broker for records, one request at a time.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, future::OptionFuture, stream::FuturesUnordered};
use metrics::{Counter, Gauge};
use rdkafka::types::RDKafkaErrorCode as Code;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, error};

use super::{
    Shared,
    protocol::{Limits, Wanted, fetch, read_fetched},
    records::{Fault, Unpacker},
};
use crate::{
    TransportError,
    kafka::wire::{
        brokers::{Answered, Asking, Brokers},
        leaders::{Ask, Leaders},
        link::Exchange,
        protocol::error_code,
        topology::Topology,
    },
    metrics as m,
};

/// How much is asked for at once: bytes as they lie in the log, where events
/// take an eighth of what they take here.
const LIMITS: Limits = Limits {
    wait_ms: 250,
    bytes: 1 << 20,
    partition_bytes: 256 * 1024,
};
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// After an answer with less than [`MUCH`] it is waited so long for company:
/// most of what a small fetch costs, here and in the broker, is the fetch.
const MOMENT: Duration = Duration::from_millis(5);
const MUCH: usize = 64 * 1024;

/// What was asked of a partition, and in which turn.
#[derive(Debug, Clone, Copy)]
struct Asked {
    wanted: Wanted,
    turn: u64,
}

pub(super) struct FetchLoop {
    shared: Arc<Shared>,
    brokers: Brokers,
    question: Leaders,
    /// Who leads each partition, as far as it is known.
    leaders: Vec<Option<i32>>,
    exchanges: FuturesUnordered<Asking<Vec<Asked>>>,
    /// The inbox was full when something could have been asked for.
    waits_for_room: bool,
    requests: i32,
    unpacker: Unpacker,
    consumed: Counter,
    buffered: Gauge,
}

impl FetchLoop {
    pub(super) fn new(shared: Arc<Shared>, ask: Ask) -> Self {
        Self {
            shared,
            brokers: Brokers::default(),
            question: Leaders::new(ask),
            leaders: Vec::new(),
            exchanges: FuturesUnordered::new(),
            waits_for_room: false,
            requests: 0,
            unpacker: Unpacker::default(),
            consumed: m::CONSUMED.count(&[]),
            buffered: m::BUFFERED.level(&[]),
        }
    }

    /// Reads until this way cannot be taken any more.
    pub(super) async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        loop {
            let timer = OptionFuture::from(self.wakes_at().map(sleep_until));
            tokio::select! {
                Some(answered) = self.exchanges.next() => {
                    if let Err(reason) = self.take(answered) {
                        *shared.given_up.lock() = Some(reason.to_owned());
                        return;
                    }
                }
                Some(found) = self.question.answer() => self.learn(found),
                () = shared.changed.notified() => self.brokers.all_due(),
                () = shared.inbox.room(), if self.waits_for_room => self.waits_for_room = false,
                Some(()) = timer => {}
            }
            let now = Instant::now();
            self.question.ask(now);
            if !self.waits_for_room {
                for id in self.brokers.ids() {
                    self.send(id, now);
                }
            }
        }
    }

    /// When something is due by itself.
    fn wakes_at(&self) -> Option<Instant> {
        // Without room nothing is asked for, rested or not.
        let rested = self.brokers.rested().filter(|_| !self.waits_for_room);
        rested.chain(self.question.due()).min()
    }

    fn learn(&mut self, found: Result<Topology, TransportError>) {
        match found {
            Ok(topology) => {
                self.brokers.learn(topology.brokers);
                self.leaders = topology.leaders;
                let is_led = |(partition, _)| {
                    let leader = self.leaders.get(partition as usize);
                    leader.copied().flatten().is_some()
                };
                if !self.shared.readings.lock().iter().all(is_led) {
                    self.question.want();
                }
            }
            Err(error) => debug!(%error, "who leads what is not known"),
        }
        self.brokers.all_due();
    }

    /// Asks a broker for what it leads, if it is free.
    fn send(&mut self, id: i32, now: Instant) {
        if self.brokers.take_due(id, now) != Some(true) {
            return;
        }
        let mut asked = self.wanted_of(id);
        if asked.is_empty() {
            return;
        }
        if !self.shared.inbox.has_room() {
            self.waits_for_room = true;
            self.brokers.due(id);
            return;
        }
        self.requests = self.requests.wrapping_add(1);
        // Begins elsewhere each time: a broker fills its answer from the first on.
        let first = self.requests.unsigned_abs() as usize % asked.len();
        asked.rotate_left(first);
        let wanted: Vec<Wanted> = asked.iter().map(|asked| asked.wanted).collect();
        let question = fetch(&self.shared.topic, &wanted, LIMITS, self.requests);
        let asking = self.brokers.ask(id, asked, question, now + PATIENCE);
        self.exchanges.extend(asking);
    }

    /// What is to be read of the partitions that a broker leads.
    fn wanted_of(&mut self, id: i32) -> Vec<Asked> {
        let mut asked = Vec::new();
        for (partition, reading) in self.shared.readings.lock().iter() {
            match self.leaders.get(partition as usize) {
                Some(Some(leader)) if *leader != id => {}
                Some(Some(_)) if reading.is_paused || reading.is_out_of_range => {}
                Some(Some(_)) => asked.push(Asked {
                    wanted: Wanted {
                        partition,
                        next: reading.next,
                    },
                    turn: reading.turn,
                }),
                Some(None) | None => self.question.want(),
            }
        }
        asked
    }

    /// # Errors
    /// Why this way cannot be taken any more.
    fn take(&mut self, answered: Answered<Vec<Asked>>) -> Result<(), &'static str> {
        let Answered {
            broker,
            address,
            asked,
            exchange,
        } = answered;
        let (answer, link) = match exchange {
            Exchange::Answered(answer, link) => (Bytes::from(answer), link),
            Exchange::Lost { reason, .. } => {
                self.lost(broker, &reason.to_string());
                return Ok(());
            }
        };
        let fetched = match read_fetched(&answer) {
            Ok(Ok(fetched)) => fetched,
            Ok(Err(code)) if error_code(code) == Code::UnsupportedVersion => {
                return Err("a broker does not know Fetch in version 11");
            }
            Ok(Err(code)) => {
                self.lost(broker, &error_code(code).to_string());
                return Ok(());
            }
            Err(garbled) => {
                self.lost(broker, &garbled.to_string());
                return Ok(());
            }
        };
        let asked: BTreeMap<u32, Asked> = asked
            .into_iter()
            .map(|asked| (asked.wanted.partition, asked))
            .collect();
        for one in fetched {
            let Some(asked) = asked.get(&one.partition) else {
                continue;
            };
            match error_code(one.code) {
                Code::NoError => self.deliver(&answer, one.batches, asked)?,
                Code::OffsetOutOfRange => self.out_of_range(asked),
                code => self.look_elsewhere(one.partition, &code.to_string()),
            }
        }
        self.brokers.answered(broker, &address, link);
        if answer.len() < MUCH {
            self.brokers.rest(broker, Instant::now() + MOMENT);
        } else {
            self.brokers.due(broker);
        }
        Ok(())
    }

    /// Puts what came of a partition into the inbox, unless it is wanted no more.
    fn deliver(
        &mut self,
        answer: &Bytes,
        batches: Range<usize>,
        asked: &Asked,
    ) -> Result<(), &'static str> {
        if batches.is_empty() {
            return Ok(());
        }
        let Wanted { partition, next } = asked.wanted;
        let mut deliveries = Vec::new();
        let read = self
            .unpacker
            .read(answer.slice(batches), partition, next, &mut deliveries);
        let next = match read {
            Ok(next) => next,
            Err(Fault::Unknown(form)) => return Err(form),
            Err(Fault::Damaged) => {
                error!(
                    partition,
                    next, "a batch of the log is damaged, asking again"
                );
                self.look_elsewhere(partition, "damaged batch");
                return Ok(());
            }
        };
        let mut readings = self.shared.readings.lock();
        if let Some(reading) = readings.get_mut(partition)
            && reading.turn == asked.turn
            && !reading.is_paused
        {
            reading.next = next;
            self.consumed.increment(deliveries.len() as u64);
            self.shared.inbox.push(deliveries);
            self.buffered.set(self.shared.inbox.len() as f64);
        }
        Ok(())
    }

    fn out_of_range(&mut self, asked: &Asked) {
        let mut readings = self.shared.readings.lock();
        if let Some(reading) = readings.get_mut(asked.wanted.partition)
            && reading.turn == asked.turn
        {
            reading.is_out_of_range = true;
            self.shared.is_out_of_range.store(true, Ordering::Release);
        }
    }

    /// A broker has no records of this partition for us now; who has is asked.
    fn look_elsewhere(&mut self, partition: u32, reason: &str) {
        debug!(partition, reason, "who leads the partition is asked again");
        m::CLIENT_ERRORS.count(&["consumer"]).increment(1);
        if let Some(leader) = self.leaders.get_mut(partition as usize) {
            *leader = None;
        }
        self.question.want();
    }

    fn lost(&mut self, broker: i32, reason: &str) {
        debug!(broker, reason, "a fetch was lost");
        m::CLIENT_ERRORS.count(&["consumer"]).increment(1);
        self.brokers.lost(broker, Instant::now());
        self.question.want();
    }
}
