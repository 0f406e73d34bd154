//! One event on its way to viewers.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::point::Point;
use super::render;

/// What an event is to those who watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A page or a screen was looked at.
    Pageview,
    /// Anything else.
    Event,
    /// A visit is over.
    SessionEnd,
}

impl Kind {
    /// What an event of this name is.
    #[must_use]
    pub fn of(event: &str) -> Self {
        match event {
            "$pageview" | "$screen" => Self::Pageview,
            "$session_end" => Self::SessionEnd,
            _ => Self::Event,
        }
    }

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pageview => "pageview",
            Self::Event => "event",
            Self::SessionEnd => "session_end",
        }
    }
}

/// Where an item was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Partition, from 0.
    pub partition: usize,
    /// Offset within it.
    pub offset: u64,
    /// When the log took it, ms since the epoch.
    pub appended_at: i64,
}

/// What an item is made of.
#[derive(Debug)]
pub enum Content {
    /// A record of the log: one event's envelope.
    Envelope(Bytes),
    /// A message of Redis' channel `live-events`.
    LiveEvent(Bytes),
}

/// The form in which a viewer wants events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// As Bklit's dashboards know them.
    #[default]
    Bklit,
    /// As the query API lists them.
    Native,
    /// As entries of a debug log.
    Debug,
}

/// One event. Every form is made at most once, when somebody wants it.
#[derive(Debug)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// The event's name.
    pub event: Box<str>,
    /// Whose it is.
    pub distinct_id: Box<str>,
    /// The first event of a session that was not open.
    pub is_new_session: bool,
    /// Where it was read.
    pub place: Place,
    /// Where a viewer is that has seen it.
    pub point: Point,
    /// The event itself.
    pub content: Content,
    forms: [OnceLock<Bytes>; 3],
}

impl Item {
    /// An item whose forms have not been made yet.
    #[must_use]
    pub fn new(
        event: &str,
        distinct_id: &str,
        place: Place,
        point: Point,
        content: Content,
    ) -> Self {
        Self {
            kind: Kind::of(event),
            event: event.into(),
            distinct_id: distinct_id.into(),
            is_new_session: false,
            place,
            point,
            content,
            forms: Default::default(),
        }
    }

    /// Bytes that it holds, roughly, with one form made.
    #[must_use]
    pub fn size(&self) -> usize {
        const OVERHEAD: usize = 256;
        let content = match &self.content {
            Content::Envelope(bytes) | Content::LiveEvent(bytes) => bytes.len(),
        };
        OVERHEAD
            + self.point.next.len() * 8
            + self.event.len()
            + self.distinct_id.len()
            + 2 * content
    }

    /// The message in that form: JSON on one line. Empty when the item cannot
    /// be shown so.
    #[must_use]
    pub fn message(&self, form: Form) -> Bytes {
        let Some(place) = self.forms.get(form as usize) else {
            return Bytes::new();
        };
        place.get_or_init(|| render::message(self, form)).clone()
    }
}

/// An item as it is handed around.
pub type Shared = Arc<Item>;
