//! What became of a file's rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::row::Rejection;

/// Examples that are kept of each reason.
const EXAMPLES: usize = 3;

/// Counts of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Rows read.
    pub(crate) rows: u64,
    /// Events that the server has acknowledged; in a dry run, that would be sent.
    pub(crate) sent: u64,
    /// Rows that are no events.
    pub(crate) rejected: u64,
    /// Why.
    pub(crate) reasons: BTreeMap<String, Reason>,
}

/// How often a reason was met.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reason {
    /// Rows.
    pub(crate) count: u64,
    /// The first of them.
    pub(crate) examples: Vec<Example>,
}

/// A row that was rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Example {
    /// Its place among the rows.
    pub(crate) row: u64,
    /// Its line, in files that have lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u64>,
    /// What is wrong.
    pub(crate) detail: String,
}

/// A rejected row as it stands in the list of them.
#[derive(Debug, Serialize)]
pub(crate) struct Rejected {
    /// Its place among the rows.
    pub(crate) row: u64,
    /// Its line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u64>,
    /// Why.
    #[serde(flatten)]
    pub(crate) rejection: Rejection,
    /// The row.
    pub(crate) raw: String,
}

impl Tally {
    /// Counts a rejected row.
    pub(crate) fn reject(&mut self, rejected: &Rejected) {
        self.rejected += 1;
        let reason = self
            .reasons
            .entry(rejected.rejection.code.clone())
            .or_default();
        reason.count += 1;
        if reason.examples.len() < EXAMPLES {
            reason.examples.push(Example {
                row: rejected.row,
                line: rejected.line,
                detail: rejected.rejection.detail.clone(),
            });
        }
    }

    /// As people read it: a line of counts, and a line a reason with examples.
    pub(crate) fn lines(&self, sent: &str) -> Vec<String> {
        let mut lines = vec![format!(
            "  {} rows read, {} {sent}, {} rejected",
            self.rows, self.sent, self.rejected
        )];
        let mut reasons: Vec<_> = self.reasons.iter().collect();
        reasons.sort_by_key(|(_, reason)| std::cmp::Reverse(reason.count));
        for (code, reason) in reasons {
            lines.push(format!("  {:>8}  {code}", reason.count));
            for example in &reason.examples {
                let place = match example.line {
                    Some(line) => format!("line {line}"),
                    None => format!("row {}", example.row),
                };
                lines.push(format!("            {place}: {}", example.detail));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_with_their_first_examples() {
        let mut tally = Tally {
            rows: 6,
            sent: 1,
            ..Tally::default()
        };
        for row in 1..=5 {
            tally.reject(&Rejected {
                row,
                line: (row > 1).then_some(row + 1),
                rejection: Rejection::new(if row == 5 { "b" } else { "a" }, format!("wrong {row}")),
                raw: String::new(),
            });
        }
        assert_eq!(
            tally.lines("sent"),
            [
                "  6 rows read, 1 sent, 5 rejected",
                "         4  a",
                "            row 1: wrong 1",
                "            line 3: wrong 2",
                "            line 4: wrong 3",
                "         1  b",
                "            line 6: wrong 5",
            ]
        );
    }
}
