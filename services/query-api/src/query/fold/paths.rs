//! Paths: what follows what.

use super::visits::split;
use crate::query::model::Paths;
use std::collections::HashMap;

/// One event: person, time, session id, node as a key (`0` and the value;
/// anything else is an event without a node).
pub(crate) type PathEvent = (u64, i64, String, String);

/// A step with its two nodes.
pub(crate) type Edge = (usize, String, String);

/// Counts the edges of all paths.
#[derive(Debug, Default)]
pub(crate) struct PathTally {
    counts: HashMap<Edge, u64>,
}

impl PathTally {
    /// Counts one person's paths.
    pub(crate) fn add(&mut self, query: &Paths, events: &[PathEvent]) {
        let sessions = match query.gap_ms {
            Some(gap_ms) => split(
                events.iter().map(|(_, at, id, _)| (*at, id.as_str())),
                gap_ms,
            ),
            None => vec![0; events.len()],
        };
        let count = sessions.iter().max().map_or(0, |last| last + 1);
        let mut paths: Vec<Vec<&str>> = vec![Vec::new(); count];
        for ((_, _, _, node), session) in events.iter().zip(sessions) {
            if let (Some(node), Some(path)) = (node.strip_prefix('0'), paths.get_mut(session))
                && path.last() != Some(&node)
            {
                path.push(node);
            }
        }
        for path in &paths {
            self.count(cut(query, path));
        }
    }

    fn count(&mut self, path: &[&str]) {
        for (index, pair) in path.windows(2).enumerate() {
            if let [from, to] = pair {
                let edge = (index + 1, (*from).to_owned(), (*to).to_owned());
                *self.counts.entry(edge).or_default() += 1;
            }
        }
    }

    /// The most frequent edges, at most `limit`, in the order of steps.
    pub(crate) fn finish(self, limit: usize) -> Vec<(Edge, u64)> {
        let mut edges: Vec<(Edge, u64)> = self.counts.into_iter().collect();
        edges.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| a.cmp(b)));
        edges.truncate(limit);
        edges.sort_by(|(a, a_count), (b, b_count)| {
            a.0.cmp(&b.0)
                .then(b_count.cmp(a_count))
                .then_with(|| a.cmp(b))
        });
        edges
    }
}

/// The part of a path that is asked for: from the first `start` up to the last
/// `end` after it, at most `max_steps` nodes. Empty when either is missing.
fn cut<'p, 'n>(query: &Paths, path: &'p [&'n str]) -> &'p [&'n str] {
    let from = match &query.start {
        None => 0,
        Some(start) => match path.iter().position(|node| node == start) {
            Some(first) => first,
            None => return &[],
        },
    };
    let path = path.get(from..).unwrap_or_default();
    let to = match &query.end {
        None => path.len(),
        Some(end) => match path.iter().rposition(|node| node == end) {
            Some(last) => last + 1,
            None => return &[],
        },
    };
    path.get(..to.min(query.max_steps)).unwrap_or_default()
}
