//! `/api/dashboards`.

use super::AppState;
use super::entrance::enter_by;
use super::input::{Body, QueryString};
use crate::dashboards::{Age, Dashboard, WithResults, parse_layout, parse_name, with_results};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use identity::access::{Read, Write};
use identity::{Access, Caller};
use serde_json::{Value, json};
use service_kit::http::ApiError;
use uuid::Uuid;

/// The layout of a dashboard that was made without one.
const EMPTY: &str = "[]";

/// The project's dashboards, oldest first.
pub(super) async fn list(
    access: Access<Read>,
    State(state): State<AppState>,
    QueryString(mut input): QueryString,
) -> Result<Json<Vec<Dashboard>>, ApiError> {
    input.take("project_id");
    input.end()?;
    Ok(Json(
        state.dashboards.list(access.project.project_id()).await?,
    ))
}

/// Makes a dashboard.
pub(super) async fn create(
    caller: Caller,
    State(state): State<AppState>,
    QueryString(mut query): QueryString,
    Body(mut body): Body,
) -> Result<Json<Dashboard>, ApiError> {
    let project = enter_by::<Write>(&state, &caller, [&mut query, &mut body]).await?;
    let (name, layout) = (body.take("name"), body.take("layout"));
    let mut faults = query.faults();
    faults.extend(body.faults());
    let name = parse_name(name.as_ref(), &mut faults);
    let layout = match layout {
        None | Some(Value::Null) => Some(EMPTY.to_owned()),
        Some(layout) => parse_layout(&layout, &state.config.layouts, &mut faults),
    };
    match (name, layout) {
        (Some(name), Some(layout)) if faults.is_empty() => {
            let now = state.clock.now();
            Ok(Json(
                state.dashboards.add(project, &name, &layout, now).await?,
            ))
        }
        _ => Err(crate::error::invalid(faults)),
    }
}

/// A dashboard; `?with_results=true` runs its widgets.
pub(super) async fn read(
    access: Access<Read>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    QueryString(mut input): QueryString,
) -> Result<Response, ApiError> {
    input.take("project_id");
    let (wants_results, refresh) = (input.flag("with_results"), input.flag("refresh"));
    input.end()?;
    let id = parse_id(&id)?;
    let dashboard = state
        .dashboards
        .find(access.project.project_id(), id)
        .await?;
    let dashboard = dashboard.ok_or_else(not_found)?;
    if !wants_results {
        return Ok(Json(dashboard).into_response());
    }
    let age = if refresh { Age::Fresh } else { Age::AsAsked };
    let answer: WithResults = with_results(&state.engine, dashboard, age).await;
    Ok(Json(answer).into_response())
}

/// Changes name, layout or both.
pub(super) async fn change(
    caller: Caller,
    State(state): State<AppState>,
    Path(id): Path<String>,
    QueryString(mut query): QueryString,
    Body(mut body): Body,
) -> Result<Json<Dashboard>, ApiError> {
    let project = enter_by::<Write>(&state, &caller, [&mut query, &mut body]).await?;
    let (name, layout) = (body.take("name"), body.take("layout"));
    let mut faults = query.faults();
    faults.extend(body.faults());
    let name = name.and_then(|name| parse_name(Some(&name), &mut faults));
    let layout =
        layout.and_then(|layout| parse_layout(&layout, &state.config.layouts, &mut faults));
    if !faults.is_empty() {
        return Err(crate::error::invalid(faults));
    }
    let now = state.clock.now();
    let changed = state
        .dashboards
        .change(
            project,
            parse_id(&id)?,
            name.as_deref(),
            layout.as_deref(),
            now,
        )
        .await?;
    changed.map(Json).ok_or_else(not_found)
}

/// Removes a dashboard and its links.
pub(super) async fn remove(
    access: Access<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let removed = state
        .dashboards
        .remove(access.project.project_id(), parse_id(&id)?)
        .await?;
    if removed {
        return Ok(Json(json!({"deleted": true})));
    }
    Err(not_found())
}

/// Copies a dashboard; the copy has no links.
pub(super) async fn duplicate(
    access: Access<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Dashboard>, ApiError> {
    let project = access.project.project_id();
    let original = state
        .dashboards
        .find(project, parse_id(&id)?)
        .await?
        .ok_or_else(not_found)?;
    let name: String = format!("{} (copy)", original.name)
        .chars()
        .take(200)
        .collect();
    let copy = state
        .dashboards
        .add(project, &name, original.layout.get(), state.clock.now())
        .await?;
    Ok(Json(copy))
}

/// An id that is none names no dashboard.
pub(super) fn parse_id(text: &str) -> Result<Uuid, ApiError> {
    Uuid::parse_str(text).map_err(|_| not_found())
}

pub(super) fn not_found() -> ApiError {
    ApiError::not_found("Not found")
}
