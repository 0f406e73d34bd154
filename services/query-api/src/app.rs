//! The composition root: what the service is made of, and how it runs.

use crate::config::Config;
use crate::dashboards::DashboardStore;
use crate::endpoints::{self, AppState};
use crate::engine::{Cache, Engine, EngineParts};
use crate::error;
use crate::freshness::WarehouseFreshness;
use crate::insights::InsightStore;
use crate::jobs::{JobStore, Worker};
use crate::store;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use event_schema::topics;
use http::HeaderValue;
use identity::{Authority, DirectorySync, KeyDirectory, Store, TokenVerifier};
use service_kit::entry::StartError;
use service_kit::health::Health;
use service_kit::http::{listen, with_stack};
use service_kit::{Clock, Lifecycle, metrics};
use sqlx::PgPool;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};
use warehouse::Warehouse;

/// How long a probe of readiness may take.
const PROBE: Duration = Duration::from_secs(2);
/// How long a browser may keep the answer to a preflight.
const PREFLIGHT_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The query API.
#[derive(Debug)]
pub struct App {
    config: Config,
    state: AppState,
    pool: PgPool,
    directory: Option<KeyDirectory>,
    sync: Option<DirectorySync>,
}

impl App {
    /// The service of `config`. Connects to nothing yet: it starts while its
    /// stores are away.
    ///
    /// # Errors
    /// When the configuration cannot be used.
    pub fn new(config: Config) -> Result<Self, StartError> {
        let clock = Clock::system();
        let (directory, sync) =
            KeyDirectory::open(&config.query.keys, &config.postgres, clock.clone());
        let tokens = TokenVerifier::new(&config.query.tokens, clock.clone());
        let accounts = Store::new(&config.postgres)?;
        let authority = Authority::new(directory.clone(), tokens, accounts, clock.clone());
        let mut app = Self::with_authority(config, authority, clock)?;
        app.directory = Some(directory);
        app.sync = Some(sync);
        Ok(app)
    }

    /// The service with credentials that `authority` judges.
    ///
    /// # Errors
    /// When the configuration cannot be used.
    pub fn with_authority(
        config: Config,
        authority: Authority,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let warehouse = Warehouse::connect(&config.clickhouse);
        let pool = store::connect(&config.postgres)?;
        let cache = Arc::new(Cache::connect(&config.redis, config.query.cache_patience)?);
        let freshness = Arc::new(WarehouseFreshness::new(
            &config,
            warehouse.clone(),
            Arc::clone(&cache),
            clock.clone(),
        ));
        let engine = Engine::new(EngineParts {
            warehouse: warehouse.clone(),
            freshness: Arc::<WarehouseFreshness>::clone(&freshness),
            cache,
            clock: clock.clone(),
            limits: config.query.limits.clone(),
            interactive: config.query.interactive.clone(),
            jobs: config.query.jobs.clone(),
            hint_patience: config.query.hint_patience,
            topic: format!("{}{}", config.kafka.topic_prefix, topics::EVENTS).into(),
        });
        let state = AppState {
            engine,
            jobs: JobStore::new(pool.clone()),
            wake: Arc::new(Notify::new()),
            dashboards: DashboardStore::new(pool.clone()),
            insights: InsightStore::new(pool.clone()),
            authority,
            warehouse,
            freshness,
            clock,
            config: Arc::new(config.query.clone()),
        };
        Ok(Self {
            config,
            state,
            pool,
            directory: None,
            sync: None,
        })
    }

    /// What its handlers share.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Brings the schema `insights` to this version.
    ///
    /// # Errors
    /// When the store is away, or a migration does not apply.
    pub async fn migrate(config: &Config) -> Result<(), StartError> {
        let pool = store::connect(&config.postgres)?;
        store::migrate(&pool).await?;
        pool.close().await;
        Ok(())
    }

