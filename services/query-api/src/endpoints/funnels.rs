//! `POST /api/funnels`.

use super::AppState;
use super::entrance::enter_by;
use super::input::{Body, QueryString};
use crate::engine::{Plan, Request};
use crate::{error, present};
use axum::Json;
use axum::extract::State;
use identity::Caller;
use identity::access::Read;
use serde_json::{Map, Value};
use service_kit::http::ApiError;

/// How far persons come through steps, in the form of old.
pub(super) async fn funnels(
    caller: Caller,
    State(state): State<AppState>,
    QueryString(mut query): QueryString,
    Body(mut body): Body,
) -> Result<Json<Map<String, Value>>, ApiError> {
    let project = enter_by::<Read>(&state, &caller, [&mut query, &mut body]).await?;
    query.end()?;
    let (params, mut faults) = body.rest();
    let request = Request::new("funnel", params, "", &mut faults);
    let plan = match Plan::parse(&request, &state.engine.context()) {
        Ok(plan) if faults.is_empty() => plan,
        Ok(_) => return Err(error::invalid_at_top(faults)),
        Err(more) => {
            faults.extend(more);
            return Err(error::invalid_at_top(faults));
        }
    };
    let served = state.engine.answer(project, &request, plan.clone()).await;
    let served = served.map_err(error::at_top)?;
    Ok(Json(present::bare(&plan, &served)))
}
