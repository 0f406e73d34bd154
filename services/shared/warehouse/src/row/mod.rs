//! One row of the events table, as the consumer builds it and the encoder
//! writes it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use event_schema::envelope::Member;
use event_schema::hot::{HOT, index_of};
use event_schema::ids::{ProjectId, person_id};
use event_schema::property::{self, Stored};
use uuid::Uuid;

mod properties;

/// Bytes of text that a row takes beside its record's, most often.
const BESIDE_EXPECTED: usize = 64;

/// A place in the log: which record a row came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogPosition {
    /// Partition, from 0.
    pub partition: u32,
    /// Offset within the partition, from 0.
    pub offset: u64,
}

/// A piece of a row's text: of its record, or of what lies beside it.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u32,
    len: u32,
}

impl Span {
    /// The bit of `start` that says beside. A record is far below 2 GiB.
    const BESIDE: u32 = 1 << 31;
}

/// An event ready to be stored: what is asked of it on the way, and its content,
/// which is read when it is made and when it is encoded. So rows that are moved
/// and looked through lie close to each other.
#[derive(Clone)]
pub struct EventRow {
    /// The project, from the credential.
    pub project_id: ProjectId,
    /// With project and `distinct_id` the event's identity.
    pub uuid: Uuid,
    /// Hash of project and `distinct_id` ([`person_id`]).
    pub person_id: u64,
    /// The event's own time, milliseconds since the epoch.
    pub timestamp: i64,
    /// When capture received it, milliseconds since the epoch.
    pub received_at: i64,
    /// Milliseconds from the time of sending, where the client gave one, to
    /// [`Self::received_at`]: by so much its clock's correction may have moved
    /// the event's time. Not stored.
    pub sent_before: i64,
    /// Milliseconds from [`Self::received_at`] to the log's append; negative
    /// when the two clocks disagree.
    pub append_delay: i32,
    /// When the consumer took it, milliseconds since the epoch.
    pub arrived_at: i64,
    /// The log it was read from.
    pub log_id: Arc<str>,
    /// Where it stands in that log.
    pub position: LogPosition,
    /// The claim it is written under; 0 is refused by the table.
    pub claim: u64,
    content: Box<Content>,
}

/// A row's text. What stands in the record as it is stored, which is nearly
/// all, is not copied; the rest lies in one buffer.
#[derive(Clone)]
struct Content {
    record: Bytes,
    beside: String,
    event: Span,
    distinct_id: Span,
    derived_mask: u64,
    /// Bit `i`: hot column `i` has a text.
    hot_mask: u64,
    hot: [Span; HOT.len()],
    props: Vec<(Span, Span)>,
    restore: Vec<(Span, Span)>,
}

impl EventRow {
    /// A row without properties. Times other than `timestamp`, the position
    /// and the claim are 0 until set.
    #[must_use]
    pub fn new(
        project_id: ProjectId,
        uuid: Uuid,
        event: &str,
        distinct_id: &str,
        timestamp: i64,
    ) -> Self {
        Self::of_record(
            Bytes::new(),
            project_id,
            uuid,
            event,
            distinct_id,
            timestamp,
        )
    }

    /// The same of an event that stands in `record`: texts that are parts of its
    /// memory, these and those of properties, are kept as such, uncopied.
    #[must_use]
    pub fn of_record(
        record: Bytes,
        project_id: ProjectId,
        uuid: Uuid,
        event: &str,
        distinct_id: &str,
        timestamp: i64,
    ) -> Self {
        let person_id = person_id(project_id, distinct_id);
        let mut content = Box::new(Content {
            record,
            beside: String::new(),
            event: Span::default(),
            distinct_id: Span::default(),
            derived_mask: 0,
            hot_mask: 0,
            hot: [Span::default(); HOT.len()],
            props: Vec::new(),
            restore: Vec::new(),
        });
        content.event = content.keep(event);
        content.distinct_id = content.keep(distinct_id);
        Self {
            project_id,
            uuid,
            person_id,
            timestamp,
            received_at: 0,
            sent_before: 0,
            append_delay: 0,
            arrived_at: 0,
            log_id: Arc::default(),
            position: LogPosition {
                partition: 0,
                offset: 0,
            },
            claim: 0,
            content,
        }
    }

    /// The event's name.
    #[must_use]
    pub fn event(&self) -> &str {
        self.content.text(self.content.event)
    }

    /// The person's id as sent.
    #[must_use]
    pub fn distinct_id(&self) -> &str {
        self.content.text(self.content.distinct_id)
    }

    /// Bit `i`: hot column `i` was derived, not sent.
    #[must_use]
    pub const fn derived_mask(&self) -> u64 {
        self.content.derived_mask
    }

    /// The text of hot column `index`, sent or derived.
    #[must_use]
    pub fn hot(&self, index: usize) -> Option<&str> {
        let span = *self.content.hot.get(index)?;
        let is_set = self.content.hot_mask >> index & 1 == 1;
        is_set.then(|| self.content.text(span))
    }

    /// The text of the hot property of that name, sent or derived.
    #[must_use]
    pub fn hot_property(&self, property: &str) -> Option<&str> {
        index_of(property).and_then(|index| self.hot(index))
    }

