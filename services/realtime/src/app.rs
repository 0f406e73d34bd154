//! The composition root: what the service is made of, and how it runs.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method};
use identity::{Authority, DirectorySync, KeyDirectory, Store, TokenVerifier};
use service_kit::entry::StartError;
use service_kit::health::Health;
use service_kit::http::{ApiError, serve, with_stack};
use service_kit::{Clock, Lifecycle, metrics};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::access::{Gate, Slots, Tickets};
use crate::capture::Capture;
use crate::config::{Config, RealtimeConfig};
use crate::endpoints;
use crate::feed::{Hub, SourceState};
use crate::live::SharedSessions;
use crate::metrics::METRICS;
use crate::socket::visits::Visits;
use crate::source::Source;

/// How long a probe of readiness may take.
const PROBE: Duration = Duration::from_secs(1);
/// How long somebody waits for events to arrive before they are told to come
/// again.
const PATIENCE: Duration = Duration::from_secs(1);
/// Largest body; nothing is sent in one.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// How long a browser may keep the answer to a preflight.
const PREFLIGHT_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// What handlers share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Services {
    /// The service's own section.
    pub config: Arc<RealtimeConfig>,
    /// Every project's events.
    pub hub: Hub,
    /// Who may watch.
    pub gate: Gate,
    /// How many may.
    pub slots: Slots,
    /// Open sessions, where others look for them.
    pub sessions: SharedSessions,
    /// Sessions that have sockets here.
    pub visits: Visits,
    /// Where visitors' events go.
    pub capture: Capture,
    /// Counts open sockets, which the listener does not know any more.
    pub sockets: TaskTracker,
    /// Ends streams and sockets.
    pub stop: CancellationToken,
    /// How long a new viewer waits for events to arrive.
    pub patience: Duration,
    /// The time.
    pub clock: Clock,
}

/// The realtime service.
#[derive(Debug)]
pub struct App {
    config: Config,
    authority: Authority,
    directory: KeyDirectory,
    sync: Option<DirectorySync>,
    clock: Clock,
}

impl App {
    /// The service of `config`. Connects to nothing yet: it starts while what
    /// it needs is away.
    ///
    /// # Errors
    /// When the configuration cannot be used.
    pub fn new(config: Config) -> Result<Self, StartError> {
        let clock = Clock::system();
        let (directory, sync) =
            KeyDirectory::open(&config.realtime.keys, &config.postgres, clock.clone());
        let tokens = TokenVerifier::new(&config.realtime.tokens, clock.clone());
        let accounts = Store::new(&config.postgres)?;
        let authority = Authority::new(directory.clone(), tokens, accounts, clock.clone());
        let mut app = Self::with_authority(config, authority, directory, clock);
        app.sync = Some(sync);
        Ok(app)
    }

    /// The service with credentials that `authority` judges, by the keys of
    /// `directory`.
    #[must_use]
    pub const fn with_authority(
        config: Config,
        authority: Authority,
        directory: KeyDirectory,
        clock: Clock,
    ) -> Self {
        Self {
            config,
            authority,
            directory,
            sync: None,
            clock,
        }
    }

    /// Listens, and starts the tasks of the service on `lifecycle`.
    ///
    /// # Errors
    /// When the address is taken, or the configuration cannot be used.
    pub fn serve(self, lifecycle: &Lifecycle) -> Result<(), StartError> {
        let listen = self.config.realtime.http.listen;
        let listener = service_kit::http::listen(listen)
            .map_err(|error| format!("cannot listen on {listen}: {error}"))?;
        self.serve_on(listener, lifecycle)
    }

