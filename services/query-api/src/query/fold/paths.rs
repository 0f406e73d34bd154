//! Paths: what follows what.

use super::visits::split;
use crate::query::model::Paths;
use std::collections::HashMap;

/// One event in the order of its person's.
#[derive(Debug)]
pub(crate) struct PathEvent<'e> {
    /// Its time.
    pub(crate) at: i64,
    /// The hash of its session id; 0 = none.
    pub(crate) visit: u64,
    /// Its node as a key: `0` and the value; anything else is no node.
    pub(crate) node: &'e str,
}

/// A step with its two nodes.
pub(crate) type Edge = (usize, String, String);

/// Counts the edges of all paths.
#[derive(Debug)]
pub(crate) struct PathTally<'q> {
    query: &'q Paths,
    nodes: Nodes,
    start: Option<usize>,
    end: Option<usize>,
    counts: HashMap<(usize, usize, usize), u64>,
}

/// Numbers for the values of nodes: each text is kept once.
#[derive(Debug, Default)]
struct Nodes {
    numbers: HashMap<String, usize>,
}

impl Nodes {
    fn number_of(&mut self, node: &str) -> usize {
        if let Some(number) = self.numbers.get(node) {
            return *number;
        }
        let number = self.numbers.len();
        self.numbers.insert(node.to_owned(), number);
        number
    }
}

impl<'q> PathTally<'q> {
    /// No path yet.
    pub(crate) fn of(query: &'q Paths) -> Self {
        let mut nodes = Nodes::default();
        let mut number_of = |node: &Option<String>| node.as_ref().map(|node| nodes.number_of(node));
        let (start, end) = (number_of(&query.start), number_of(&query.end));
        Self {
            query,
            nodes,
            start,
            end,
            counts: HashMap::new(),
        }
    }

    /// Counts one person's paths.
    pub(crate) fn add(&mut self, events: &[PathEvent<'_>]) {
        let sessions = match self.query.gap_ms {
            Some(gap_ms) => split(events.iter().map(|event| (event.at, event.visit)), gap_ms),
            None => vec![0; events.len()],
        };
        let count = sessions.iter().max().map_or(0, |last| last + 1);
        let mut paths: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (event, session) in events.iter().zip(sessions) {
            if let (Some(node), Some(path)) = (event.node.strip_prefix('0'), paths.get_mut(session))
            {
                let node = self.nodes.number_of(node);
                if path.last() != Some(&node) {
                    path.push(node);
                }
            }
        }
        for path in &paths {
            for (index, pair) in self.cut(path).windows(2).enumerate() {
                if let [from, to] = pair {
                    *self.counts.entry((index + 1, *from, *to)).or_default() += 1;
                }
            }
        }
    }

    /// The part of a path that is asked for: from the first `start` up to the
    /// last `end` after it, at most `max_steps` nodes. Empty when either is
    /// missing.
    fn cut<'p>(&self, path: &'p [usize]) -> &'p [usize] {
        let from = match self.start {
            None => 0,
            Some(start) => match path.iter().position(|node| *node == start) {
                Some(first) => first,
                None => return &[],
            },
        };
        let path = path.get(from..).unwrap_or_default();
        let to = match self.end {
            None => path.len(),
            Some(end) => match path.iter().rposition(|node| *node == end) {
                Some(last) => last + 1,
                None => return &[],
            },
        };
        path.get(..to.min(self.query.max_steps)).unwrap_or_default()
    }

    /// The most frequent edges, at most as many as are asked for, in the order
    /// of steps.
    pub(crate) fn finish(self) -> Vec<(Edge, u64)> {
        let mut texts = vec![String::new(); self.nodes.numbers.len()];
        for (node, number) in self.nodes.numbers {
            if let Some(text) = texts.get_mut(number) {
                *text = node;
            }
        }
        let text = |number: usize| texts.get(number).cloned().unwrap_or_default();
        let mut edges: Vec<(Edge, u64)> = self
            .counts
            .into_iter()
            .map(|((step, from, to), count)| ((step, text(from), text(to)), count))
            .collect();
        edges.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| a.cmp(b)));
        edges.truncate(self.query.limit);
        edges.sort_by(|(a, a_count), (b, b_count)| {
            a.0.cmp(&b.0)
                .then(b_count.cmp(a_count))
                .then_with(|| a.cmp(b))
        });
        edges
    }
}
