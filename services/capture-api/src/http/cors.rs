//! Any page may send events: the origin is mirrored on every answer, errors
//! included. The key decides whose events they are, never a cookie.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, OPTIONS");
/// How long a browser may remember a preflight, in seconds: a day.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");
const EXPOSED: HeaderValue = HeaderValue::from_static("Retry-After, X-Request-Id");
const VARIES: HeaderValue = HeaderValue::from_static("Origin, Access-Control-Request-Headers");

/// Answers preflights and adds the headers to every other answer.
pub async fn allow(request: Request, next: Next) -> Response {
    let site = Site::of(&request);
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response = if is_preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    if is_preflight {
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    }
    site.allow(headers);
    response
}

/// The site whose page sends a request, if it is one.
#[derive(Debug)]
pub struct Site {
    origin: Option<HeaderValue>,
    wanted: Option<HeaderValue>,
}

impl Site {
    /// As the request says.
    pub fn of(request: &Request) -> Self {
        let header = |name| request.headers().get(name).cloned();
        Self {
            origin: header(ORIGIN),
            wanted: header(ACCESS_CONTROL_REQUEST_HEADERS),
        }
    }

    /// Lets its page read the answer with these headers.
    pub fn allow(self, headers: &mut HeaderMap) {
        let Some(origin) = self.origin else {
            return;
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        // Beacons carry cookies whether anybody wants them or not.
        headers.insert(
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        headers.insert(VARY, VARIES);
        if let Some(wanted) = self.wanted {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted);
        }
    }
}