    /// Starts the tasks of the service on `lifecycle`, answering on `listener`.
    ///
    /// # Errors
    /// When the configuration cannot be used.
    pub fn serve_on(
        mut self,
        listener: TcpListener,
        lifecycle: &Lifecycle,
    ) -> Result<(), StartError> {
        let services = self.services(lifecycle)?;
        if let Some(sync) = self.sync.take() {
            let soft = lifecycle.soft();
            lifecycle.spawn("keys", async move {
                sync.run(soft).await;
                Ok::<(), Infallible>(())
            });
        }
        let source = Source::new(
            &self.config,
            services.hub.clone(),
            self.directory.clone(),
            self.clock.clone(),
        );
        lifecycle.spawn("events", source.clone().run(lifecycle.soft()));
        lifecycle.spawn("refusals", source.run_refusals(lifecycle.soft()));
        let (sessions, hub) = (services.sessions.clone(), services.hub.clone());
        let soft = lifecycle.soft();
        lifecycle.spawn("sessions", async move {
            sessions.follow(hub, soft).await;
            Ok::<(), Infallible>(())
        });
        let (sockets, soft) = (services.sockets.clone(), lifecycle.soft());
        lifecycle.spawn("sockets", async move {
            soft.cancelled().await;
            sockets.close();
            sockets.wait().await;
            Ok::<(), Infallible>(())
        });
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "the realtime service answers");
        }
        let router = self.router(services, lifecycle)?;
        let http = self.config.realtime.http.clone();
        lifecycle.spawn("http", serve(listener, router, http, lifecycle.soft()));
        Ok(())
    }

    fn services(&self, lifecycle: &Lifecycle) -> Result<Services, StartError> {
        let config = &self.config.realtime;
        let limits = &config.limits;
        let clock = self.clock.clone();
        let tickets = Tickets::new(limits.tickets, config.ticket_lifetime, clock.clone());
        Ok(Services {
            hub: Hub::new(limits.clone(), config.session_timeout, clock.clone()),
            gate: Gate::new(self.authority.clone(), self.directory.clone(), tickets),
            slots: Slots::new(limits.connections),
            sessions: SharedSessions::new(
                &self.config.redis,
                config.session_timeout,
                clock.clone(),
            )?,
            visits: Visits::default(),
            capture: Capture::new(&config.capture_url, clock.clone(), lifecycle.soft())?,
            sockets: TaskTracker::new(),
            stop: lifecycle.soft(),
            patience: PATIENCE,
            config: Arc::new(config.clone()),
            clock,
        })
    }

    /// All routes in the middleware stack.
    fn router(&self, services: Services, lifecycle: &Lifecycle) -> Result<Router, StartError> {
        let health = self.health(&services, lifecycle);
        let router = endpoints::router()
            .with_state(services)
            .merge(health.router())
            .fallback(async || ApiError::not_found("Not found"))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .layer(cors(&self.config.realtime.cors_origins)?);
        Ok(with_stack(router))
    }

    fn health(&self, services: &Services, lifecycle: &Lifecycle) -> Health {
        let metrics = metrics::install(&[
            METRICS,
            service_kit::http::METRICS,
            identity::metrics::METRICS,
        ]);
        let (state, directory) = (services.hub.state(), self.directory.clone());
        let name = match self.config.transport.kind {
            service_kit::config::TransportKind::Kafka => "kafka",
            service_kit::config::TransportKind::Redis => "redis",
        };
        Health::new(lifecycle.soft(), metrics)
            .needs(name, PROBE, move || {
                let state = *state.borrow();
                async move {
                    match state {
                        SourceState::Live => Ok(()),
                        SourceState::CatchingUp => Err("reading what happened before"),
                        SourceState::Away => Err("does not answer"),
                    }
                }
            })
            .needs("keys", PROBE, move || {
                let is_loaded = directory.is_loaded();
                async move { is_loaded.then_some(()).ok_or("not loaded yet") }
            })
    }
}

/// Pages of `origins` may call; `*` alone means every page's.
fn cors(origins: &[String]) -> Result<CorsLayer, StartError> {
    let allowed = if origins == ["*"] {
        AllowOrigin::any()
    } else {
        let parsed: Result<Vec<HeaderValue>, StartError> = origins
            .iter()
            .map(|origin| {
                HeaderValue::from_str(origin)
                    .map_err(|_| format!("realtime.cors_origins: `{origin}` is no origin").into())
            })
            .collect();
        AllowOrigin::list(parsed?)
    };
    Ok(CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(Any)
        .expose_headers([
            RETRY_AFTER,
            CONTENT_TYPE,
            HeaderName::from_static("x-request-id"),
        ])
        .max_age(PREFLIGHT_AGE))
}
