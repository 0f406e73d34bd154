//! `/api/insights`.

use super::AppState;
use super::dashboards::{not_found, parse_id};
use super::entrance::enter_by;
use super::input::{Body, QueryString};
use crate::dashboards::{parse_name, parse_widget};
use crate::insights::Insight;
use crate::query::Fault;
use axum::Json;
use axum::extract::{Path, State};
use identity::access::{Read, Write};
use identity::{Access, Caller};
use serde_json::{Value, json};
use service_kit::http::ApiError;

/// The project's saved insights, the last changed first.
pub(super) async fn list(
    access: Access<Read>,
    State(state): State<AppState>,
    QueryString(mut input): QueryString,
) -> Result<Json<Vec<Insight>>, ApiError> {
    input.take("project_id");
    input.end()?;
    let project = access.project.project_id();
    Ok(Json(state.insights.list(project).await?))
}

/// Saves a question under a name.
pub(super) async fn create(
    caller: Caller,
    State(state): State<AppState>,
    QueryString(mut query): QueryString,
    Body(mut body): Body,
) -> Result<Json<Insight>, ApiError> {
    let project = enter_by::<Write>(&state, &caller, [&mut query, &mut body]).await?;
    let (name, widget) = (body.take("name"), body.take("widget"));
    let mut faults = query.faults();
    faults.extend(body.faults());
    let name = parse_name(name.as_ref(), &mut faults);
    if widget.is_none() {
        faults.push(Fault {
            path: "widget".to_owned(),
            code: "missing",
            detail: "a saved insight needs a widget".to_owned(),
        });
    }
    let limits = &state.config.layouts;
    let widget = widget.and_then(|widget| parse_widget(&widget, limits, &mut faults));
    match (name, widget) {
        (Some(name), Some(widget)) if faults.is_empty() => {
            let now = state.clock.now();
            let saved = state.insights.add(project, &name, &widget, now).await?;
            Ok(Json(saved))
        }
        _ => Err(crate::error::invalid(faults)),
    }
}

/// Changes name, widget or both.
pub(super) async fn change(
    caller: Caller,
    State(state): State<AppState>,
    Path(id): Path<String>,
    QueryString(mut query): QueryString,
    Body(mut body): Body,
) -> Result<Json<Insight>, ApiError> {
    let project = enter_by::<Write>(&state, &caller, [&mut query, &mut body]).await?;
    let (name, widget) = (body.take("name"), body.take("widget"));
    let mut faults = query.faults();
    faults.extend(body.faults());
    let name = name.and_then(|name| parse_name(Some(&name), &mut faults));
    let limits = &state.config.layouts;
    let widget = widget.and_then(|widget| parse_widget(&widget, limits, &mut faults));
    if !faults.is_empty() {
        return Err(crate::error::invalid(faults));
    }
    let (id, now) = (parse_id(&id)?, state.clock.now());
    let changed = state
        .insights
        .change(project, id, name.as_deref(), widget.as_deref(), now)
        .await?;
    changed.map(Json).ok_or_else(not_found)
}

/// Removes a saved insight; dashboards that show it keep their copies.
pub(super) async fn remove(
    access: Access<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let project = access.project.project_id();
    if state.insights.remove(project, parse_id(&id)?).await? {
        return Ok(Json(json!({"deleted": true})));
    }
    Err(not_found())
}
