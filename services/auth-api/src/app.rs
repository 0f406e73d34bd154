//! The service: its routes and its life.

use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::{Json, Router};
use chrono::TimeDelta;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method};
use service_kit::entry::StartError;
use service_kit::health::Health;
use service_kit::http::{docs_page, listen, serve, with_stack};
use service_kit::{Lifecycle, metrics};
use tower_http::cors::CorsLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::endpoints::{
    api_keys, internal, limits, login, logout, me, members, password, projects, refresh, register,
    root, setup,
};
use crate::metrics::METRICS;
use crate::openapi::Document;
use crate::state::AppState;

/// Largest request, in bytes: there is nothing large to say here.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long PostgreSQL may take to answer the readiness probe.
const PROBE_DEADLINE: Duration = Duration::from_secs(2);
/// How often ended sessions are forgotten, and how long after their end.
const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);
const SWEEP_AFTER: TimeDelta = TimeDelta::days(1);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The service, built and not yet listening.
#[derive(Clone, Debug)]
pub struct App {
    state: AppState,
    health: Health,
    cors: CorsLayer,
}

impl App {
    /// With `state`; not ready any more once `life` is asked to finish.
    ///
    /// # Errors
    /// When a configured origin is no header value.
    pub fn new(state: AppState, life: &Lifecycle) -> Result<Self, StartError> {
        let metrics = metrics::install(&[METRICS, service_kit::http::METRICS]);
        let store = state.store.clone();
        let health =
            Health::new(life.soft(), metrics).needs("postgres", PROBE_DEADLINE, move || {
                let store = store.clone();
                async move { store.ping().await }
            });
        let cors = cors(&state.config.cors_origins)?;
        Ok(Self {
            state,
            health,
            cors,
        })
    }

    /// Everything that the public listener answers.
    pub fn router(&self) -> Router {
        let (routes, document) = documented().split_for_parts();
        let routes = routes
            .route("/openapi.json", get(async move || Json(document.clone())))
            .route("/docs", get(docs_page))
            .fallback(root::not_found)
            .method_not_allowed_fallback(root::method_not_allowed)
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(self.state.clone())
            .merge(self.health.clone().router());
        with_stack(routes).layer(self.cors.clone())
    }

    /// Everything that the internal listener answers.
    pub fn internal_router(&self) -> Router {
        let routes = internal::router()
            .fallback(root::not_found)
            .with_state(self.state.clone())
            .merge(self.health.clone().router());
        with_stack(routes)
    }

    /// Listens on both addresses and serves until `life` ends.
    ///
    /// # Errors
    /// When an address is taken.
    pub fn start(self, life: &Lifecycle) -> Result<(), StartError> {
        let config = self.state.config.clone();
        for (name, http, router) in [
            ("http", config.http, self.router()),
            ("internal http", config.internal, self.internal_router()),
        ] {
            let listener = listen(http.listen)
                .map_err(|error| format!("cannot listen on {}: {error}", http.listen))?;
            tracing::info!(address = %http.listen, "{name} listening");
            life.spawn(name, serve(listener, router, http, life.soft()));
        }
        life.spawn("sweep", sweep(self.state, life.clone()));
        Ok(())
    }
}

/// The routes that the OpenAPI document describes.
fn documented() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(root::index))
        .routes(routes!(root::jwks))
        .routes(routes!(setup::get_setup))
        .routes(routes!(register::register))
        .routes(routes!(login::login))
        .routes(routes!(refresh::refresh))
        .routes(routes!(logout::logout))
        .routes(routes!(me::get_me, me::delete_me))
        .routes(routes!(password::change_password))
        .routes(routes!(projects::list_projects, projects::create_project))
        .routes(routes!(
            projects::get_project,
            projects::change_project,
            projects::delete_project
        ))
        .routes(routes!(api_keys::list_keys, api_keys::create_key))
        .routes(routes!(api_keys::revoke_key))
        .routes(routes!(
            members::list_members,
            members::add_member,
            members::change_member,
            members::remove_member
        ))
        .routes(routes!(limits::get_limits))
}

/// The OpenAPI document of the public listener.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    documented().into_openapi()
}

fn cors(origins: &[String]) -> Result<CorsLayer, StartError> {
    let origins: Vec<HeaderValue> = origins
        .iter()
        .map(|origin| {
            HeaderValue::from_str(origin)
                .map_err(|_| format!("auth.cors_origins: `{origin}` is no origin"))
        })
        .collect::<Result<_, _>>()?;
    Ok(CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, API_KEY, REQUEST_ID])
        .expose_headers([REQUEST_ID, RETRY_AFTER])
        .allow_credentials(true)
        .max_age(Duration::from_secs(3600)))
}

/// Forgets what ended, for as long as the service lives.
async fn sweep(state: AppState, life: Lifecycle) -> Result<(), std::convert::Infallible> {
    let soft = life.soft();
    let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
    while soft.run_until_cancelled(ticks.tick()).await.is_some() {
        match state
            .store
            .forget_sessions(state.clock.now() - SWEEP_AFTER)
            .await
        {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "forgot sessions that ended"),
            Err(error) => tracing::warn!(%error, "cannot forget sessions that ended"),
        }
    }
    Ok(())
}
