//! Server-sent events.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};
use futures::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName};
use service_kit::http::ApiError;

use super::{Admitted, await_events};
use crate::access::{SSE, Slot};
use crate::app::Services;
use crate::feed::item::Form;
use crate::stream::{Frame, Viewer, ViewerParts};

const LAST_EVENT_ID: &str = "last-event-id";
/// How long a client waits before it comes back, in milliseconds.
const RETRY: &[u8] = b"retry: 1000\n\n";

/// `GET /api/live-stream`: a project's events as they arrive.
pub(super) async fn live_stream(
    State(services): State<Services>,
    headers: HeaderMap,
    admitted: Admitted,
) -> Result<Response, ApiError> {
    let form = admitted.query.form;
    open(&services, &headers, admitted, form).await
}

/// `GET /api/debug-stream`: what happens to them, and what is refused.
pub(super) async fn debug_stream(
    State(services): State<Services>,
    headers: HeaderMap,
    admitted: Admitted,
) -> Result<Response, ApiError> {
    open(&services, &headers, admitted, Form::Debug).await
}

async fn open(
    services: &Services,
    headers: &HeaderMap,
    admitted: Admitted,
    form: Form,
) -> Result<Response, ApiError> {
    let (viewer, slot) = accept_viewer(services, headers, admitted, form, SSE).await?;
    let frames = stream::unfold(Some((viewer, slot)), |open| async move {
        let (mut viewer, slot) = open?;
        let frame = viewer.next().await;
        let piece = piece(&viewer, &frame);
        let open = (!matches!(frame, Frame::End(_))).then_some((viewer, slot));
        Some((Ok::<Bytes, Infallible>(piece), open))
    });
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-cache, no-transform"),
        // Proxies of that make must not gather what is meant to flow.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let first = stream::iter([Ok(Bytes::from_static(RETRY))]);
    let body = Body::from_stream(futures::StreamExt::chain(first, frames));
    Ok((headers, body).into_response())
}

/// Gives somebody who was let in a place, as soon as events arrive.
pub(crate) async fn accept_viewer(
    services: &Services,
    headers: &HeaderMap,
    admitted: Admitted,
    form: Form,
    kind: &'static str,
) -> Result<(Viewer, Slot), ApiError> {
    let mut slot = services.slots.take(kind)?;
    let max = services.config.limits.streams_per_project;
    slot.belong(admitted.grant.project(), max)?;
    await_events(services).await?;
    let last_event_id = headers
        .get(LAST_EVENT_ID)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let parts = ViewerParts {
        hub: services.hub.clone(),
        gate: services.gate.clone(),
        grant: admitted.grant,
        form,
        query: admitted.query,
        last_event_id,
        stop: services.stop.clone(),
        clock: services.clock.clone(),
    };
    Ok((Viewer::enter(parts, &services.config), slot))
}

/// A frame as the stream's text.
fn piece(viewer: &Viewer, frame: &Frame) -> Bytes {
    let (json, id) = match frame {
        Frame::Message { json, id } => (json.clone(), id.as_deref()),
        Frame::Heartbeat => (viewer.heartbeat_message(), None),
        Frame::End(end) => (viewer.end_message(*end), None),
    };
    let mut text = BytesMut::with_capacity(json.len() + 128);
    if let Some(id) = id {
        text.put_slice(b"id: ");
        text.put_slice(id.as_bytes());
        text.put_slice(b"\n");
    }
    text.put_slice(b"data: ");
    text.put_slice(&json);
    text.put_slice(b"\n\n");
    text.freeze()
}
