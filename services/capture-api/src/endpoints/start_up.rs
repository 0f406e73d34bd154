//! What PostHog's browser SDK asks before it sends: minimal answers that say
//! "no flags, no recordings, send your events here".

use std::sync::Arc;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answers::json_of;
use crate::app::Services;

pub(super) fn config() -> MethodRouter<Arc<Services>> {
    get(async |Path(token): Path<String>| json_of(StatusCode::OK, None, &settings(&token)))
}

pub(super) fn config_script() -> MethodRouter<Arc<Services>> {
    get(script)
}

pub(super) fn flags() -> MethodRouter<Arc<Services>> {
    post(tell_flags).get(tell_flags)
}

/// The settings as a script that puts them where the SDK looks.
async fn script(Path(token): Path<String>) -> Response {
    let is_plain = token
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if !is_plain {
        let body = json!({"detail": "Invalid API key", "code": "invalid_api_key"});
        return json_of(StatusCode::UNAUTHORIZED, None, &body);
    }
    let settings = settings(&token);
    let script = format!(
        "(function(){{var all=window._POSTHOG_REMOTE_CONFIG=window._POSTHOG_REMOTE_CONFIG||{{}};all[\"{token}\"]={{config:{settings},siteApps:[]}};}})();\n"
    );
    ([(CONTENT_TYPE, "application/javascript")], script).into_response()
}

async fn tell_flags() -> Response {
    let mut body = settings("");
    if let Value::Object(members) = &mut body {
        members.remove("token");
        members.insert("flags".to_owned(), json!({}));
        members.insert("featureFlagPayloads".to_owned(), json!({}));
        members.insert("errorsWhileComputingFlags".to_owned(), json!(false));
        members.insert("requestId".to_owned(), json!(Uuid::new_v4()));
    }
    json_of(StatusCode::OK, None, &body)
}

/// Without `surveys`: posthog-js fetches its script for them even at `false`.
fn settings(token: &str) -> Value {
    json!({
        "token": token,
        "supportedCompression": ["gzip", "gzip-js"],
        "featureFlags": {},
        "hasFeatureFlags": false,
        "sessionRecording": false,
        "capturePerformance": false,
        "autocaptureExceptions": false,
        "autocapture_opt_out": false,
        "heatmaps": false,
        "toolbarParams": {},
        "isAuthenticated": false,
        "siteApps": [],
        "elementsChainAsString": true,
        "analytics": {"endpoint": "/i/v0/e/"},
    })
}
