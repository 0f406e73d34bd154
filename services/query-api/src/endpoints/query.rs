//! `POST /api/query` and `POST /api/query/estimate`.

use super::AppState;
use super::entrance::enter;
use super::input::{Body, Input, QueryString};
use super::jobs;
use crate::engine::{Cost, Failure, Plan, Request};
use crate::{error, present};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use event_schema::ids::ProjectId;
use identity::Caller;
use identity::access::Read;
use serde_json::Value;
use service_kit::http::ApiError;

/// A body with `type` and `params`, understood, of a caller who was let in.
pub(super) struct Asked {
    pub(super) project: ProjectId,
    pub(super) request: Request,
    pub(super) plan: Plan,
    /// The params as they were sent.
    pub(super) params: Value,
    /// Whether a query that costs too much may become a job.
    may_be_job: bool,
}

impl Asked {
    /// Lets the caller in and reads the body.
    pub(super) async fn read(
        state: &AppState,
        caller: &Caller,
        mut query: Input,
        mut body: Input,
    ) -> Result<Self, ApiError> {
        let params = body.take("params").unwrap_or_default();
        let in_params = params
            .get("project_id")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let names = [query.text("project_id"), body.text("project_id"), in_params];
        let names = names.each_ref().map(Option::as_deref);
        let project = enter::<Read>(state, caller, &names).await?;
        let kind = body.text("type");
        let may_be_job = match body.text("when_expensive").as_deref() {
            None | Some("fail") => false,
            Some("job") => true,
            Some(_) => {
                body.fault(
                    "when_expensive",
                    "invalid",
                    "when_expensive must be fail or job",
                );
                false
            }
        };
        if kind.is_none() {
            body.fault("type", "missing", "type is required");
        }
        let mut faults = query.faults();
        faults.extend(body.faults());
        let kind = kind.unwrap_or_default();
        let request = Request::new(&kind, params.clone(), "params", &mut faults);
        if kind.is_empty() {
            return Err(error::invalid(faults));
        }
        match Plan::parse(&request, &state.engine.context()) {
            Ok(plan) if faults.is_empty() => Ok(Self {
                project,
                request,
                plan,
                params,
                may_be_job,
            }),
            outcome => {
                faults.extend(outcome.err().unwrap_or_default());
                Err(error::invalid(faults))
            }
        }
    }
}

/// Any query, answered at once; one that costs too much becomes a job where
/// the caller allows it.
pub(super) async fn query(
    caller: Caller,
    State(state): State<AppState>,
    QueryString(query): QueryString,
    Body(body): Body,
) -> Result<Response, ApiError> {
    let asked = Asked::read(&state, &caller, query, body).await?;
    let answer = state
        .engine
        .answer(asked.project, &asked.request, asked.plan.clone());
    match answer.await {
        Ok(served) => {
            let body = present::enveloped(&asked.plan, &served).ok_or(Failure::Internal)?;
            Ok(Json(body).into_response())
        }
        Err(Failure::TooExpensive { .. } | Failure::TimedOut { .. }) if asked.may_be_job => {
            jobs::make(&state, &asked).await
        }
        Err(failure) => Err(failure.into()),
    }
}

/// What a query would cost, without running it.
pub(super) async fn estimate(
    caller: Caller,
    State(state): State<AppState>,
    QueryString(query): QueryString,
    Body(body): Body,
) -> Result<Json<Cost>, ApiError> {
    let asked = Asked::read(&state, &caller, query, body).await?;
    Ok(Json(state.engine.cost(asked.project, &asked.plan).await?))
}
