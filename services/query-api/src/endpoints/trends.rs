//! `GET /api/trends`.

use super::AppState;
use super::input::QueryString;
use crate::engine::{Plan, Request};
use crate::{error, present};
use axum::Json;
use axum::extract::State;
use identity::Access;
use identity::access::Read;
use serde_json::{Map, Value};
use service_kit::http::ApiError;

/// One event over time, in the form of old.
pub(super) async fn trends(
    access: Access<Read>,
    State(state): State<AppState>,
    QueryString(input): QueryString,
) -> Result<Json<Map<String, Value>>, ApiError> {
    let (params, mut faults) = input.rest();
    let request = Request::new("trend", params, "", &mut faults);
    let plan = match Plan::parse(&request, &state.engine.context()) {
        Ok(plan) if faults.is_empty() => plan,
        Ok(_) => return Err(error::invalid_at_top(faults)),
        Err(more) => {
            faults.extend(more);
            return Err(error::invalid_at_top(faults));
        }
    };
    let project = access.project.project_id();
    let served = state.engine.answer(project, &request, plan.clone()).await;
    let served = served.map_err(error::at_top)?;
    Ok(Json(present::bare(&plan, &served)))
}
