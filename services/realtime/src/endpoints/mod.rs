//! The HTTP routes.

mod entrance;

mod live;

mod streams;

mod tickets;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::routing::{get, post};
use http::request::Parts;
use service_kit::http::{ApiError, FieldError};

use crate::access::{Grant, Query};
use crate::app::Services;
use crate::feed::SourceState;
use crate::metrics::TURNED_AWAY;
use crate::socket;

pub(crate) use streams::accept_viewer;

/// Every route of the service but health and metrics.
pub fn router() -> Router<Services> {
    Router::new()
        .route("/", get(entrance::entrance))
        .route("/dashboard", get(socket::viewer::open))
        .route("/api/live", get(live::live))
        .route("/api/live-users", get(live::live_users))
        .route("/api/live-stream", get(streams::live_stream))
        .route("/api/debug-stream", get(streams::debug_stream))
        .route("/api/tickets", post(tickets::issue))
}

/// Somebody who was let into a project, with the query string they came with.
pub(crate) struct Admitted {
    pub(crate) grant: Grant,
    pub(crate) query: Query,
}

impl FromRequestParts<Services> for Admitted {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let admitted = services.gate.admit(&parts.headers, &query).await;
        let grant = admitted.inspect_err(|error| {
            TURNED_AWAY.count(&[error.code]).increment(1);
        })?;
        if let Some((path, detail)) = query.fault {
            return Err(ApiError::invalid(vec![FieldError::at(
                path, "invalid", detail,
            )]));
        }
        Ok(Self { grant, query })
    }
}

/// Waits a moment for events to arrive; a 503 when they do not.
pub(crate) async fn await_events(services: &Services) -> Result<(), ApiError> {
    let mut state = services.hub.state();
    let is_decided = |state: &SourceState| *state != SourceState::CatchingUp;
    let waited = tokio::time::timeout(services.patience, state.wait_for(is_decided)).await;
    match waited {
        Ok(Ok(state)) if *state == SourceState::Live => Ok(()),
        _ => Err(ApiError::unavailable("Events do not arrive at the moment")),
    }
}
