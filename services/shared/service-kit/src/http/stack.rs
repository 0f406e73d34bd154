//! The middleware every answer passes, outermost first: request id, log line
//! and metrics by route, then a panic turned into a 500.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http::header::HeaderName;
use http::{HeaderValue, Method, StatusCode};
use metrics::Histogram;
use parking_lot::RwLock;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{Instrument, Span};
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

/// Wraps a service's routes in the stack. Call it once, last.
pub fn with_stack(router: Router) -> Router {
    // Both in one layer: each layer costs every request a few allocations.
    router.layer((from_fn(observe), CatchPanicLayer::custom(answer_panic)))
}

/// The same for one handler that no router stands before, at a fraction of the
/// cost: for a path that takes most of a service's requests. What the handler
/// logs is told apart by request only where `debug` lines are logged.
pub async fn in_stack<F>(
    path: &'static str,
    request: Request,
    handler: impl FnOnce(Request) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    let guarded = |request| async move {
        let answered = AssertUnwindSafe(handler(request)).catch_unwind().await;
        answered.unwrap_or_else(answer_panic)
    };
    let span = |id: &str| tracing::debug_span!("request", request.id = %id);
    observed(path, request, span, guarded).await
}

async fn observe(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let path = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let span = |id: &str| tracing::info_span!("request", request.id = %id);
    observed(path, request, span, |request| next.run(request)).await
}

async fn observed<F>(
    path: &str,
    request: Request,
    span: fn(&str) -> Span,
    answer: impl FnOnce(Request) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    let started = Instant::now();
    let id = request_id(&request);
    let method = known_method(request.method());
    let id_text = id.to_str().unwrap_or_default();
    let mut response = answer(request).instrument(span(id_text)).await;
    let elapsed = started.elapsed();
    let status = response.status();
    measure(method, path, status, elapsed);
    // A 503 says that something is away or full: thousands a second may do so,
    // and what is away is logged where it is noticed.
    if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
        tracing::warn!(
            request.id = %id_text,
            http.method = method,
            http.route = path,
            http.status = status.as_u16(),
            elapsed_ms = elapsed.as_millis(),
            "answered"
        );
    } else {
        tracing::debug!(
            request.id = %id_text,
            http.method = method,
            http.route = path,
            http.status = status.as_u16(),
            elapsed_ms = elapsed.as_millis(),
            "answered"
        );
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Under which a request is found in the logs: the client's `X-Request-Id`
/// when it is usable, else a new one. It is answered in the same header.
fn request_id(request: &Request) -> HeaderValue {
    let usable = |id: &&HeaderValue| {
        (1..=128).contains(&id.len())
            && id
                .as_bytes()
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
    };
    let given = request.headers().get(REQUEST_ID).filter(usable);
    given.cloned().unwrap_or_else(|| {
        let mut text = Uuid::encode_buffer();
        let id = Uuid::now_v7().hyphenated().encode_lower(&mut text);
        // Digits, letters and hyphens are always a header's value.
        HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("none"))
    })
}

/// A method as metrics name it: clients may make up any number of others.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

type Durations = HashMap<(&'static str, StatusCode), HashMap<String, Histogram>>;

/// The distributions met so far, by method, status and route: finding one by
/// its labels makes a text of each for every request.
static DURATIONS: LazyLock<RwLock<Durations>> = LazyLock::new(RwLock::default);

fn measure(method: &'static str, path: &str, status: StatusCode, elapsed: Duration) {
    let seconds = elapsed.as_secs_f64();
    let key = (method, status);
    let known = DURATIONS.read();
    if let Some(duration) = known.get(&key).and_then(|routes| routes.get(path)) {
        return duration.record(seconds);
    }
    drop(known);
    let duration = DURATION.distribution(&[method, path, status.as_str()]);
    duration.record(seconds);
    let mut durations = DURATIONS.write();
    durations
        .entry(key)
        .or_default()
        .insert(path.to_owned(), duration);
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

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[tokio::test]
    async fn a_panic_that_no_router_stands_before_is_a_500_under_its_id() {
        let request = Request::builder()
            .header(REQUEST_ID, "abc")
            .body(Body::empty())
            .unwrap();
        let handler = |_: Request| futures::future::lazy(|_| -> Response { panic!("on purpose") });
        let response = in_stack("/path", request, handler).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()[REQUEST_ID], "abc");
    }
}
