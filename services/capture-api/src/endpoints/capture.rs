//! `POST /capture`: contract §1.1.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, post};

use crate::answers::native;
use crate::app::Services;
use crate::intake::{self, Form};

pub(super) fn route() -> MethodRouter<Arc<Services>> {
    post(capture)
}

async fn capture(State(services): State<Arc<Services>>, request: Request) -> Response {
    native::answer(intake::take(&services, request, Form::Native).await)
}
