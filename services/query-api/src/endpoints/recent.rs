//! `GET /api/events/recent`.

use super::AppState;
use super::input::QueryString;
use crate::engine::{Plan, Request, instant};
use axum::Json;
use axum::extract::State;
use identity::Access;
use identity::access::Read;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use service_kit::http::ApiError;
use std::time::Duration;

/// Events unless the request says otherwise, and at most.
const LIMIT: usize = 50;
const LIMIT_MAX: usize = 500;

/// The parts of an event that this list shows.
#[derive(Debug, Deserialize, Serialize)]
struct Recent {
    timestamp: String,
    distinct_id: String,
    event: String,
    properties: Box<RawValue>,
}

#[derive(Debug, Deserialize)]
struct Page {
    events: Vec<Recent>,
}

/// The list.
#[derive(Debug, Serialize)]
pub(super) struct RecentEvents {
    events: Vec<Recent>,
    complete_until: Option<String>,
}

/// The latest events of all times, newest first.
pub(super) async fn recent(
    access: Access<Read>,
    State(state): State<AppState>,
    QueryString(mut input): QueryString,
) -> Result<Json<RecentEvents>, ApiError> {
    input.take("project_id");
    let limit = input.count("limit", 1, LIMIT_MAX, LIMIT);
    let refresh = input.flag("refresh");
    input.end()?;
    let request = Request {
        kind: "recent".to_owned(),
        params: json!({"limit": limit}),
        // A list of what just came is worth nothing when it is old.
        max_age: Duration::from_secs(u64::from(!refresh)),
    };
    let plan = Plan::recent(limit, &state.engine.context());
    let served = state
        .engine
        .answer(access.project.project_id(), &request, plan)
        .await?;
    let page: Page = serde_json::from_str(served.envelope.result.get())
        .map_err(|error| ApiError::internal(&error))?;
    Ok(Json(RecentEvents {
        events: page.events,
        complete_until: served.envelope.complete_until.map(instant),
    }))
}
