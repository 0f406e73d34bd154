//! What waits for one viewer: bounded, whatever the viewer does.

use std::collections::VecDeque;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::filter::Filter;
use super::item::Shared;
use crate::metrics::DROPPED;

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Items.
    pub items: usize,
    /// Bytes.
    pub bytes: usize,
}

/// What comes next for a viewer.
#[derive(Clone, Debug)]
pub enum Next {
    /// So many events were left out here: the viewer was too slow.
    Dropped(u64),
    /// An event.
    Item(Shared),
    /// A message that is no event of the log.
    Note(Bytes),
}

/// What waits for one viewer. When it is full the oldest is left out, so that
/// what arrives is what happens now.
#[derive(Debug)]
pub struct Queue {
    /// Which events are put into it.
    pub filter: Filter,
    /// Whether notes are put into it.
    pub takes_notes: bool,
    bounds: Bounds,
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    bytes: usize,
    dropped: u64,
}

#[derive(Debug)]
struct Entry {
    next: Next,
    bytes: usize,
}

impl Queue {
    /// An empty queue.
    #[must_use]
    pub fn new(filter: Filter, takes_notes: bool, bounds: Bounds) -> Self {
        Self {
            filter,
            takes_notes,
            bounds,
            waiting: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    /// Adds an event, if the viewer wants it.
    pub fn offer(&self, item: &Shared) {
        if self.filter.admits(item) {
            self.push(Next::Item(Shared::clone(item)), item.size());
        }
    }

    /// Adds a message that is no event, if the viewer wants such.
    pub fn offer_note(&self, note: &Bytes) {
        if self.takes_notes {
            self.push(Next::Note(note.clone()), note.len());
        }
    }

    fn push(&self, next: Next, bytes: usize) {
        let mut waiting = self.waiting.lock();
        waiting.entries.push_back(Entry { next, bytes });
        waiting.bytes += bytes;
        while waiting.entries.len() > self.bounds.items || waiting.bytes > self.bounds.bytes {
            let Some(oldest) = waiting.entries.pop_front() else {
                break;
            };
            waiting.bytes -= oldest.bytes;
            waiting.dropped += 1;
            DROPPED.count(&[]).increment(1);
        }
        drop(waiting);
        self.arrived.notify_one();
    }

    /// What comes next; waits for it. Cancel-safe.
    pub async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.arrived.notified().await;
        }
    }

    /// What comes next, if anything waits.
    pub fn take(&self) -> Option<Next> {
        let mut waiting = self.waiting.lock();
        if waiting.dropped > 0 {
            return Some(Next::Dropped(std::mem::take(&mut waiting.dropped)));
        }
        let entry = waiting.entries.pop_front()?;
        waiting.bytes -= entry.bytes;
        Some(entry.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::item::{Content, Item, Place};
    use crate::feed::point::Point;

    fn item(event: &str, bytes: usize) -> Shared {
        let place = Place {
            partition: 0,
            offset: 0,
            appended_at: 0,
        };
        let point = Point {
            log: "k".into(),
            next: Box::default(),
        };
        let content = Content::Envelope(Bytes::from(vec![b' '; bytes]));
        Shared::new(Item::new(event, "ada", place, point, content))
    }

    fn names(queue: &Queue) -> Vec<String> {
        std::iter::from_fn(|| queue.take())
            .map(|next| match next {
                Next::Dropped(count) => format!("-{count}"),
                Next::Item(item) => item.event.to_string(),
                Next::Note(note) => String::from_utf8_lossy(&note).into_owned(),
            })
            .collect()
    }

    const BOUNDS: Bounds = Bounds {
        items: 3,
        bytes: 10_000,
    };

    #[test]
    fn the_oldest_is_left_out_and_the_viewer_is_told() {
        let queue = Queue::new(Filter::default(), false, BOUNDS);
        for name in ["a", "b", "c", "d", "e"] {
            queue.offer(&item(name, 10));
        }
        assert_eq!(names(&queue), ["-2", "c", "d", "e"]);
        queue.offer(&item("f", 10));
        assert_eq!(names(&queue), ["f"]);
    }

    #[test]
    fn bytes_are_bounded_too() {
        let queue = Queue::new(Filter::default(), false, BOUNDS);
        queue.offer(&item("a", 3_000));
        queue.offer(&item("b", 3_000));
        assert_eq!(names(&queue), ["-1", "b"]);
        // Even one that is too large by itself.
        queue.offer(&item("c", 20_000));
        assert_eq!(names(&queue), ["-1"]);
    }

    #[test]
    fn only_what_is_wanted_waits() {
        let filter = Filter {
            events: vec!["a".to_owned()],
            ..Filter::default()
        };
        let queue = Queue::new(filter, false, BOUNDS);
        queue.offer(&item("a", 1));
        queue.offer(&item("b", 1));
        queue.offer_note(&Bytes::from_static(b"note"));
        assert_eq!(names(&queue), ["a"]);
    }

    #[tokio::test]
    async fn waits_until_something_comes() {
        let queue = std::sync::Arc::new(Queue::new(Filter::default(), true, BOUNDS));
        let waiting = tokio::spawn({
            let queue = std::sync::Arc::clone(&queue);
            async move { queue.next().await }
        });
        tokio::task::yield_now().await;
        queue.offer_note(&Bytes::from_static(b"note"));
        assert!(matches!(waiting.await.unwrap(), Next::Note(_)));
    }
}
