//! The API's routes. [`ROUTES`] is the only place where one is made: the
//! router, the OpenAPI document and the test of tenancy walk the same table.

mod dashboards;
mod entrance;
mod funnels;
mod info;
mod input;
mod insights;
mod jobs;
mod openapi;
mod operations;
mod query;
mod recent;
mod shared;
mod state;
mod trends;

pub use openapi::document;
pub use state::AppState;

use axum::Router;
use axum::routing::{MethodRouter, delete, get, patch, post};
use service_kit::http::docs_page;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Anybody: it tells nothing of any project.
    Open,
    /// Who may read the project.
    Read,
    /// Who may change the project's dashboards, saved insights and jobs.
    Write,
    /// Who knows a link.
    Link,
}

/// A route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// The path, with `{places}`.
    pub path: &'static str,
    /// Who may call it.
    pub guard: Guard,
    /// What it does, in one sentence.
    pub summary: &'static str,
    handler: fn() -> MethodRouter<AppState>,
}

const fn route(
    method: &'static str,
    path: &'static str,
    guard: Guard,
    summary: &'static str,
    handler: fn() -> MethodRouter<AppState>,
) -> Route {
    Route {
        method,
        path,
        guard,
        summary,
        handler,
    }
}

/// Every route but those of health and metrics.
pub const ROUTES: &[Route] = &[
    route("GET", "/", Guard::Open, "What this is.", || get(info::info)),
    route(
        "GET",
        "/openapi.json",
        Guard::Open,
        "This document.",
        || get(openapi::openapi),
    ),
    route(
        "GET",
        "/docs",
        Guard::Open,
        "This document for people.",
        || get(docs_page),
    ),
    route(
        "GET",
        "/api/trends",
        Guard::Read,
        "One event over time.",
        || get(trends::trends),
    ),
    route(
        "POST",
        "/api/funnels",
        Guard::Read,
        "How far persons come through steps.",
        || post(funnels::funnels),
    ),
    route(
        "GET",
        "/api/events/recent",
        Guard::Read,
        "The latest events.",
        || get(recent::recent),
    ),
    route(
        "POST",
        "/api/query",
        Guard::Read,
        "Any query, answered at once.",
        || post(query::query),
    ),
    route(
        "POST",
        "/api/query/estimate",
        Guard::Read,
        "What a query would cost.",
        || post(query::estimate),
    ),
    route(
        "POST",
        "/api/query/async",
        Guard::Read,
        "Any query, as a job.",
        || post(jobs::create),
    ),
    route(
        "GET",
        "/api/query/async",
        Guard::Read,
        "The project's jobs, newest first.",
        || get(jobs::list),
    ),
    route(
        "GET",
        "/api/query/async/{job_id}",
        Guard::Read,
        "A job and its result.",
        || get(jobs::read),
    ),
    route(
        "DELETE",
        "/api/query/async/{job_id}",
        Guard::Read,
        "Stops a job.",
        || delete(jobs::cancel),
    ),
    route(
        "GET",
        "/api/dashboards",
        Guard::Read,
        "The project's dashboards.",
        || get(dashboards::list),
    ),
    route(
        "POST",
        "/api/dashboards",
        Guard::Write,
        "Makes a dashboard.",
        || post(dashboards::create),
    ),
    route(
        "GET",
        "/api/dashboards/{id}",
        Guard::Read,
        "A dashboard, with results if asked.",
        || get(dashboards::read),
    ),
    route(
        "PATCH",
        "/api/dashboards/{id}",
        Guard::Write,
        "Changes a dashboard.",
        || patch(dashboards::change),
    ),
    route(
        "DELETE",
        "/api/dashboards/{id}",
        Guard::Write,
        "Removes a dashboard.",
        || delete(dashboards::remove),
    ),
    route(
        "POST",
        "/api/dashboards/{id}/duplicate",
        Guard::Write,
        "Copies a dashboard.",
        || post(dashboards::duplicate),
    ),
    route(
        "POST",
        "/api/dashboards/{id}/share",
        Guard::Write,
        "Makes a link to a dashboard.",
        || post(shared::share),
    ),
    route(
        "DELETE",
        "/api/dashboards/{id}/share",
        Guard::Write,
        "Revokes every link to a dashboard.",
        || delete(shared::unshare),
    ),
    route(
        "GET",
        "/api/insights",
        Guard::Read,
        "The project's saved insights.",
        || get(insights::list),
    ),
    route(
        "POST",
        "/api/insights",
        Guard::Write,
        "Saves an insight under a name.",
        || post(insights::create),
    ),
    route(
        "PATCH",
        "/api/insights/{id}",
        Guard::Write,
        "Changes a saved insight.",
        || patch(insights::change),
    ),
    route(
        "DELETE",
        "/api/insights/{id}",
        Guard::Write,
        "Removes a saved insight.",
        || delete(insights::remove),
    ),
    route(
        "GET",
        "/api/shared/{token}",
        Guard::Link,
        "The dashboard of a link, with results.",
        || get(shared::read),
    ),
    route(
        "GET",
        "/api/reconciliation",
        Guard::Read,
        "Whether every accepted event is accounted for.",
        || get(operations::reconciliation),
    ),
    route(
        "GET",
        "/api/pipeline",
        Guard::Read,
        "How the pipeline is doing.",
        || get(operations::pipeline),
    ),
];

/// The routes of [`ROUTES`].
pub fn router() -> Router<AppState> {
    ROUTES.iter().fold(Router::new(), |router, route| {
        router.route(route.path, (route.handler)())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_route_is_there_twice() {
        let mut seen = std::collections::HashSet::new();
        for route in ROUTES {
            assert!(
                seen.insert((route.method, route.path)),
                "{} {}",
                route.method,
                route.path
            );
        }
    }
}
