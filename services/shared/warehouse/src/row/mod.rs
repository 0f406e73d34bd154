//! One row of the events table, as the consumer builds it and the encoder
//! writes it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use event_schema::envelope::Member;
use event_schema::hot::{HOT, index_of};
use event_schema::ids::{ProjectId, person_id};
use event_schema::property::{self, Stored};
use uuid::Uuid;

mod properties;

/// A place in the log: which record a row came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogPosition {
    /// Partition, from 0.
    pub partition: u32,
    /// Offset within the partition, from 0.
    pub offset: u64,
}

/// A piece of a row's text. The length [`Span::ABSENT`] stands for none.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    len: u32,
}

impl Span {
    const NONE: Self = Self {
        start: 0,
        len: u32::MAX,
    };
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

/// A row's text. All of it lies in one buffer, so a row costs a handful of
/// allocations however many properties it has.
#[derive(Clone)]
struct Content {
    text: String,
    event: Span,
    distinct_id: Span,
    derived_mask: u64,
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
        let person_id = person_id(project_id, distinct_id);
        let mut text = String::with_capacity(512);
        let (event, distinct_id) = (keep(&mut text, event), keep(&mut text, distinct_id));
        let content = Content {
            text,
            event,
            distinct_id,
            derived_mask: 0,
            hot: [Span::NONE; HOT.len()],
            props: Vec::new(),
            restore: Vec::new(),
        };
        Self {
            project_id,
            uuid,
            person_id,
            timestamp,
            received_at: 0,
            sent_before: 0,
            append_delay: 0,
            arrived_at: 0,
            log_id: Arc::from(""),
            position: LogPosition {
                partition: 0,
                offset: 0,
            },
            claim: 0,
            content: Box::new(content),
        }
    }

    /// The event's name.
    #[must_use]
    pub fn event(&self) -> &str {
        self.slice(self.content.event)
    }

    /// The person's id as sent.
    #[must_use]
    pub fn distinct_id(&self) -> &str {
        self.slice(self.content.distinct_id)
    }

    /// Bit `i`: hot column `i` was derived, not sent.
    #[must_use]
    pub const fn derived_mask(&self) -> u64 {
        self.content.derived_mask
    }

    /// The text of hot column `index`, sent or derived.
    #[must_use]
    pub fn hot(&self, index: usize) -> Option<&str> {
        self.content
            .hot
            .get(index)
            .filter(|span| span.len != u32::MAX)
            .map(|span| self.slice(*span))
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
        self.props()
            .find(|(found, _)| *found == name)
            .map(|(_, text)| text)
    }

    /// Properties without a column of their own, as name and text.
    pub fn props(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.pairs(&self.content.props)
    }

    /// What restores values that their text alone does not, by name.
    pub fn restore(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.pairs(&self.content.restore)
    }

    /// Adds hot property `index` as derived by us, unless it has a value.
    pub fn derive_hot(&mut self, index: usize, text: &str) {
        if self.is_free(index) {
            let span = self.keep(text);
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
        let hot = self.content.hot.get(index);
        hot.is_some_and(|span| span.len == u32::MAX)
    }

    fn set_derived(&mut self, index: usize, span: Span) {
        self.content.hot[index] = span;
        self.content.derived_mask |= 1 << index;
    }

    /// Adds a property that the client sent.
    fn add_sent(&mut self, member: &Member<'_>) {
        let name = &*member.name;
        let Stored { text, restore } = property::encode_scanned(member.raw, member.is_escaped);
        if let Some(text) = text {
            match index_of(name) {
                Some(index) => self.content.hot[index] = self.keep(&text),
                None => {
                    let pair = (self.keep(name), self.keep(&text));
                    self.content.props.push(pair);
                }
            }
        }
        if let Some(restore) = restore {
            let pair = (self.keep(name), self.keep(&restore));
            self.content.restore.push(pair);
        }
    }

    /// Bytes that the row holds, for bounding a batch's memory.
    #[must_use]
    pub fn size(&self) -> usize {
        let content = &self.content;
        size_of::<Self>()
            + size_of::<Content>()
            + content.text.capacity()
            + (content.props.capacity() + content.restore.capacity()) * size_of::<(Span, Span)>()
    }

    fn pairs<'a>(
        &'a self,
        pairs: &'a [(Span, Span)],
    ) -> impl ExactSizeIterator<Item = (&'a str, &'a str)> {
        pairs
            .iter()
            .map(|(name, value)| (self.slice(*name), self.slice(*value)))
    }

    fn slice(&self, span: Span) -> &str {
        let start = span.start as usize;
        self.content
            .text
            .get(start..start + span.len as usize)
            .unwrap_or_default()
    }

    fn keep(&mut self, text: &str) -> Span {
        keep(&mut self.content.text, text)
    }
}

/// Appends text to a row's buffer. A record is far below 4 GiB, so positions
/// fit 32 bits.
fn keep(buffer: &mut String, text: &str) -> Span {
    let start = buffer.len() as u32;
    buffer.push_str(text);
    Span {
        start,
        len: text.len() as u32,
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
