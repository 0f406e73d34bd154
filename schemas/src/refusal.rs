//! The record on the `ingest-refused` topic: what capture refused in one
//! window, counted per project and reason, with one example.

use serde::{Deserialize, Serialize};

use crate::ids::ProjectId;
use crate::reason::RejectReason;

/// Longest example in a summary, in bytes of the event's text.
pub const EXAMPLE_BYTES_MAX: usize = 2048;

/// Refusals of one kind in one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalSummary {
    /// The project whose key the events came with.
    pub project_id: ProjectId,
    /// Why they were refused.
    pub reason: RejectReason,
    /// How many events (or requests, where no event could be read).
    pub count: u64,
    /// Start of the window, in milliseconds since the epoch.
    pub window_start: i64,
    /// End of the window, in milliseconds since the epoch.
    pub window_end: i64,
    /// What the first of them was told.
    pub detail: String,
    /// The first of them, cut to [`EXAMPLE_BYTES_MAX`], credentials removed.
    pub example: String,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn reasons_are_written_as_their_codes() {
        let summary = RefusalSummary {
            project_id: ProjectId(Uuid::from_u128(1)),
            reason: RejectReason::EventNameMissing,
            count: 2,
            window_start: 0,
            window_end: 10_000,
            detail: "event: is required".to_owned(),
            example: "{}".to_owned(),
        };
        let json = serde_json::to_value(&summary).unwrap();
        assert_eq!(json["reason"], "event_name_missing");
        assert_eq!(
            serde_json::from_value::<RefusalSummary>(json).unwrap(),
            summary
        );
    }
}
