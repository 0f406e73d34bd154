//! The dashboard's server: static files under a strict policy, the session,
//! and a way to the other services, so that the page knows one origin only.
//!
//! The refresh token never reaches a script: it lives in an `HttpOnly`,
//! `SameSite=Strict` cookie that only `/session/…` sees. The short-lived access
//! token is handed to the page, which keeps it in memory.

mod config;

mod assets;

mod session;

mod peer;

mod relay;

mod renewal;

mod upstream;

use axum::Router;
use service_kit::Lifecycle;
use service_kit::entry::{Command, StartError};
use service_kit::health::Health;
use service_kit::http::{METRICS, listen, serve, with_stack};

pub use config::{Config, DashboardConfig};
use upstream::Upstream;

/// Starts the service on its lifecycle.
///
/// # Errors
/// When the built page is missing or the port is taken.
pub fn start(command: Command, config: Config, life: &Lifecycle) -> Result<(), StartError> {
    if command != Command::Serve {
        return Err(format!("unknown command {command:?}").into());
    }
    let router = router(&config.dashboard, life)?;
    let listener = listen(config.dashboard.http.listen)?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let soft = life.soft();
    life.spawn("http", serve(listener, router, config.dashboard.http, soft));
    Ok(())
}

/// All routes of the service.
///
/// # Errors
/// When the built page is missing.
pub fn router(config: &DashboardConfig, life: &Lifecycle) -> Result<Router, StartError> {
    let metrics = service_kit::metrics::install(&[METRICS]);
    let upstream = Upstream::new(config)?;
    let probe = upstream.clone();
    let health = Health::new(life.soft(), metrics).needs(
        "auth",
        std::time::Duration::from_secs(2),
        move || {
            let upstream = probe.clone();
            async move { upstream.probe().await }
        },
    );
    let router = Router::new()
        .merge(session::router(upstream.clone()))
        .merge(relay::router(upstream))
        .merge(health.router())
        .fallback_service(assets::service(config)?);
    Ok(with_stack(assets::with_headers(router)))
}
