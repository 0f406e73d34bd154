//! `GET /api/reconciliation` and `GET /api/pipeline`: the pipeline as the
//! project's operators see it.

use super::AppState;
use super::input::QueryString;
use crate::engine::{Failure, instant};
use crate::query::fields::Fields;
use crate::query::frame;
use axum::Json;
use axum::extract::State;
use chrono::DateTime;
use event_schema::ids::ProjectId;
use identity::Access;
use identity::access::Read;
use serde_json::{Value, json};
use service_kit::http::ApiError;
use uuid::Uuid;
use warehouse::WarehouseError;
use warehouse::ledger::Freshness;
use warehouse::proof::reconcile::reconcile;
use warehouse::proof::{Extent, Reconciliation};
use warehouse::read::{PartitionState, ReadLimits, Refused};

/// The time over which a rate is counted.
const RATE_MS: i64 = 60 * 1000;
/// The time over which freshness is told.
const FRESHNESS_MS: i64 = 60 * 60 * 1000;
/// The time over which refusals are told.
const REFUSED_MS: i64 = 24 * 60 * 60 * 1000;

/// Whether every accepted event is accounted for.
pub(super) async fn reconciliation(
    access: Access<Read>,
    State(state): State<AppState>,
    QueryString(mut input): QueryString,
) -> Result<Json<Value>, ApiError> {
    input.take("project_id");
    let extent = extent(access.project.project_id(), input, &state)?;
    let found = reconcile(&state.warehouse, &extent, None, state.clock.now_ms()).await;
    Ok(Json(reconciled(&found.map_err(unavailable)?)))
}

/// The range of a request; everything when it names none.
fn extent(
    project: ProjectId,
    input: super::input::Input,
    state: &AppState,
) -> Result<Extent, ApiError> {
    let (params, mut faults) = input.rest();
    let has = |name: &str| params.get(name).is_some();
    let (has_from, has_to) = (has("date_from"), has("date_to"));
    let mut fields = Fields::new(&params, "params", &mut faults);
    let frame = frame(&mut fields, &state.engine.context());
    fields.finish();
    if !faults.is_empty() {
        return Err(crate::error::invalid_at_top(faults));
    }
    let span = frame.map(|frame| frame.span);
    Ok(Extent {
        project: Some(project),
        from: span.filter(|_| has_from).map(|span| span.from_ms),
        to: span.filter(|_| has_to).map(|span| span.to_ms),
    })
}

fn reconciled(found: &Reconciliation) -> Value {
    json!({
        "accepted": found.accepted,
        "stored": found.stored,
        "duplicate": found.duplicate,
        "quarantined": found.quarantined,
        "removed": found.removed,
        "in_flight": found.in_flight,
        "exact": found.exact,
        "differences": found.differences,
        "checked_at": time(found.checked_at),
    })
}

/// How the pipeline is doing: the project's own numbers, and how far the
/// consumers are.
pub(super) async fn pipeline(
    access: Access<Read>,
    State(state): State<AppState>,
    QueryString(mut input): QueryString,
) -> Result<Json<Value>, ApiError> {
    input.take("project_id");
    input.end()?;
    let now_ms = state.clock.now_ms();
    let scope = state.engine.scope(access.project.project_id());
    let reading = scope.reading(Uuid::new_v4(), ReadLimits::default());
    let (rate, hour, partitions, refused, dead, marks) = tokio::join!(
        scope.intake(now_ms - RATE_MS),
        scope.intake(now_ms - FRESHNESS_MS),
        scope.partitions(),
        reading.refused(now_ms - REFUSED_MS),
        reading.dead_letters(),
        state.freshness.marks(),
    );
    let (rate, hour) = (rate.map_err(Failure::from)?, hour.map_err(Failure::from)?);
    let partitions = partitions.map_err(Failure::from)?;
    let until = |partition: u32| {
        marks
            .iter()
            .find(|mark| mark.partition == partition)
            .map(|mark| mark.until)
    };
    let lag: Vec<Value> = partitions
        .iter()
        .map(|at| lag(at, until(at.partition), now_ms))
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let per_second = rate.stored as f64 / (RATE_MS as f64 / 1000.0);
    Ok(Json(json!({
        "events_per_second": per_second,
        "lag": lag,
        "freshness": freshness(&hour.freshness),
        "last_hour": {"stored": hour.stored, "duplicate": hour.duplicate, "quarantined": hour.quarantined},
        "refused": told(&refused.map_err(Failure::from)?),
        "dead_letters": told(&dead.map_err(Failure::from)?),
        "checked_at": time(now_ms),
    })))
}

/// How far the consumer is in a partition. `lag_ms`: how long ago the instant
/// was up to which it is complete; not known without a mark.
fn lag(at: &PartitionState, until_ms: Option<i64>, now_ms: i64) -> Value {
    json!({
        "partition": at.partition,
        "next_offset": at.next_offset,
        "last_appended_at": time(at.appended_ms),
        "last_inserted_at": time(at.inserted_ms),
        "complete_until": until_ms.map(time),
        "lag_ms": until_ms.map(|until_ms| (now_ms - until_ms).max(0)),
    })
}

/// Milliseconds from capture to queryable that the given part of events did
/// not exceed; `null` without events.
fn freshness(times: &Freshness) -> Value {
    json!({"p50_ms": times.quantile(0.5), "p95_ms": times.quantile(0.95), "p99_ms": times.quantile(0.99)})
}

fn told(refused: &[Refused]) -> Vec<Value> {
    let one = |refused: &Refused| {
        json!({
            "reason": refused.reason,
            "count": refused.count,
            "detail": refused.detail,
            "example": refused.example,
            "last_at": time(refused.last_ms),
        })
    };
    refused.iter().map(one).collect()
}

fn time(at_ms: i64) -> String {
    instant(DateTime::from_timestamp_millis(at_ms).unwrap_or_default())
}

fn unavailable(error: WarehouseError) -> ApiError {
    if error.is_transient() {
        tracing::warn!(%error, "the ledger cannot be read");
        return ApiError::unavailable("the warehouse is unavailable");
    }
    ApiError::internal(&error)
}
