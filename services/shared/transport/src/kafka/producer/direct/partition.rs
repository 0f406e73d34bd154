//! What is known of a partition while its batches are on their way: at most one
//! is, which keeps the order of its records, and it is sent again byte for byte
//! until its fate is known, which keeps it from being stored twice.

use std::{mem, ops::Range, time::Duration};

use bytes::Bytes;
use rdkafka::types::RDKafkaErrorCode as Code;
use tokio::time::Instant;

use super::{
    super::batch::{Answer, Load, Ticket},
    batch::{Writer, stamp},
    queue::Gathered,
};
use crate::{
    Position, TransportError,
    kafka::{
        error::translate_delivery,
        wire::{brokers::rest, protocol::error_code},
    },
};

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
    /// The broker does not lead the partition. It may have when it took the batch,
    /// and lost it while it waited for its replicas.
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
            Code::NotEnoughReplicas | Code::ThrottlingQuotaExceeded => Self::Later,
            Code::RequestTimedOut
            | Code::NotEnoughReplicasAfterAppend
            | Code::KafkaStorageError
            | Code::NetworkException
            | Code::DuplicateSequenceNumber
            | Code::Unknown => Self::Unclear,
            Code::OutOfOrderSequenceNumber
            | Code::UnknownProducerId
            | Code::InvalidProducerEpoch
            | Code::ProducerFenced => Self::Numbering,
            _ => Self::Final,
        }
    }
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

    /// Whether its batches can be numbered without a new name.
    pub(super) fn has_name(&self) -> bool {
        self.writer.is_some()
    }

    /// Numbers a batch, and stamps its bytes where that is needed. `fresh` is a
    /// name that it has not used; without one it must have its own.
    pub(super) fn number(&mut self, sealed: &mut Sealed, bytes: &mut [u8], fresh: Option<Writer>) {
        if self.writer.is_none() {
            self.writer = fresh;
            self.next = 0;
        }
        let Some(writer) = self.writer.filter(|own| sealed.stamped != Some(*own)) else {
            return;
        };
        stamp(bytes, writer, self.next);
        sealed.stamped = self.writer;
        // Numbers begin again at 0, as with the brokers.
        self.next = self.next.wrapping_add(sealed.tickets.len() as i32) & i32::MAX;
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
            Fault::Later => self.rest(sealed, now),
            Fault::Elsewhere | Fault::Unclear => {
                sealed.maybe_stored = true;
                self.rest(sealed, now);
            }
            // Under another number it could be stored a second time.
            Fault::Numbering if !sealed.maybe_stored => {
                self.writer = None;
                self.rest(sealed, now);
            }
            Fault::Numbering | Fault::Final => {
                let error = match error_code(code) {
                    code if sealed.maybe_stored => TransportError::Unconfirmed(code.to_string()),
                    code => translate_delivery(code, false),
                };
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

    fn rest(&mut self, mut sealed: Sealed, now: Instant) {
        // Not the whole request that it was part of.
        sealed.batch = Bytes::copy_from_slice(&sealed.batch);
        let until = now + rest(sealed.tries - 1);
        self.state = State::Resting(sealed, until);
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
        load.answer(&self.tickets, self.weight, answer);
    }

    fn refuse(self, error: &TransportError, load: &Load) {
        self.answer(|_| Err(error.clone()), load);
    }

    /// Answers its records; the batch itself stays.
    fn give_up(&mut self, trouble: &str, load: &Load) {
        let error = if self.maybe_stored {
            TransportError::Unconfirmed(trouble.to_owned())
        } else {
            TransportError::Unavailable(trouble.to_owned())
        };
        let (tickets, weight) = (mem::take(&mut self.tickets), mem::take(&mut self.weight));
        load.answer(&tickets, weight, |_| Err(error.clone()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::oneshot;

    use super::*;
    use crate::kafka::{producer::batch::Batch, wire::brokers::REST_MAX};

    const NOT_LEADER: i16 = 6;
    const TIMED_OUT: i16 = 7;
    const NO_RIGHTS: i16 = 29;
    const OUT_OF_ORDER: i16 = 45;
    const ONE: Writer = Writer { id: 1, epoch: 0 };
    const TWO: Writer = Writer { id: 2, epoch: 0 };

    /// A partition, its bytes on the wire, and what is in flight.
    struct Stage {
        partition: Partition,
        load: Arc<Load>,
        now: Instant,
        answers: Vec<(Arc<Batch>, oneshot::Receiver<()>)>,
    }

    impl Stage {
        fn new() -> Self {
            Self {
                partition: Partition::default(),
                load: Arc::default(),
                now: Instant::now(),
                answers: Vec::new(),
            }
        }

        /// A batch of `count` records, to be answered within 3 s.
        fn batch(&mut self, count: usize) -> Sealed {
            let (batch, done) = Batch::new(count, Arc::clone(&self.load)).unwrap();
            self.load.begin(count, 0);
            let gathered = Gathered {
                records: Vec::new(),
                tickets: (0..count).map(|index| batch.ticket(index)).collect(),
                weight: 0,
                since: self.now,
            };
            self.answers.push((batch, done));
            Sealed::new(gathered, Duration::from_secs(3)).0
        }

        /// Sends a batch; the name and the first number it is sent under.
        fn send(&mut self, mut sealed: Sealed, fresh: Writer) -> (i64, i32) {
            let mut bytes = match sealed.bytes() {
                [] => vec![0; 61],
                again => again.to_vec(),
            };
            self.partition.number(&mut sealed, &mut bytes, Some(fresh));
            let name = i64::from_be_bytes(bytes[43..51].try_into().unwrap());
            let number = i32::from_be_bytes(bytes[53..57].try_into().unwrap());
            self.partition.send(sealed, &bytes.into(), 0..61);
            (name, number)
        }

        fn send_new(&mut self, count: usize, fresh: Writer) -> (i64, i32) {
            let sealed = self.batch(count);
            self.send(sealed, fresh)
        }

        fn send_again(&mut self, fresh: Writer) -> (i64, i32) {
            self.now += REST_MAX;
            let sealed = self.partition.rested(self.now).expect("a batch at rest");
            self.send(sealed, fresh)
        }

        fn fail(&mut self, code: i16) -> bool {
            self.partition.failed(code, self.now, &self.load)
        }

        fn expire(&mut self) -> bool {
            self.now += Duration::from_secs(3);
            self.partition.expire(self.now, "in vain", &self.load)
        }

        /// The answer to the last batch that was made.
        fn answer(&mut self) -> Answer {
            let (batch, mut done) = self.answers.pop().unwrap();
            done.try_recv().expect("answered");
            batch.take().remove(0)
        }
    }

    #[test]
    fn batches_are_numbered_one_after_the_other_and_again_from_nought() {
        let mut stage = Stage::new();
        assert_eq!(stage.send_new(3, ONE), (1, 0));
        stage.partition.stored(5, 70, &stage.load);
        assert_eq!(stage.answer(), Ok(Position::new(5, 70)));
        assert_eq!(stage.send_new(2, TWO), (1, 3), "under the same name");
        stage.partition.stored(5, 73, &stage.load);
        stage.partition.next = i32::MAX;
        assert_eq!(stage.send_new(2, ONE), (1, i32::MAX));
        stage.partition.stored(5, 75, &stage.load);
        assert_eq!(stage.send_new(1, ONE), (1, 1));
    }

    #[test]
    fn a_batch_is_sent_again_under_its_number() {
        let mut stage = Stage::new();
        let first = stage.send_new(2, ONE);
        for code in [NOT_LEADER, TIMED_OUT] {
            assert!(!stage.fail(code));
            assert!(!stage.partition.is_idle());
            assert_eq!(stage.send_again(TWO), first);
        }
        stage.partition.lost(true, stage.now);
        assert_eq!(stage.send_again(TWO), first);
    }

    #[test]
    fn after_one_that_was_given_up_comes_a_new_name() {
        let mut stage = Stage::new();
        stage.send_new(2, ONE);
        stage.partition.lost(true, stage.now);
        assert!(stage.expire());
        assert!(stage.answer().unwrap_err().is_outcome_unknown());
        assert_eq!(stage.send_new(2, TWO), (2, 0));

        // Given up under way: its number is not known before its request ends.
        assert!(!stage.expire());
        assert!(stage.answer().unwrap_err().is_outcome_unknown());
        assert!(!stage.partition.is_idle());
        stage.partition.stored(0, 9, &stage.load);
        assert_eq!(stage.send_new(2, ONE), (2, 2), "it was stored after all");
        assert!(!stage.expire());
        stage.partition.lost(true, stage.now);
        assert!(stage.expire());
        assert_eq!(stage.send_new(1, ONE), (1, 0), "its fate is not known");
        assert_eq!(stage.load.records(), 1);
    }

    #[test]
    fn what_may_be_stored_is_never_told_as_not_stored_nor_numbered_anew() {
        for perhaps in [NOT_LEADER, TIMED_OUT] {
            for end in [NO_RIGHTS, OUT_OF_ORDER] {
                let mut stage = Stage::new();
                stage.send_new(2, ONE);
                stage.fail(perhaps);
                stage.send_again(ONE);
                assert!(stage.fail(end));
                let answer = stage.answer().unwrap_err();
                assert!(answer.is_outcome_unknown(), "{perhaps} {end}: {answer}");
            }
            let mut stage = Stage::new();
            stage.send_new(2, ONE);
            stage.fail(perhaps);
            assert!(stage.expire());
            assert!(stage.answer().unwrap_err().is_outcome_unknown());
        }
    }

    #[test]
    fn what_is_not_stored_is_numbered_anew_or_refused() {
        let mut stage = Stage::new();
        stage.send_new(2, ONE);
        assert!(stage.fail(OUT_OF_ORDER), "needs a name");
        assert_eq!(stage.send_again(TWO), (2, 0));
        assert!(stage.fail(NO_RIGHTS));
        let answer = stage.answer().unwrap_err();
        assert!(matches!(answer, TransportError::Refused(_)), "{answer}");
    }

    #[test]
    fn one_that_never_left_is_not_stored() {
        let mut stage = Stage::new();
        stage.send_new(2, ONE);
        stage.partition.lost(false, stage.now);
        assert!(stage.expire());
        let answer = stage.answer().unwrap_err();
        assert!(!answer.is_outcome_unknown(), "{answer}");
    }
}