    /// All routes in the middleware stack.
    pub fn router(&self, lifecycle: &Lifecycle) -> Router {
        let router = endpoints::router()
            .with_state(self.state.clone())
            .merge(self.health(lifecycle).router())
            .fallback(async || service_kit::http::ApiError::not_found("Not found"))
            .layer(axum::middleware::map_response(error::as_json))
            .layer(DefaultBodyLimit::max(self.config.query.body_bytes_max))
            .layer(cors(&self.config.query.cors_origins));
        with_stack(router)
    }

    fn health(&self, lifecycle: &Lifecycle) -> Health {
        let metrics = metrics::install(&[
            crate::metrics::METRICS,
            service_kit::http::METRICS,
            identity::metrics::METRICS,
        ]);
        let (warehouse, pool) = (self.state.warehouse.clone(), self.pool.clone());
        let health = Health::new(lifecycle.soft(), metrics)
            .needs("clickhouse", PROBE, move || {
                let warehouse = warehouse.clone();
                async move { warehouse.probe(PROBE).await }
            })
            .needs("postgres", PROBE, move || {
                let pool = pool.clone();
                async move { sqlx::query("SELECT 1").execute(&pool).await.map(drop) }
            });
        match self.directory.clone() {
            None => health,
            Some(directory) => health.needs("keys", PROBE, move || {
                let is_loaded = directory.is_loaded();
                async move { is_loaded.then_some(()).ok_or("not loaded yet") }
            }),
        }
    }

    /// Listens, and starts the tasks of the service on `lifecycle`.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub fn serve(self, lifecycle: &Lifecycle) -> Result<(), StartError> {
        let listener = listen(self.config.query.http.listen).map_err(|error| {
            format!(
                "cannot listen on {}: {error}",
                self.config.query.http.listen
            )
        })?;
        self.serve_on(listener, lifecycle);
        Ok(())
    }

    /// Starts the tasks of the service on `lifecycle`, answering on `listener`.
    pub fn serve_on(mut self, listener: TcpListener, lifecycle: &Lifecycle) {
        if let Some(sync) = self.sync.take() {
            let soft = lifecycle.soft();
            lifecycle.spawn("keys", async move {
                sync.run(soft).await;
                Ok::<(), Infallible>(())
            });
        }
        self.spawn_workers(lifecycle);
        let (router, http) = (self.router(lifecycle), self.config.query.http.clone());
        let soft = lifecycle.soft();
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "the query API answers");
        }
        lifecycle.spawn(
            "http",
            service_kit::http::serve(listener, router, http, soft),
        );
    }

    /// Starts what runs jobs.
    pub fn spawn_workers(&self, lifecycle: &Lifecycle) {
        let lane = &self.config.query.jobs;
        let worker = Worker {
            store: self.state.jobs.clone(),
            engine: self.state.engine.clone(),
            clock: self.state.clock.clone(),
            config: self.config.query.worker.clone(),
            project_max: i64::try_from(lane.concurrency_per_project).unwrap_or(i64::MAX),
            wake: Arc::clone(&self.state.wake),
        };
        for _ in 0..lane.concurrency {
            let (worker, soft) = (worker.clone(), lifecycle.soft());
            lifecycle.spawn("jobs", async move {
                worker.run(soft).await;
                Ok::<(), Infallible>(())
            });
        }
        let soft = lifecycle.soft();
        lifecycle.spawn("expired jobs", async move {
            worker.sweep(soft).await;
            Ok::<(), Infallible>(())
        });
    }
}

/// Pages of `origins` may call; `*` alone means every page's.
fn cors(origins: &[String]) -> CorsLayer {
    let allowed = if origins == ["*"] {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(
            origins
                .iter()
                .filter_map(|origin| HeaderValue::from_str(origin).ok()),
        )
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([
            http::Method::GET,
            http::Method::POST,
            http::Method::PATCH,
            http::Method::DELETE,
        ])
        .allow_headers(Any)
        .expose_headers([
            http::header::RETRY_AFTER,
            http::HeaderName::from_static("x-request-id"),
        ])
        .max_age(PREFLIGHT_AGE)
}
