//! Bklit's paths: contract §1.2.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use event_schema::ids::{IDEMPOTENCY_KEY, is_queued_id, queued_id};
use http::HeaderMap;

use crate::answers::bklit::answer;
use crate::app::Services;
use crate::decode::bklit::ReportKind;
use crate::intake::{self, Form};

pub(super) fn page_view() -> MethodRouter<Arc<Services>> {
    taking(ReportKind::PageView)
}

pub(super) fn event() -> MethodRouter<Arc<Services>> {
    taking(ReportKind::Event)
}

pub(super) fn session_end() -> MethodRouter<Arc<Services>> {
    taking(ReportKind::SessionEnd)
}

fn taking(kind: ReportKind) -> MethodRouter<Arc<Services>> {
    post(
        async move |State(services): State<Arc<Services>>, request: Request| -> Response {
            let queued_id = id_of(request.headers(), services.clock.now_ms());
            let form = Form::Bklit {
                kind,
                queued_id: queued_id.clone(),
            };
            answer(
                intake::take(&services, request, form).await,
                kind,
                &queued_id,
            )
        },
    )
}

/// The id that the client gave the request, by which it is known when it is sent again; else a new one.
fn id_of(headers: &HeaderMap, now_ms: i64) -> String {
    let given = headers
        .get(IDEMPOTENCY_KEY)
        .and_then(|key| key.to_str().ok());
    match given {
        Some(key) if is_queued_id(key) => key.to_owned(),
        _ => queued_id(now_ms),
    }
}
