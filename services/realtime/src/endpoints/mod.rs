//! The HTTP routes. [`ROUTES`] is the only place where one is made: the router,
//! the OpenAPI document and the test of tenancy walk the same table.

mod entrance;

mod live;

mod openapi;

mod streams;

mod tickets;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::routing::{MethodRouter, get, post};
use http::request::Parts;
use service_kit::http::{ApiError, FieldError, docs_page};

use crate::access::{Grant, Query};
use crate::app::Services;
use crate::feed::SourceState;
use crate::metrics::TURNED_AWAY;
use crate::socket;

pub(crate) use streams::accept_viewer;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Anybody: it tells nothing of any project.
    Open,
    /// Who may read the project.
    Read,
    /// Who may read the project; others are told so on the socket that it opens.
    ReadOnSocket,
}

/// A route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// Who may call it.
    pub guard: Guard,
    handler: fn() -> MethodRouter<Services>,
}

const fn route(
    method: &'static str,
    path: &'static str,
    guard: Guard,
    handler: fn() -> MethodRouter<Services>,
) -> Route {
    Route {
        method,
        path,
        guard,
        handler,
    }
}

/// Every route of the service but health and metrics.
pub const ROUTES: &[Route] = &[
    route("GET", "/", Guard::Open, || get(entrance::entrance)),
    route("GET", "/openapi.json", Guard::Open, || {
        get(openapi::openapi)
    }),
    route("GET", "/docs", Guard::Open, || get(docs_page)),
    route("GET", "/dashboard", Guard::ReadOnSocket, || {
        get(socket::viewer::open)
    }),
    route("GET", "/api/live", Guard::Read, || get(live::live)),
    route("GET", "/api/live-users", Guard::Read, || {
        get(live::live_users)
    }),
    route("GET", "/api/live-stream", Guard::Read, || {
        get(streams::live_stream)
    }),
    route("GET", "/api/debug-stream", Guard::Read, || {
        get(streams::debug_stream)
    }),
    route("POST", "/api/tickets", Guard::Read, || post(tickets::issue)),
];

/// The routes of [`ROUTES`].
pub fn router() -> Router<Services> {
    ROUTES.iter().fold(Router::new(), |router, route| {
        router.route(route.path, (route.handler)())
    })
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
