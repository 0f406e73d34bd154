use bytes::Bytes;
use chrono::{DateTime, Utc};
use event_schema::topics;

/// The topics there are. A transport may put a prefix before the name on the
/// wire, so that tests share a broker without meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Accepted events.
    Events,
    /// Records that can never be stored, with their reason.
    DeadLetters,
    /// What capture refused, counted, with one example each.
    Refused,
    /// Facts that every process must agree on, the last one of a key counts.
    Control,
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 4] = [
        Self::Events,
        Self::DeadLetters,
        Self::Refused,
        Self::Control,
    ];

    /// Its name without a prefix.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => topics::EVENTS,
            Self::DeadLetters => topics::EVENTS_DLQ,
            Self::Refused => topics::INGEST_REFUSED,
            Self::Control => topics::CONTROL,
        }
    }

    /// Largest [`Record::size`] it takes, in bytes; room for framing is taken
    /// off what the topic itself allows.
    #[must_use]
    pub const fn size_limit(self) -> usize {
        const FRAMING: usize = 1024;
        match self {
            Self::DeadLetters => topics::DLQ_RECORD_BYTES_MAX - FRAMING,
            Self::Events | Self::Refused | Self::Control => {
                topics::EVENTS_RECORD_BYTES_MAX - FRAMING
            }
        }
    }

    /// Its place in [`Topic::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What a producer writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it goes.
    pub topic: Topic,
    /// An explicit partition; `None` = by the key and the published partition
    /// count ([`crate::murmur2_partition`]). Transports without partitions
    /// ignore it.
    pub partition: Option<u32>,
    /// Records of one key keep their order.
    pub key: Bytes,
    /// Names and values, in order. An empty vector allocates nothing.
    pub headers: Vec<(String, Bytes)>,
    /// The content.
    pub payload: Bytes,
}

impl Record {
    /// A record without headers whose partition follows from its key.
    #[must_use]
    pub fn new(topic: Topic, key: impl Into<Bytes>, payload: impl Into<Bytes>) -> Self {
        Self {
            topic,
            partition: None,
            key: key.into(),
            headers: Vec::new(),
            payload: payload.into(),
        }
    }

    /// The same record with one header more.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<Bytes>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Bytes of key, headers and payload together: what counts against a
    /// transport's size limit, framing aside.
    #[must_use]
    pub fn size(&self) -> usize {
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        self.key.len() + self.payload.len() + headers
    }
}

/// A place in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Partition, from 0.
    pub partition: u32,
    /// Offset within the partition, from 0. As part of a frontier it is the
    /// offset of the *next* record.
    pub offset: u64,
}

impl Position {
    /// A position.
    #[must_use]
    pub const fn new(partition: u32, offset: u64) -> Self {
        Self { partition, offset }
    }
}

/// What a consumer receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where it was read.
    pub position: Position,
    /// When the transport took it, by the transport's clock, to the
    /// millisecond. Not monotone over a change of leader.
    pub appended_at: DateTime<Utc>,
    /// As produced; empty when the record had none.
    pub key: Bytes,
    /// As produced.
    pub headers: Vec<(String, Bytes)>,
    /// As produced; empty when the record had none.
    pub payload: Bytes,
    /// It may have been handed out before, to us or to another worker. Always
    /// `false` where positions tell (Kafka, memory).
    pub redelivered: bool,
}

impl Delivery {
    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&Bytes> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value)
    }
}
