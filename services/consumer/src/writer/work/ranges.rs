//! The ledger's rows of a batch: what became of each position, counted.

use std::collections::BTreeMap;

use event_schema::ids::ProjectId;
use warehouse::LogPosition;
use warehouse::ledger::{Freshness, Range, RangeKind};

use super::{Letter, Part, Work};
use crate::batch::Piece;
use crate::item::Fate;

/// Ranges by partition, in order of offset.
type Ranges = BTreeMap<u32, Vec<Range>>;

impl Work {
    /// The ledger's rows, when everything before them is done; `inserted_at` is
    /// now, in ms since the epoch.
    #[must_use]
    pub fn ranges(&self, inserted_at: i64) -> Vec<Range> {
        let of = |(partition, part): (&u32, &Part)| {
            let ranges = part
                .pieces
                .iter()
                .map(|piece| part.range(*partition, piece, inserted_at));
            (*partition, ranges.collect())
        };
        let mut ranges: Ranges = self.parts.iter().map(of).collect();
        for item in &self.items {
            let Some(range) = covering(&mut ranges, item.row.position) else {
                continue;
            };
            range.consumed_at = range.consumed_at.max(item.row.arrived_at);
            // What was refused is counted as the dead letter it has become.
            if item.fate == Fate::Refused {
                continue;
            }
            let counts = range.projects.entry(item.row.project_id).or_default();
            if matches!(item.fate, Fate::Repeat(..) | Fate::Noted) {
                counts.duplicate += 1;
            } else {
                counts.stored += 1;
                range.freshness.add(inserted_at - item.row.received_at);
            }
        }
        for Letter { letter, .. } in &self.letters {
            let Some(range) = covering(&mut ranges, letter.position) else {
                continue;
            };
            range.consumed_at = range.consumed_at.max(letter.arrived_at);
            let project = letter.project_id.unwrap_or(ProjectId(uuid::Uuid::nil()));
            range.projects.entry(project).or_default().quarantined += 1;
        }
        ranges.into_values().flatten().collect()
    }
}

/// The range that a position lies in.
fn covering(ranges: &mut Ranges, position: LogPosition) -> Option<&mut Range> {
    let ranges = ranges.get_mut(&position.partition)?;
    let after = ranges.partition_point(|range| range.first.offset <= position.offset);
    ranges.get_mut(after.checked_sub(1)?)
}

impl Part {
    fn range(&self, partition: u32, piece: &Piece, inserted_at: i64) -> Range {
        Range {
            log_id: self.log_id.to_string(),
            first: LogPosition {
                partition,
                offset: piece.first,
            },
            next_offset: piece.next,
            kind: if piece.gap.is_some() {
                RangeKind::Gap
            } else {
                RangeKind::Batch
            },
            note: piece.gap.clone().unwrap_or_default(),
            appended: piece.appended,
            consumed_at: 0,
            inserted_at,
            projects: BTreeMap::new(),
            freshness: Freshness::default(),
            claim: self.claim,
        }
    }
}
