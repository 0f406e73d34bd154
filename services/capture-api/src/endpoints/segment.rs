//! Segment's paths: contract §1.4.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, post};

use crate::answers::segment::answer;
use crate::app::Services;
use crate::decode::segment::Call;
use crate::intake::{self, Form};

pub(super) fn batch() -> MethodRouter<Arc<Services>> {
    taking(None)
}

pub(super) fn track() -> MethodRouter<Arc<Services>> {
    taking(Some(Call::Track))
}

pub(super) fn page() -> MethodRouter<Arc<Services>> {
    taking(Some(Call::Page))
}

pub(super) fn screen() -> MethodRouter<Arc<Services>> {
    taking(Some(Call::Screen))
}

pub(super) fn identify() -> MethodRouter<Arc<Services>> {
    taking(Some(Call::Identify))
}

pub(super) fn group() -> MethodRouter<Arc<Services>> {
    taking(Some(Call::Group))
}

pub(super) fn alias() -> MethodRouter<Arc<Services>> {
    taking(Some(Call::Alias))
}

fn taking(call: Option<Call>) -> MethodRouter<Arc<Services>> {
    post(
        async move |State(services): State<Arc<Services>>, request: Request| -> Response {
            answer(intake::take(&services, request, Form::Segment { call }).await)
        },
    )
}
