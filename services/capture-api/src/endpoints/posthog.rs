//! PostHog's paths: contract §1.3.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use http::HeaderMap;

use crate::answers::posthog::{answer, answer_by_id};
use crate::app::Services;
use crate::decode::posthog::Parameters;
use crate::intake::{self, Form};
use crate::pipeline::parse_timestamp;

pub(super) fn events() -> MethodRouter<Arc<Services>> {
    post(take_events).get(take_events)
}

pub(super) fn engage() -> MethodRouter<Arc<Services>> {
    post(take_engage).get(take_engage)
}

pub(super) fn events_v1() -> MethodRouter<Arc<Services>> {
    post(take_events_v1)
}

async fn take_events(State(services): State<Arc<Services>>, request: Request) -> Response {
    take(&services, request, false).await
}

async fn take_engage(State(services): State<Arc<Services>>, request: Request) -> Response {
    take(&services, request, true).await
}

async fn take(services: &Arc<Services>, request: Request, is_engage: bool) -> Response {
    let parameters = Parameters::parse(request.uri().query().unwrap_or_default());
    let is_beacon = parameters.is_beacon;
    let form = Form::PostHog {
        parameters,
        is_engage,
    };
    answer(intake::take(services, request, form).await, is_beacon)
}

async fn take_events_v1(State(services): State<Arc<Services>>, request: Request) -> Response {
    let text = |headers: &HeaderMap, name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        Some(value.trim().to_owned())
    };
    let sent_at = text(request.headers(), "posthog-request-timestamp");
    let library = text(request.headers(), "posthog-sdk-info");
    let form = Form::PostHogV1 {
        library: library.and_then(|info| split_library(&info)),
        sent_at_ms: sent_at.and_then(|text| parse_timestamp(&text)),
    };
    answer_by_id(intake::take(&services, request, form).await)
}

/// `posthog-js/1.2.3` as name and version.
fn split_library(info: &str) -> Option<(String, String)> {
    let (name, version) = info.rsplit_once('/')?;
    let (name, version) = (name.trim(), version.trim());
    let is_usable = !name.is_empty() && !version.is_empty() && info.len() <= 200;
    is_usable.then(|| (name.to_owned(), version.to_owned()))
}
