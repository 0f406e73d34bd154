//! Our failures as the contract's errors.

use crate::engine::Failure;
use crate::query::Fault;
use crate::store::StoreError;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use service_kit::http::{ApiError, FieldError};

/// Seconds after which a busy service is worth asking again.
const BUSY_SECONDS: u64 = 2;

/// A request's faults, each with its path.
pub fn invalid(faults: Vec<Fault>) -> ApiError {
    ApiError::invalid(
        faults
            .into_iter()
            .map(|fault| FieldError::at(fault.path, fault.code, fault.detail))
            .collect(),
    )
}

/// A request's faults where the params stand at the top of the request.
pub fn invalid_at_top(faults: Vec<Fault>) -> ApiError {
    invalid(
        faults
            .into_iter()
            .map(|fault| Fault {
                path: match fault.path.strip_prefix("params.") {
                    Some(path) => path.to_owned(),
                    None => fault.path,
                },
                ..fault
            })
            .collect(),
    )
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        let (code, detail) = (failure.code(), failure.detail());
        match failure {
            Failure::Invalid(faults) => invalid(faults),
            Failure::TooExpensive {
                limit,
                allowed,
                needed,
            } => {
                let error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
                    .with("limit", limit)
                    .with("allowed", allowed)
                    .with("hint", Failure::HINT);
                error.with("needed", needed)
            }
            Failure::Busy => Self::too_many(code, detail, BUSY_SECONDS),
            Failure::TimedOut { .. } => {
                Self::new(StatusCode::GATEWAY_TIMEOUT, code, detail).with("hint", Failure::HINT)
            }
            Failure::Cancelled => Self::conflict(code, detail),
            Failure::Unavailable => Self::unavailable(detail),
            Failure::Internal => Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, detail),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable(_) => {
                tracing::warn!(error = %service_kit::lifecycle::chain(&error), "the store is away");
                Self::unavailable(error.to_string())
            }
            StoreError::Refused(_) | StoreError::Migrate(_) => Self::internal(&error),
        }
    }
}

/// A failure of a request whose params stand at the top of it.
pub fn at_top(failure: Failure) -> ApiError {
    match failure {
        Failure::Invalid(faults) => invalid_at_top(faults),
        other => other.into(),
    }
}

/// An error that the framework made, with the body that all errors have.
pub async fn as_json(response: Response) -> Response {
    let status = response.status();
    let is_json = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if is_json || !status.is_client_error() {
        return response;
    }
    let (code, detail) = match status {
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "this path has no such method"),
        StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "the body is too large"),
        StatusCode::NOT_FOUND => ("not_found", "Not found"),
        _ => ("invalid_request", "the request cannot be read"),
    };
    let (parts, _) = response.into_parts();
    let mut answer = ApiError::new(status, code, detail).into_response();
    if let Some(allowed) = parts.headers.get(http::header::ALLOW) {
        answer
            .headers_mut()
            .insert(http::header::ALLOW, allowed.clone());
    }
    answer
}
