//! Bodies and query strings as JSON objects, whose every field is asked for or
//! named as unknown.

use crate::digits::keep_digits;
use crate::query::Fault;
use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::request::Parts;
use serde_json::{Map, Value};
use service_kit::http::ApiError;

/// The fields of a request, taken one by one.
#[derive(Debug, Default)]
pub(super) struct Input {
    fields: Map<String, Value>,
    faults: Vec<Fault>,
}

/// A JSON object as the body, whatever its content type says.
#[derive(Debug)]
pub(super) struct Body(pub(super) Input);

/// A query string; every value is text.
#[derive(Debug)]
pub(super) struct QueryString(pub(super) Input);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| {
                ApiError::new(rejection.status(), "body_unreadable", rejection.body_text())
            })?;
        let value: Value = serde_json::from_slice(&keep_digits(&bytes)).map_err(|error| {
            ApiError::bad_request("invalid_json", format!("the body is not JSON: {error}"))
        })?;
        match value {
            Value::Object(fields) => Ok(Self(Input {
                fields,
                faults: Vec::new(),
            })),
            _ => Err(ApiError::bad_request(
                "invalid_json",
                "the body must be a JSON object",
            )),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for QueryString {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut input = Input::default();
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|rejection| ApiError::bad_request("invalid_query", rejection.body_text()))?;
        for (name, value) in pairs.0 {
            if input
                .fields
                .insert(name.clone(), Value::String(value))
                .is_some()
            {
                let detail = format!("{name} is given twice");
                input.fault(&name, "repeated", &detail);
            }
        }
        Ok(Self(input))
    }
}

impl Input {
    /// Takes a field, whatever it is.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name)
    }

    /// Takes a text; `null` is the same as absent.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.fields.remove(name)? {
            Value::Null => None,
            Value::String(text) => Some(text),
            _ => {
                self.fault(name, "wrong_type", &format!("{name} must be text"));
                None
            }
        }
    }

    /// Takes yes or no; absent is no.
    pub(super) fn flag(&mut self, name: &str) -> bool {
        match self.fields.remove(name) {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::Bool(true)) => true,
            Some(Value::String(text)) if ["true", "1", ""].contains(&text.as_str()) => true,
            Some(Value::String(text)) if ["false", "0"].contains(&text.as_str()) => false,
            Some(_) => {
                self.fault(name, "wrong_type", &format!("{name} must be true or false"));
                false
            }
        }
    }

    /// Takes a whole number from `least` to `most`, or its default.
    pub(super) fn count(&mut self, name: &str, least: usize, most: usize, default: usize) -> usize {
        let value = match self.fields.remove(name) {
            None | Some(Value::Null) => return default,
            Some(Value::String(text)) => text.parse::<usize>().ok(),
            Some(value) => value
                .as_u64()
                .and_then(|number| usize::try_from(number).ok()),
        };
        match value.filter(|number| (least..=most).contains(number)) {
            Some(number) => number,
            None => {
                self.fault(
                    name,
                    "out_of_range",
                    &format!("{name} must be a whole number from {least} to {most}"),
                );
                default
            }
        }
    }

    /// Names a fault of a field.
    pub(super) fn fault(&mut self, name: &str, code: &'static str, detail: &str) {
        self.faults.push(Fault {
            path: name.to_owned(),
            code,
            detail: detail.to_owned(),
        });
    }

    /// All fields that were not taken, and the faults so far.
    pub(super) fn rest(self) -> (Value, Vec<Fault>) {
        (Value::Object(self.fields), self.faults)
    }

    /// Ends the reading: every field that was not taken is a fault.
    pub(super) fn faults(mut self) -> Vec<Fault> {
        for name in std::mem::take(&mut self.fields).keys() {
            let detail = format!("there is no field {name}");
            self.fault(name, "unknown_field", &detail);
        }
        self.faults
    }

    /// Ends the reading with an error where anything is wrong.
    pub(super) fn end(self) -> Result<(), ApiError> {
        let faults = self.faults();
        if faults.is_empty() {
            return Ok(());
        }
        Err(crate::error::invalid(faults))
    }
}
