//! What is known of a partition while its batches are on their way: at most one
//! is, which keeps the order of its records, and it is sent again byte for byte
//! until its fate is known, which keeps it from being stored twice.

use std::{mem, ops::Range, time::Duration};

use bytes::Bytes;
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka_sys::rd_kafka_resp_err_t;
use tokio::time::Instant;

use super::{
    super::batch::{Answer, Load, Ticket, fill_all},
    batch::{Writer, stamp},
    queue::Gathered,
};
use crate::{Position, TransportError, kafka::error::translate_delivery};

/// How long a batch rests before it is sent again, the first time and at most.
const REST: Duration = Duration::from_millis(50);
const REST_MAX: Duration = Duration::from_millis(500);

/// A batch that is to be stored.
#[derive(Debug)]
pub(super) struct Sealed {
    batch: Bytes,
    stamped: Option<Writer>,
    tickets: Vec<Ticket>,
    weight: usize,
    pub(super) deadline: Instant,
    /// A request with it left and was not answered with a no.
    maybe_stored: bool,
    tries: u32,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Idle,
    /// In a request.
    UnderWay(Sealed),
    /// To be sent again.
    Resting(Sealed, Instant),
}

/// One partition of the topic.
#[derive(Debug, Default)]
pub(super) struct Partition {
    /// The broker that leads it, if any does.
    pub(super) leader: Option<i32>,
    state: State,
    /// The name under which its batches are numbered. `None` after one was given
    /// up: whether its number is taken is not known.
    writer: Option<Writer>,
    next: i32,
}

/// What an error of a broker means for a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Not stored, because the broker does not lead the partition.
    Elsewhere,
    /// Not stored, and may be the next time.
    Later,
    /// Perhaps stored; sent again, it is stored once.
    Unclear,
    /// The numbering does not agree with what the broker knows.
    Numbering,
    /// Not stored, and never will be.
    Final,
}

impl Fault {
    /// What Kafka's error `code` means for a batch of an idempotent producer.
    pub(super) fn of(code: i16) -> Self {
        match error_code(code) {
            Code::NotLeaderForPartition
            | Code::LeaderNotAvailable
            | Code::UnknownTopicOrPartition
            | Code::FencedLeaderEpoch
            | Code::UnknownLeaderEpoch => Self::Elsewhere,
            Code::NotEnoughReplicas | Code::KafkaStorageError | Code::ThrottlingQuotaExceeded => {
                Self::Later
            }
            Code::RequestTimedOut
            | Code::NotEnoughReplicasAfterAppend
            | Code::NetworkException
            | Code::Unknown => Self::Unclear,
            Code::OutOfOrderSequenceNumber
            | Code::DuplicateSequenceNumber
            | Code::UnknownProducerId
            | Code::InvalidProducerEpoch
            | Code::ProducerFenced => Self::Numbering,
            _ => Self::Final,
        }
    }
}

/// Kafka's error as the client library names it.
pub(super) fn error_code(code: i16) -> Code {
    rd_kafka_resp_err_t::try_from(i32::from(code)).map_or(Code::Unknown, Code::from)
}

impl Partition {
    /// Whether a new batch may be taken from the queue.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// When its batch is sent again.
    pub(super) fn due(&self) -> Option<Instant> {
        match &self.state {
            State::Resting(_, at) => Some(*at),
            State::Idle | State::UnderWay(_) => None,
        }
    }

    /// The batch to be sent again, if it is due.
    pub(super) fn rested(&mut self, now: Instant) -> Option<Sealed> {
        match mem::take(&mut self.state) {
            State::Resting(sealed, at) if at <= now => Some(sealed),
            state => {
                self.state = state;
                None
            }
        }
    }

    /// Numbers a batch, and stamps its bytes where that is needed.
    pub(super) fn number(&mut self, sealed: &mut Sealed, bytes: &mut [u8], fresh: Writer) {
        let is_numbered = self.writer.is_some() && sealed.stamped == self.writer;
        if is_numbered {
            return;
        }
        let count = sealed.tickets.len() as i32;
        // Numbers are never used up: a new name begins at 0.
        let (writer, first) = match self.writer {
            Some(writer) if self.next.checked_add(count).is_some() => (writer, self.next),
            _ => (fresh, 0),
        };
        stamp(bytes, writer, first);
        self.writer = Some(writer);
        self.next = first + count;
        sealed.stamped = self.writer;
    }

