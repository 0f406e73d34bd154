//! The middleware every answer passes, outermost first: request id, log line
//! and metrics by route, then a panic turned into a 500.

use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::header::HeaderName;
use http::{HeaderValue, StatusCode};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use uuid::Uuid;

use super::ApiError;
use crate::metrics::Metric;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const DURATION: Metric = Metric::duration(
    "http_request_duration_seconds",
    &["method", "route", "status"],
    "Time to answer a request.",
);

/// Metrics of the HTTP stack.
pub const METRICS: &[Metric] = &[DURATION];

/// The id under which a request is found in the logs: the client's
/// `X-Request-Id` when it is usable, else a new one. It is answered in the
/// same header.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Wraps a service's routes in the stack. Call it once, last.
pub fn with_stack(router: Router) -> Router {
    router
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(from_fn(observe))
}

async fn observe(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&request);
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", request.id = %id, http.method = %method, http.route = %route);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).instrument(span.clone()).await;
    let elapsed = started.elapsed();
    let status = response.status();
    DURATION
        .distribution(&[method.as_str(), &route, status.as_str()])
        .record(elapsed.as_secs_f64());
    let _entered = span.enter();
    // A 503 says that something is away or full: thousands a second may do so,
    // and what is away is logged where it is noticed.
    if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
        tracing::warn!(
            http.status = status.as_u16(),
            elapsed_ms = elapsed.as_millis(),
            "answered"
        );
    } else {
        tracing::debug!(
            http.status = status.as_u16(),
            elapsed_ms = elapsed.as_millis(),
            "answered"
        );
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn request_id(request: &Request) -> String {
    let usable = |id: &&str| {
        (1..=128).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let given = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(usable);
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

fn answer_panic(panic: Box<dyn std::any::Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic = message, "a handler panicked");
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "internal error",
    )
    .into_response()
}
