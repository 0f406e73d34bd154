//! One row of the events table, as the consumer builds it and the encoder
//! writes it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use event_schema::envelope::Members;
use event_schema::hot::index_of;
use event_schema::ids::{ProjectId, person_id};
use uuid::Uuid;

mod content;
#[cfg(test)]
mod tests;

use content::Content;
pub(crate) use content::RowBytes;

/// A place in the log: which record a row came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogPosition {
    /// Partition, from 0.
    pub partition: u32,
    /// Offset within the partition, from 0.
    pub offset: u64,
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
        Self {
            project_id,
            uuid,
            person_id: person_id(project_id, distinct_id),
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
            content: Box::new(Content::new(record, event, distinct_id)),
        }
    }

    /// The event's name.
    #[must_use]
    pub fn event(&self) -> &str {
        self.content.event()
    }

    /// The person's id as sent.
    #[must_use]
    pub fn distinct_id(&self) -> &str {
        self.content.distinct_id()
    }

    /// Bit `i`: hot column `i` was derived, not sent.
    #[must_use]
    pub const fn derived_mask(&self) -> u64 {
        self.content.derived_mask
    }

    /// The text of hot column `index`, sent or derived.
    #[must_use]
    pub fn hot(&self, index: usize) -> Option<&str> {
        self.content.hot(index)
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
        self.content.property(name)
    }

    /// Properties without a column of their own, as name and text.
    pub fn props(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.content.props()
    }

    /// What restores values that their text alone does not, by name.
    pub fn restore(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.content.restore()
    }

    /// What the encoder writes of a row's text.
    pub(crate) fn bytes(&self) -> RowBytes<'_> {
        RowBytes(&self.content)
    }

    /// Stores what was sent, so that it comes back exactly.
    pub fn set_members(&mut self, members: &Members<'_>) {
        self.content.add_sent(members);
    }

    /// The same from `raw`, a JSON object.
    ///
    /// # Errors
    /// When `raw` is no JSON object.
    pub fn set_properties(&mut self, raw: &str) -> Result<(), serde_json::Error> {
        self.set_members(&serde_json::from_str(raw)?);
        Ok(())
    }

    /// Adds hot property `index` as derived by us, unless it has a value.
    pub fn derive_hot(&mut self, index: usize, text: &str) {
        self.content.derive(index, text);
    }

    /// The same of a text that is the bytes `part` of hot property `source`;
    /// nothing when it has no such part.
    pub fn derive_hot_part(&mut self, index: usize, source: usize, part: Range<usize>) {
        self.content.derive_part(index, source, part);
    }

    /// Bytes that the row holds beside the record it was made of, for bounding
    /// a batch's memory.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.content.size()
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
