//! What is known of one project: its viewers, its last events, its counts.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::item::Shared;
use super::point::Point;
use super::queue::Queue;
use crate::live::Counts;

/// One project's viewers, last events and counts.
#[derive(Debug)]
pub(super) struct Project {
    viewers: Vec<Arc<Queue>>,
    kept: VecDeque<Shared>,
    kept_bytes: usize,
    /// By partition the offset after the last event that was kept and is not
    /// any more.
    gone: Vec<u64>,
    pub(super) counts: Counts,
}

/// What somebody who comes back has missed.
#[derive(Debug, Default)]
pub(super) struct Missed {
    pub(super) items: Vec<Shared>,
    /// There may have been more.
    pub(super) is_incomplete: bool,
}

impl Project {
    pub(super) fn new(counted: usize) -> Self {
        Self {
            viewers: Vec::new(),
            kept: VecDeque::new(),
            kept_bytes: 0,
            gone: Vec::new(),
            counts: Counts::new(counted),
        }
    }

    /// Keeps an event, of which there may be `max`, and hands it to the viewers
    /// when `is_live`. Gives how many bytes are kept more, or less, than before.
    pub(super) fn publish(&mut self, item: Shared, max: usize, is_live: bool) -> isize {
        let before = self.kept_bytes;
        if is_live {
            for viewer in &self.viewers {
                viewer.offer(&item);
            }
        }
        self.kept_bytes += item.size();
        self.kept.push_back(item);
        while self.kept.len() > max {
            self.drop_oldest();
        }
        difference(self.kept_bytes, before)
    }

    /// A message that is no event, to those who want such.
    pub(super) fn note(&self, note: &Bytes) {
        for viewer in &self.viewers {
            viewer.offer_note(note);
        }
    }

    pub(super) fn enter(&mut self, viewer: Arc<Queue>) {
        self.viewers.push(viewer);
    }

    pub(super) fn leave(&mut self, viewer: &Arc<Queue>) {
        self.viewers.retain(|one| !Arc::ptr_eq(one, viewer));
    }

    pub(super) fn is_watched(&self) -> bool {
        !self.viewers.is_empty()
    }

    /// What has come since `point`; `start` is where reading of the log began.
    pub(super) fn since(&self, point: &Point, start: &[u64]) -> Missed {
        let kept = self.kept.iter();
        let items = kept
            .filter(|item| point.misses(item.place.partition, item.place.offset))
            .cloned()
            .collect();
        let is_before = |floor: &[u64]| {
            let pairs = floor.iter().zip(&point.next);
            pairs.into_iter().any(|(floor, next)| next < floor)
        };
        Missed {
            items,
            is_incomplete: is_before(start) || is_before(&self.gone),
        }
    }

    /// Keeps only the last so many events. Gives by how many bytes that is less.
    pub(super) fn shrink(&mut self, keep: usize) -> isize {
        let before = self.kept_bytes;
        while self.kept.len() > keep {
            self.drop_oldest();
        }
        difference(self.kept_bytes, before)
    }

    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.kept.pop_front() else {
            return;
        };
        self.kept_bytes -= oldest.size();
        let place = oldest.place;
        if self.gone.len() <= place.partition {
            self.gone.resize(place.partition + 1, 0);
        }
        if let Some(gone) = self.gone.get_mut(place.partition) {
            *gone = (*gone).max(place.offset + 1);
        }
    }
}

fn difference(after: usize, before: usize) -> isize {
    after.cast_signed() - before.cast_signed()
}
