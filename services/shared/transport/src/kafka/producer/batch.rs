use std::{
    ffi::c_void,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;
use rdkafka::util::IntoOpaque;
use tokio::sync::{Notify, oneshot};

use crate::{Position, Record, TransportError};

/// What became of one record.
pub(super) type Answer = Result<Position, TransportError>;

/// Records of one request and the answers that have come.
///
/// One allocation a request: each record in flight holds a [`Ticket`], which is
/// this batch and the record's place in it in one pointer.
#[derive(Debug)]
pub(super) struct Batch {
    state: Mutex<State>,
    load: Arc<Load>,
}

#[derive(Debug)]
struct State {
    answers: Vec<Option<Answer>>,
    open: usize,
    done: Option<oneshot::Sender<()>>,
}

/// What is in flight in the whole producer.
#[derive(Debug, Default)]
pub(super) struct Load {
    records: AtomicUsize,
    bytes: AtomicUsize,
    /// Those of the records that the client library has.
    handed_over: AtomicUsize,
    /// One of the counts of records has come to nothing.
    all_answered: Notify,
}

/// Most records in one batch: what fits beside the pointer.
pub(super) const RECORDS_MAX: usize = 1 << INDEX_BITS;

const INDEX_BITS: usize = 16;
/// User space ends below this on every 64-bit platform in use.
const ADDRESS_BITS: usize = 48;
const ADDRESS_MASK: usize = (1 << ADDRESS_BITS) - 1;

impl Batch {
    /// A batch of `records` (at most [`RECORDS_MAX`]) and what tells that all
    /// are answered.
    pub(super) fn new(
        records: usize,
        load: Arc<Load>,
    ) -> Result<(Arc<Self>, oneshot::Receiver<()>), TransportError> {
        let (done, all_answered) = oneshot::channel();
        let state = State {
            answers: vec![None; records],
            open: records,
            done: Some(done),
        };
        let batch = Arc::new(Self {
            state: Mutex::new(state),
            load,
        });
        if Arc::as_ptr(&batch).addr() > ADDRESS_MASK || records > RECORDS_MAX {
            return Err(TransportError::Unsupported("addresses beyond 48 bits"));
        }
        Ok((batch, all_answered))
    }

    /// The ticket of the record at `index`, which must be answered.
    pub(super) fn ticket(self: &Arc<Self>, index: usize) -> Ticket {
        // `new` limits a batch to what fits.
        Ticket {
            batch: Arc::clone(self),
            index: index as u16,
        }
    }

    /// Answers records, each by its index.
    pub(super) fn fill(&self, answers: impl Iterator<Item = (usize, Answer)>) {
        let mut state = self.state.lock();
        for (index, answer) in answers {
            let Some(slot) = state.answers.get_mut(index) else {
                continue;
            };
            if slot.replace(answer).is_none() {
                state.open -= 1;
            }
        }
        if state.open == 0
            && let Some(done) = state.done.take()
        {
            // The request may have gone.
            let _ = done.send(());
        }
    }

    /// The answers so far; records without one are unconfirmed.
    pub(super) fn take(&self) -> Vec<Answer> {
        let mut state = self.state.lock();
        let unanswered = || {
            Err(TransportError::Unconfirmed(
                "no answer from the client".into(),
            ))
        };
        state
            .answers
            .iter_mut()
            .map(|slot| slot.take().unwrap_or_else(unanswered))
            .collect()
    }
}

impl Load {
    pub(super) fn records(&self) -> usize {
        self.records.load(Ordering::Relaxed)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Counts records that are in flight from now on, with so many bytes.
    pub(super) fn begin(&self, records: usize, bytes: usize) {
        self.records.fetch_add(records, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts records, of those in flight, that the library is given now.
    pub(super) fn hand_over(&self, records: usize) {
        self.handed_over.fetch_add(records, Ordering::Relaxed);
    }

    /// Returns when the library has answered all that it was given.
    pub(super) async fn answered(&self) {
        self.none_of(&self.handed_over).await;
    }

    /// Returns when nothing is in flight.
    pub(super) async fn emptied(&self) {
        self.none_of(&self.records).await;
    }

    async fn none_of(&self, count: &AtomicUsize) {
        loop {
            // Before looking: what happens after this line wakes it.
            let changed = self.all_answered.notified();
            if count.load(Ordering::Acquire) == 0 {
                return;
            }
            changed.await;
        }
    }

    fn end(&self, records: usize, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        if self.records.fetch_sub(records, Ordering::AcqRel) == records {
            self.all_answered.notify_waiters();
        }
    }

    /// Answers records that did not go to the library, each by its place among
    /// `tickets`. `bytes` as at [`Load::begin`].
    pub(super) fn answer(
        &self,
        tickets: &[Ticket],
        bytes: usize,
        answer: impl Fn(usize) -> Answer,
    ) {
        self.end(tickets.len(), bytes);
        let mut place = 0;
        // Those of one request stand together: one lock for all of them.
        for same in tickets.chunk_by(|one, next| Arc::ptr_eq(&one.batch, &next.batch)) {
            let answers = same.iter().zip(place..);
            let answers = answers.map(|(ticket, place)| (ticket.index(), answer(place)));
            same[0].batch.fill(answers);
            place += same.len();
        }
    }

    /// Counts a record that the library has answered, of those handed over.
    fn give_back(&self) {
        if self.handed_over.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.all_answered.notify_waiters();
        }
    }
}

/// What a record counts for in [`Load`], in bytes.
pub(super) fn weigh(record: &Record) -> usize {
    record.key.len() + record.payload.len()
}

/// A record's place in its batch, carried to where it is stored.
#[derive(Debug)]
pub(super) struct Ticket {
    batch: Arc<Batch>,
    index: u16,
}

impl Ticket {
    /// Answers a record that was handed over to the library. `bytes` as at
    /// [`Load::begin`].
    pub(super) fn answer(self, bytes: usize, answer: Answer) {
        self.batch.load.end(1, bytes);
        self.batch.load.give_back();
        self.batch.fill([(self.index(), answer)].into_iter());
    }

    fn index(&self) -> usize {
        usize::from(self.index)
    }
}

impl IntoOpaque for Ticket {
    fn into_ptr(self) -> *mut c_void {
        let index = usize::from(self.index) << ADDRESS_BITS;
        let pointer = Arc::into_raw(self.batch).map_addr(|address| address | index);
        pointer.cast_mut().cast()
    }

    unsafe fn from_ptr(pointer: *mut c_void) -> Self {
        let index = (pointer.addr() >> ADDRESS_BITS) as u16;
        let batch: *const Batch = pointer.map_addr(|address| address & ADDRESS_MASK).cast();
        // SAFETY: made by `into_ptr` from `Arc::into_raw` and turned back once,
        // by the trait's contract; `Batch::new` made sure that the address left
        // the upper bits free, so masking restores it.
        let batch = unsafe { Arc::from_raw(batch) };
        Self { batch, index }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_survives_the_way_through_a_pointer() {
        let load = Arc::new(Load::default());
        let (batch, mut done) = Batch::new(3, Arc::clone(&load)).unwrap();
        let pointers: Vec<_> = [2, 0, 1]
            .into_iter()
            .map(|index| batch.ticket(index).into_ptr())
            .collect();
        load.begin(3, 30);
        assert_eq!((load.records(), load.bytes()), (3, 30));
        load.hand_over(3);
        for (offset, pointer) in pointers.into_iter().enumerate() {
            // SAFETY: each pointer comes from `into_ptr` and is used once.
            let ticket = unsafe { Ticket::from_ptr(pointer) };
            ticket.answer(10, Ok(Position::new(0, offset as u64)));
        }
        assert!(done.try_recv().is_ok());
        let offsets: Vec<u64> = batch
            .take()
            .into_iter()
            .map(|answer| answer.unwrap().offset)
            .collect();
        assert_eq!(offsets, [1, 2, 0]);
        assert_eq!((load.records(), load.bytes()), (0, 0));
        assert_eq!(Arc::strong_count(&batch), 1);
    }

    #[test]
    fn what_was_not_answered_is_unknown() {
        let (batch, _done) = Batch::new(1, Arc::default()).unwrap();
        assert!(batch.take()[0].as_ref().unwrap_err().is_outcome_unknown());
    }

    #[test]
    fn a_full_batch_keeps_the_last_index() {
        let (batch, _done) = Batch::new(RECORDS_MAX, Arc::default()).unwrap();
        let pointer = batch.ticket(RECORDS_MAX - 1).into_ptr();
        // SAFETY: from `into_ptr`, used once.
        let ticket = unsafe { Ticket::from_ptr(pointer) };
        assert_eq!(usize::from(ticket.index), RECORDS_MAX - 1);
    }
}
