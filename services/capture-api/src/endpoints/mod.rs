//! The paths. [`ROUTES`] is the whole list: the router is built from it, and
//! so is the test that no key writes into another's project.

mod bklit;
mod capture;
mod posthog;
mod segment;
mod start_up;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::MethodRouter;
use http::StatusCode;
use serde_json::json;

pub(crate) use self::capture::before;
use crate::app::Services;

/// How a router of one path is made.
type Make = fn() -> MethodRouter<Arc<Services>>;

/// A path and what stands behind it.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The path as axum writes it.
    pub path: &'static str,
    /// Who sends there, and what it takes.
    pub kind: RouteKind,
    make: Make,
}

/// What a path takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// Native events.
    Native,
    /// Bklit's reports.
    Bklit,
    /// PostHog's events.
    PostHog,
    /// PostHog's newest form.
    PostHogV1,
    /// Segment's calls, in a batch.
    SegmentBatch,
    /// One Segment call.
    SegmentCall,
    /// Nothing: it tells an SDK how to start.
    StartUp,
}

const fn route(path: &'static str, kind: RouteKind, make: Make) -> Route {
    Route { path, kind, make }
}

/// Every path of the service but health and metrics.
pub const ROUTES: &[Route] = &[
    route(capture::PATH, RouteKind::Native, capture::route),
    route("/track", RouteKind::Bklit, bklit::page_view),
    route("/track-event", RouteKind::Bklit, bklit::event),
    route("/session-end", RouteKind::Bklit, bklit::session_end),
    route("/capture/", RouteKind::PostHog, posthog::events),
    route("/track/", RouteKind::PostHog, posthog::events),
    route("/e", RouteKind::PostHog, posthog::events),
    route("/e/", RouteKind::PostHog, posthog::events),
    route("/batch", RouteKind::PostHog, posthog::events),
    route("/batch/", RouteKind::PostHog, posthog::events),
    route("/i/v0/e", RouteKind::PostHog, posthog::events),
    route("/i/v0/e/", RouteKind::PostHog, posthog::events),
    route("/engage", RouteKind::PostHog, posthog::engage),
    route("/engage/", RouteKind::PostHog, posthog::engage),
    route(
        "/i/v1/analytics/events",
        RouteKind::PostHogV1,
        posthog::events_v1,
    ),
    route(
        "/i/v1/analytics/events/",
        RouteKind::PostHogV1,
        posthog::events_v1,
    ),
    route("/v1/batch", RouteKind::SegmentBatch, segment::batch),
    route("/v1/import", RouteKind::SegmentBatch, segment::batch),
    route("/v1/b", RouteKind::SegmentBatch, segment::batch),
    route("/v1/track", RouteKind::SegmentCall, segment::track),
    route("/v1/t", RouteKind::SegmentCall, segment::track),
    route("/v1/page", RouteKind::SegmentCall, segment::page),
    route("/v1/p", RouteKind::SegmentCall, segment::page),
    route("/v1/screen", RouteKind::SegmentCall, segment::screen),
    route("/v1/s", RouteKind::SegmentCall, segment::screen),
    route("/v1/identify", RouteKind::SegmentCall, segment::identify),
    route("/v1/i", RouteKind::SegmentCall, segment::identify),
    route("/v1/group", RouteKind::SegmentCall, segment::group),
    route("/v1/g", RouteKind::SegmentCall, segment::group),
    route("/v1/alias", RouteKind::SegmentCall, segment::alias),
    route("/v1/a", RouteKind::SegmentCall, segment::alias),
    route(
        "/array/{token}/config.js",
        RouteKind::StartUp,
        start_up::config_script,
    ),
    route(
        "/array/{token}/config",
        RouteKind::StartUp,
        start_up::config,
    ),
    route("/flags", RouteKind::StartUp, start_up::flags),
    route("/flags/", RouteKind::StartUp, start_up::flags),
    route("/decide", RouteKind::StartUp, start_up::flags),
    route("/decide/", RouteKind::StartUp, start_up::flags),
];

/// The router of all paths.
pub fn router(services: Arc<Services>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        router = router.route(route.path, (route.make)());
    }
    router
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .with_state(services)
}

async fn not_found() -> Response {
    let body = json!({"detail": "Not found", "code": "not_found"});
    crate::answers::json_of(StatusCode::NOT_FOUND, None, &body)
}

async fn wrong_method() -> Response {
    let body = json!({"detail": "Method not allowed", "code": "method_not_allowed"});
    crate::answers::json_of(StatusCode::METHOD_NOT_ALLOWED, None, &body)
}