    /// The text of a property that has no column of its own. Linear in their
    /// number.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        let is_it = |(found, _): &&(Span, Span)| self.content.bytes(*found) == name.as_bytes();
        let found = self.content.props.iter().find(is_it);
        found.map(|(_, value)| self.content.text(*value))
    }

    /// Properties without a column of their own, as name and text.
    pub fn props(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.content.texts(&self.content.props)
    }

    /// What restores values that their text alone does not, by name.
    pub fn restore(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.content.texts(&self.content.restore)
    }

    /// What the encoder writes of a row's text: the event's name, the person's
    /// id, the hot columns that are set, properties, and what restores them.
    pub(crate) fn bytes(&self) -> RowBytes<'_> {
        RowBytes(&self.content)
    }

    /// Adds hot property `index` as derived by us, unless it has a value.
    pub fn derive_hot(&mut self, index: usize, text: &str) {
        if self.is_free(index) {
            let span = self.content.keep(text);
            self.set_derived(index, span);
        }
    }

    /// The same of a text that is the bytes `part` of hot property `source`;
    /// nothing when it has no such part.
    pub fn derive_hot_part(&mut self, index: usize, source: usize, part: Range<usize>) {
        let is_part = |text: &str| text.get(part.clone()).is_some();
        if self.is_free(index) && self.hot(source).is_some_and(is_part) {
            let span = Span {
                start: self.content.hot[source].start + part.start as u32,
                len: part.len() as u32,
            };
            self.set_derived(index, span);
        }
    }

    fn is_free(&self, index: usize) -> bool {
        index < HOT.len() && self.content.hot_mask >> index & 1 == 0
    }

    fn set_derived(&mut self, index: usize, span: Span) {
        self.content.set_hot(index, span);
        self.content.derived_mask |= 1 << index;
    }

    /// Bytes that the row holds beside the record it was made of, for bounding
    /// a batch's memory.
    #[must_use]
    pub fn size(&self) -> usize {
        let content = &self.content;
        size_of::<Self>()
            + size_of::<Content>()
            + content.beside.capacity()
            + (content.props.capacity() + content.restore.capacity()) * size_of::<(Span, Span)>()
    }
}

/// A row's text as bytes, which is how it is written.
#[derive(Clone, Copy)]
pub(crate) struct RowBytes<'a>(&'a Content);

impl<'a> RowBytes<'a> {
    pub(crate) fn event(self) -> &'a [u8] {
        self.0.bytes(self.0.event)
    }

    pub(crate) fn distinct_id(self) -> &'a [u8] {
        self.0.bytes(self.0.distinct_id)
    }

    /// The hot columns that are set: their places and texts.
    pub(crate) fn hot(self) -> impl Iterator<Item = (usize, &'a [u8])> {
        let mut left = self.0.hot_mask;
        std::iter::from_fn(move || {
            let index = left.trailing_zeros() as usize;
            let span = self.0.hot.get(index)?;
            left &= left - 1;
            Some((index, self.0.bytes(*span)))
        })
    }

    pub(crate) fn props(self) -> impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> {
        self.pairs(&self.0.props)
    }

    pub(crate) fn restore(self) -> impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> {
        self.pairs(&self.0.restore)
    }

    fn pairs(
        self,
        pairs: &'a [(Span, Span)],
    ) -> impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> {
        let pairs = pairs.iter();
        pairs.map(move |(name, value)| (self.0.bytes(*name), self.0.bytes(*value)))
    }
}

impl Content {
    /// Adds a property that the client sent.
    fn add_sent(&mut self, member: &Member<'_>) {
        let name = &*member.name;
        let Stored { text, restore } = property::encode_scanned(member.raw, member.is_escaped);
        if let Some(text) = text {
            let span = self.keep(&text);
            match index_of(name) {
                Some(index) => self.set_hot(index, span),
                None => {
                    let name = self.keep(name);
                    self.props.push((name, span));
                }
            }
        }
        if let Some(restore) = restore {
            let pair = (self.keep(name), self.keep(&restore));
            self.restore.push(pair);
        }
    }

    fn set_hot(&mut self, index: usize, span: Span) {
        self.hot[index] = span;
        self.hot_mask |= 1 << index;
    }

    /// Where `text` is: in the record, if it is a part of that, else it is
    /// appended to what lies beside.
    fn keep(&mut self, text: &str) -> Span {
        let len = text.len() as u32;
        let from = text.as_ptr().addr();
        let at = from.checked_sub(self.record.as_ptr().addr());
        if let Some(at) = at.filter(|at| at + text.len() <= self.record.len()) {
            let start = at as u32;
            return Span { start, len };
        }
        if self.beside.capacity() == 0 {
            // For what is derived of most events.
            self.beside.reserve(BESIDE_EXPECTED);
        }
        let start = self.beside.len() as u32 | Span::BESIDE;
        self.beside.push_str(text);
        Span { start, len }
    }

    fn bytes(&self, span: Span) -> &[u8] {
        let text = if span.start & Span::BESIDE == 0 {
            &*self.record
        } else {
            self.beside.as_bytes()
        };
        let start = (span.start & !Span::BESIDE) as usize;
        text.get(start..start + span.len as usize)
            .unwrap_or_default()
    }

    fn text(&self, span: Span) -> &str {
        std::str::from_utf8(self.bytes(span)).unwrap_or_default()
    }

    fn texts<'a>(
        &'a self,
        pairs: &'a [(Span, Span)],
    ) -> impl ExactSizeIterator<Item = (&'a str, &'a str)> {
        pairs
            .iter()
            .map(|(name, value)| (self.text(*name), self.text(*value)))
    }
}

impl fmt::Debug for EventRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventRow")
            .field("project_id", &self.project_id)
            .field("uuid", &self.uuid)
            .field("event", &self.event())
            .field("timestamp", &self.timestamp)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