    /// The batch is in a request, `range` of which is its bytes.
    pub(super) fn send(&mut self, mut sealed: Sealed, request: &Bytes, range: Range<usize>) {
        sealed.batch = request.slice(range);
        sealed.tries += 1;
        self.state = State::UnderWay(sealed);
    }

    /// The batch under way is stored from `offset` on.
    pub(super) fn stored(&mut self, partition: u32, offset: u64, load: &Load) {
        if let Some(sealed) = self.arrived() {
            let answer = |index: usize| Ok(Position::new(partition, offset + index as u64));
            sealed.answer(answer, load);
        }
    }

    /// The request was lost.
    pub(super) fn lost(&mut self, maybe_asked: bool, now: Instant) {
        if let Some(mut sealed) = self.arrived() {
            sealed.maybe_stored |= maybe_asked;
            self.rest(sealed, now);
        }
    }

    /// The broker answered with an error. True when the partition needs a new
    /// name to be numbered under.
    pub(super) fn failed(&mut self, code: i16, now: Instant, load: &Load) -> bool {
        let Some(mut sealed) = self.arrived() else {
            return false;
        };
        match Fault::of(code) {
            Fault::Elsewhere | Fault::Later => self.rest(sealed, now),
            Fault::Unclear => {
                sealed.maybe_stored = true;
                self.rest(sealed, now);
            }
            // Under another number it could be stored a second time.
            Fault::Numbering if !sealed.maybe_stored => {
                self.writer = None;
                self.rest(sealed, now);
            }
            Fault::Numbering | Fault::Final => {
                let error = translate_delivery(error_code(code), sealed.maybe_stored);
                self.writer = None;
                sealed.refuse(&error, load);
            }
        }
        self.writer.is_none()
    }

    /// Answers what has waited too long. True when the partition needs a new
    /// name to be numbered under.
    pub(super) fn expire(&mut self, now: Instant, trouble: &str, load: &Load) -> bool {
        match mem::take(&mut self.state) {
            State::Resting(mut sealed, _) if sealed.deadline <= now => {
                self.writer = None;
                sealed.give_up(trouble, load);
                return true;
            }
            State::UnderWay(mut sealed) if sealed.deadline <= now => {
                // Its request goes on: what is answered to it is of use for the
                // number, and the batches behind it wait for that.
                sealed.maybe_stored = true;
                sealed.give_up(trouble, load);
                self.state = State::UnderWay(sealed);
            }
            state => self.state = state,
        }
        false
    }

    /// The batch under way, whose request has ended.
    fn arrived(&mut self) -> Option<Sealed> {
        match mem::take(&mut self.state) {
            State::UnderWay(sealed) => Some(sealed),
            state => {
                self.state = state;
                None
            }
        }
    }

    fn rest(&mut self, sealed: Sealed, now: Instant) {
        let rest = REST * 2_u32.saturating_pow(sealed.tries.min(5) - 1);
        self.state = State::Resting(sealed, now + rest.min(REST_MAX));
    }
}

impl Sealed {
    /// A batch of what was gathered, and the buffer of its records.
    pub(super) fn new(gathered: Gathered, patience: Duration) -> (Self, Vec<u8>) {
        let sealed = Self {
            batch: Bytes::new(),
            stamped: None,
            tickets: gathered.tickets,
            weight: gathered.weight,
            deadline: gathered.since + patience,
            maybe_stored: false,
            tries: 0,
        };
        (sealed, gathered.records)
    }

    pub(super) fn records(&self) -> usize {
        self.tickets.len()
    }

    /// As it was sent.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.batch
    }

    fn answer(self, answer: impl Fn(usize) -> Answer, load: &Load) {
        load.end(self.tickets.len(), self.weight);
        fill_all(&self.tickets, answer);
    }

    pub(super) fn refuse(self, error: &TransportError, load: &Load) {
        self.answer(|_| Err(error.clone()), load);
    }

    /// Answers its records; the batch itself stays.
    fn give_up(&mut self, trouble: &str, load: &Load) {
        let error = if self.maybe_stored {
            TransportError::Unconfirmed(trouble.to_owned())
        } else {
            TransportError::Unavailable(trouble.to_owned())
        };
        load.end(self.tickets.len(), mem::take(&mut self.weight));
        fill_all(&mem::take(&mut self.tickets), |_| Err(error.clone()));
    }
}
