//! What capture refused, as entries of the debug stream of the project whose
//! key the events came with.

use std::time::Duration;

use bytes::Bytes;
use event_schema::refusal::RefusalSummary;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use transport::Topic;
use transport::kafka::{Tail, TailRead};

use super::Source;
use crate::feed::instant;

/// How long to wait before another try.
const PAUSE: Duration = Duration::from_secs(5);

pub(super) async fn follow(source: &Source, stop: &CancellationToken) {
    loop {
        let followed = stop.run_until_cancelled(until_closed(source)).await;
        if followed.is_none()
            || stop
                .run_until_cancelled(tokio::time::sleep(PAUSE))
                .await
                .is_none()
        {
            return;
        }
    }
}

async fn until_closed(source: &Source) {
    let mut tail = match Tail::start(&source.kafka, Topic::Refused, None) {
        Ok(tail) => tail,
        Err(error) => return tracing::warn!(%error, "refusals are not followed"),
    };
    while let Ok(read) = tail.next().await {
        let TailRead::Records(deliveries) = read else {
            continue;
        };
        for delivery in deliveries {
            match serde_json::from_slice::<RefusalSummary>(&delivery.payload) {
                Ok(summary) => source.hub.note(summary.project_id, &entry(&summary)),
                Err(error) => tracing::debug!(%error, "a record is no summary of refusals"),
            }
        }
    }
}

fn entry(summary: &RefusalSummary) -> Bytes {
    let entry = json!({
        "timestamp": instant(summary.window_end),
        "stage": "ingestion",
        "level": "warn",
        "message": format!("{} refused: {}", summary.count, summary.detail),
        "data": {
            "reason": summary.reason,
            "count": summary.count,
            "since": instant(summary.window_start),
            "example": summary.example,
        },
        "projectId": summary.project_id,
    });
    Bytes::from(entry.to_string())
}
