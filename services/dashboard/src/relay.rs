//! Passing requests on: `/auth/…` to the auth API, `/query/…` to the query API,
//! `/realtime/…` to the realtime service.
//! Bodies stream both ways; a page that leaves takes its query with it.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use futures::TryStreamExt;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use service_kit::http::ApiError;

use crate::peer::{FORWARDED_FOR, ForwardedFor};
use crate::upstream::{Upstream, unavailable};

/// Where a stream of events goes on.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What is passed on of a request: its credential and what its body is, never
/// cookies.
const TOLD: [HeaderName; 6] = [
    AUTHORIZATION,
    CONTENT_TYPE,
    CONTENT_LENGTH,
    ACCEPT,
    REQUEST_ID,
    LAST_EVENT_ID,
];
/// What is passed back.
const ANSWERED: [HeaderName; 3] = [CONTENT_TYPE, RETRY_AFTER, REQUEST_ID];

pub(crate) fn router(upstream: Upstream) -> Router {
    Router::new()
        .route("/auth/api/{*path}", any(to_auth))
        .route("/query/api/{*path}", any(to_query))
        .route("/realtime/api/{*path}", any(to_realtime))
        .with_state(upstream)
}

async fn to_auth(
    State(upstream): State<Upstream>,
    from: ForwardedFor,
    request: Request,
) -> Result<Response, ApiError> {
    pass_on(&upstream, &upstream.auth_url, "/auth", from, request).await
}

async fn to_query(
    State(upstream): State<Upstream>,
    from: ForwardedFor,
    request: Request,
) -> Result<Response, ApiError> {
    pass_on(&upstream, &upstream.query_url, "/query", from, request).await
}

async fn to_realtime(
    State(upstream): State<Upstream>,
    from: ForwardedFor,
    request: Request,
) -> Result<Response, ApiError> {
    if upstream.realtime_url.is_empty() {
        return Err(ApiError::not_found("no realtime service is configured"));
    }
    pass_on(
        &upstream,
        &upstream.realtime_url,
        "/realtime",
        from,
        request,
    )
    .await
}

async fn pass_on(
    upstream: &Upstream,
    base: &str,
    prefix: &str,
    from: ForwardedFor,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = format!("{base}{}", path.strip_prefix(prefix).unwrap_or(path));
    let mut onward = upstream.client.request(parts.method, url);
    for name in TOLD {
        if let Some(value) = parts.headers.get(&name) {
            onward = onward.header(name, value);
        }
    }
    if let Some(from) = from.0 {
        onward = onward.header(FORWARDED_FOR, from);
    }
    let onward = onward.body(reqwest::Body::wrap_stream(body.into_data_stream()));
    let answer = onward.send().await.map_err(|error| unavailable(&error))?;
    let mut response = Response::builder().status(answer.status());
    for name in ANSWERED {
        if let Some(value) = answer.headers().get(&name) {
            response = response.header(name, value);
        }
    }
    let body = Body::from_stream(answer.bytes_stream().map_err(std::io::Error::other));
    response
        .body(body)
        .map_err(|error| ApiError::internal(&error))
}
