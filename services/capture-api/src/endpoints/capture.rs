//! `POST /capture`: contract §1.1.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use http::Method;
use tower::{Service, ServiceExt, service_fn};

use crate::answers::native;
use crate::app::Services;
use crate::http::cors::Site;
use crate::intake::{self, Form};

/// Where native events go.
pub(super) const PATH: &str = "/capture";

pub(super) fn route() -> MethodRouter<Arc<Services>> {
    post(capture)
}

async fn capture(State(services): State<Arc<Services>>, request: Request) -> Response {
    native::answer(intake::take(&services, request, Form::Native).await)
}

/// `router`, with a short way for native events: routing and the layers around
/// a route take as long as all that is done with a single event.
pub(crate) fn before(
    router: Router,
    services: Arc<Services>,
) -> impl Service<
    Request,
    Response = Response,
    Error = Infallible,
    Future = impl Future<Output = Result<Response, Infallible>> + Send,
> + Clone
+ Send
+ 'static {
    service_fn(move |request: Request| {
        let is_native = request.method() == Method::POST && request.uri().path() == PATH;
        let way = if is_native {
            Ok(Arc::clone(&services))
        } else {
            Err(router.clone())
        };
        async move {
            match way {
                Ok(services) => Ok(straight(services, request).await),
                Err(router) => router.oneshot(request).await,
            }
        }
    })
}

async fn straight(services: Arc<Services>, request: Request) -> Response {
    let site = Site::of(&request);
    let answered =
        service_kit::http::in_stack(PATH, request, |request| capture(State(services), request));
    let mut response = answered.await;
    site.allow(response.headers_mut());
    response
}
