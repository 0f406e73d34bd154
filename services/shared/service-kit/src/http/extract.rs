//! Bodies and query strings as validated values; what is wrong is named by
//! its path.

use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::request::Parts;
use serde::de::DeserializeOwned;
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

use super::{ApiError, FieldError};

/// A JSON body, whatever its content type says, that passed its validation.
#[derive(Clone, Copy, Debug)]
pub struct ValidatedJson<T>(pub T);

/// A query string that passed its validation.
#[derive(Clone, Copy, Debug)]
pub struct ValidatedQuery<T>(pub T);

impl<T: DeserializeOwned + Validate, S: Send + Sync> FromRequest<S> for ValidatedJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| {
                ApiError::new(rejection.status(), "body_unreadable", rejection.body_text())
            })?;
        let mut json = serde_json::Deserializer::from_slice(&body);
        let value: T =
            serde_path_to_error::deserialize(&mut json).map_err(|error| fault(&error))?;
        json.end().map_err(|error| {
            ApiError::bad_request("invalid_json", format!("the body is not JSON: {error}"))
        })?;
        value
            .validate()
            .map_err(|errors| ApiError::invalid(faults(&errors)))?;
        Ok(Self(value))
    }
}

impl<T: DeserializeOwned + Validate, S: Send + Sync> FromRequestParts<S> for ValidatedQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = serde_urlencoded::Deserializer::new(url_pairs(query));
        let value: T = serde_path_to_error::deserialize(pairs).map_err(|error| {
            ApiError::invalid(vec![field_fault(error.path(), &error.inner().to_string())])
        })?;
        value
            .validate()
            .map_err(|errors| ApiError::invalid(faults(&errors)))?;
        Ok(Self(value))
    }
}

fn url_pairs(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}

fn fault(error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let inner = error.inner();
    if inner.is_data() {
        return ApiError::invalid(vec![field_fault(error.path(), &inner.to_string())]);
    }
    ApiError::bad_request("invalid_json", format!("the body is not JSON: {inner}"))
}

/// The fault of the field that serde complains about: one that is missing or
/// unknown is named only in the message, the others by the path.
fn field_fault(path: &serde_path_to_error::Path, message: &str) -> FieldError {
    // Where it stands in the text says nothing beside the path.
    let message = message
        .rsplit_once(" at line ")
        .map_or(message, |(fault, _)| fault);
    let path = path.to_string();
    let parent = if path == "." { "" } else { path.as_str() };
    let below = |name: &str| match parent {
        "" => name.to_owned(),
        _ if parent == name || parent.ends_with(&format!(".{name}")) => parent.to_owned(),
        _ => format!("{parent}.{name}"),
    };
    let quoted = |rest: &str| rest.split('`').next().unwrap_or_default().to_owned();
    if let Some(rest) = message.strip_prefix("missing field `") {
        return FieldError::at(below(&quoted(rest)), "required", "is required");
    }
    if let Some(rest) = message.strip_prefix("unknown field `") {
        return FieldError::at(below(&quoted(rest)), "unknown_field", message);
    }
    FieldError::at(parent, "invalid", message)
}

/// Every fault that a validation found, by path.
fn faults(errors: &ValidationErrors) -> Vec<FieldError> {
    let mut found = Vec::new();
    collect("", errors, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(prefix: &str, errors: &ValidationErrors, found: &mut Vec<FieldError>) {
    for (field, kind) in errors.errors() {
        let path = if prefix.is_empty() {
            field.to_string()
        } else {
            format!("{prefix}.{field}")
        };
        match kind {
            ValidationErrorsKind::Struct(inner) => collect(&path, inner, found),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(&format!("{path}[{index}]"), inner, found);
                }
            }
            ValidationErrorsKind::Field(faults) => {
                found.extend(faults.iter().map(|fault| {
                    let detail = fault.message.as_ref().map_or_else(
                        || format!("does not satisfy `{}`", fault.code),
                        ToString::to_string,
                    );
                    FieldError::at(path.clone(), fault.code.to_string(), detail)
                }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[validate(length(min = 1, message = "must not be empty"))]
        name: String,
        #[validate(nested)]
        #[serde(default)]
        items: Vec<Item>,
    }

    #[derive(Debug, Deserialize, Validate)]
    struct Item {
        #[validate(range(max = 3))]
        size: u8,
    }

    async fn parse(body: &'static str) -> Result<Body, ApiError> {
        let request = Request::new(axum::body::Body::from(body));
        ValidatedJson::<Body>::from_request(request, &())
            .await
            .map(|ValidatedJson(body)| body)
    }

    #[tokio::test]
    async fn faults_are_named_by_path() {
        let error = parse(r#"{"name":"","items":[{"size":1},{"size":9}]}"#)
            .await
            .unwrap_err();
        let paths: Vec<_> = error
            .errors
            .iter()
            .filter_map(|fault| fault.path.as_deref())
            .collect();
        assert_eq!(paths, ["items[1].size", "name"]);
        let error = parse(r#"{"name":"a","items":[{"size":"x"}]}"#)
            .await
            .unwrap_err();
        assert_eq!(error.errors[0].path.as_deref(), Some("items[0].size"));
        let error = parse(r#"{"name":"a","nmae":1}"#).await.unwrap_err();
        assert!(error.detail.contains("nmae"), "{}", error.detail);
        assert_eq!(error.errors[0].path.as_deref(), Some("nmae"));
        let error = parse(r#"{"name":"a","items":[{}]}"#).await.unwrap_err();
        assert_eq!(error.errors[0].path.as_deref(), Some("items[0].size"));
        assert_eq!(error.detail, "items[0].size: is required");
        assert_eq!(parse("{").await.unwrap_err().code, "invalid_json");
        let body = parse(r#"{"name":"a"}"#).await.unwrap();
        assert_eq!((body.name.as_str(), body.items.len()), ("a", 0));
    }
}
