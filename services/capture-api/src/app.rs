//! The service put together: what its requests share, its router, its tasks.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;
use identity::{KeyDirectory, KeyInfo, Scopes};
use service_kit::config::{HttpConfig, TransportKind};
use service_kit::health::Health;
use service_kit::http::{listen, with_stack};
use service_kit::{Clock, Lifecycle, Timeouts};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use transport::Producer;
use transport::kafka::{KafkaProducer, ProducerTuning};
use transport::redis_list::RedisProducer;
use uuid::Uuid;

use crate::budget::Budget;
use crate::config::{CaptureConfig, Config, Invalid, bytes};
use crate::decode;
use crate::endpoints;
use crate::http::client::Network;
use crate::http::cors;
use crate::metrics::{IN_FLIGHT, METRICS, Meters, UNANSWERED};
use crate::publish::Outages;
use crate::rate::RateLimits;
use crate::refusals::Refusals;

/// How long the readiness probe waits for the broker.
const PROBE_DEADLINE: Duration = Duration::from_secs(2);
/// How long the end waits for what the transport holds.
const FLUSH_DEADLINE: Duration = Duration::from_secs(10);
/// How often levels are measured.
const LEVELS_INTERVAL: Duration = Duration::from_secs(1);
/// The project of events without a key where none is configured and there is
/// no single one.
const OPEN_PROJECT: Uuid = Uuid::from_u128(1);

/// What all requests share.
pub struct Services {
    pub(crate) keys: KeyDirectory,
    pub(crate) producer: Arc<dyn Producer>,
    pub(crate) clock: Clock,
    pub(crate) budget: Budget,
    pub(crate) rates: RateLimits,
    pub(crate) refusals: Arc<Refusals>,
    pub(crate) meters: Meters,
    pub(crate) outages: Outages,
    pub(crate) limits: Limits,
    pub(crate) body_timeouts: Timeouts,
    /// Turns for bodies that take long to work on.
    pub(crate) heavy: Semaphore,
    pub(crate) keep_ip: bool,
    pub(crate) trusted_proxies: Vec<Network>,
    open_key: Option<Arc<KeyInfo>>,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}

/// The limits in force.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub body_bytes_max: usize,
    pub decompressed_bytes_max: usize,
    pub decode: decode::Limits,
}

/// The service, ready to serve.
#[derive(Debug)]
pub struct App {
    services: Arc<Services>,
    http: HttpConfig,
    transport: TransportKind,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings that contradict each other.
    #[error(transparent)]
    Config(#[from] Invalid),
    /// The transport's client refuses its settings.
    #[error("cannot start the transport: {0}")]
    Transport(#[from] transport::TransportError),
    /// The port cannot be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where it should listen.
        address: SocketAddr,
        /// Why it cannot.
        source: std::io::Error,
    },
}

/// Starts the service as configured: key directory, transport, listener. Its
/// tasks run on `life`.
///
/// # Errors
/// [`StartError`]; servers that are away are none, they are waited for.
pub fn start(config: Config, life: &Lifecycle) -> Result<(), StartError> {
    let clock = Clock::system();
    let (keys, sync) = KeyDirectory::open(&config.capture.keys, &config.postgres, clock.clone());
    let producer: Arc<dyn Producer> = match config.transport.kind {
        TransportKind::Kafka => Arc::new(KafkaProducer::start(
            &config.kafka,
            &ProducerTuning::default(),
        )?),
        TransportKind::Redis => Arc::new(RedisProducer::start(&config.redis, &config.redis_list)?),
    };
    let mut app = App::new(&config.capture, keys, producer, clock)?;
    app.transport = config.transport.kind;
    let address = config.capture.http.listen;
    let listener = listen(address).map_err(|source| StartError::Listen { address, source })?;
    let soft = life.soft();
    life.spawn("keys", async move {
        sync.run(soft).await;
        Ok::<(), Infallible>(())
    });
    tracing::info!(%address, transport = app.transport_name(), "capture is listening");
    app.spawn(listener, life);
    Ok(())
}

impl App {
    /// Puts the service together.
    ///
    /// # Errors
    /// When the configuration contradicts itself.
    pub fn new(
        config: &CaptureConfig,
        keys: KeyDirectory,
        producer: Arc<dyn Producer>,
        clock: Clock,
    ) -> Result<Self, Invalid> {
        config.validate()?;
        let limits = &config.limits;
        let open_key = config.dev_open.then(|| {
            let project = config.dev_project.unwrap_or(OPEN_PROJECT);
            Arc::new(KeyInfo::new(project.into(), "dev", Scopes::CAPTURE))
        });
        let services = Services {
            keys,
            producer,
            budget: Budget::new(bytes(config.in_flight_max)),
            rates: RateLimits::new(limits.events_per_second_max),
            refusals: Arc::new(Refusals::new(clock.clone())),
            meters: Meters::new(),
            outages: Outages::default(),
            limits: Limits {
                body_bytes_max: bytes(limits.body_max),
                decompressed_bytes_max: bytes(limits.decompressed_max),
                decode: decode::Limits {
                    event_bytes_max: bytes(limits.event_max),
                    batch_events_max: limits.batch_events_max,
                    nesting_max: limits.nesting_max,
                },
            },
            body_timeouts: Timeouts::new(config.body_timeout),
            heavy: Semaphore::new(cores()),
            keep_ip: config.keep_ip,
            trusted_proxies: config.trusted_proxies.clone(),
            open_key,
            clock,
        };
        Ok(Self {
            services: Arc::new(services),
            http: config.http.clone(),
            transport: TransportKind::Kafka,
        })
    }

    fn transport_name(&self) -> &'static str {
        match self.transport {
            TransportKind::Kafka => "kafka",
            TransportKind::Redis => "redis",
        }
    }

    /// All routes with the stack around them.
    pub fn router(&self, life: &Lifecycle) -> Router {
        let metrics = service_kit::metrics::install(&[
            METRICS,
            service_kit::http::METRICS,
            transport::metrics::METRICS,
            identity::metrics::METRICS,
        ]);
        let producer = Arc::clone(&self.services.producer);
        let keys = self.services.keys.clone();
        let is_open = self.services.open_key.is_some();
        let health = Health::new(life.soft(), metrics)
            .needs(self.transport_name(), PROBE_DEADLINE, move || {
                let producer = Arc::clone(&producer);
                async move { producer.probe(PROBE_DEADLINE).await }
            })
            .needs("keys", PROBE_DEADLINE, move || {
                let can_judge = is_open || keys.is_loaded();
                async move { can_judge.then_some(()).ok_or("no keys were loaded yet") }
            });
        let routes = endpoints::router(Arc::clone(&self.services)).merge(health.router());
        with_stack(routes).layer(from_fn(cors::allow))
    }

    /// Serves until the process is asked to stop, then answers what is in
    /// hand and flushes the transport. Spawns its tasks on `life`.
    pub fn spawn(self, listener: TcpListener, life: &Lifecycle) {
        let service = endpoints::before(self.router(life), Arc::clone(&self.services));
        let services = Arc::clone(&self.services);
        let levels = Arc::clone(&self.services);
        let soft = life.soft();
        life.spawn("levels", async move {
            measure(&levels, soft).await;
            Ok::<(), Infallible>(())
        });
        let soft = life.soft();
        life.spawn("http", async move {
            let told = tokio_util::sync::CancellationToken::new();
            let refusals = tokio::spawn(
                Arc::clone(&services.refusals).run(Arc::clone(&services.producer), told.clone()),
            );
            service_kit::http::serve(listener, service, self.http, soft)
                .await
                .map_err(|error| error.to_string())?;
            // Only now nothing is refused any more and nothing new published.
            told.cancel();
            refusals.await.map_err(|error| error.to_string())?;
            services
                .producer
                .flush(FLUSH_DEADLINE)
                .await
                .map_err(|error| error.to_string())
        });
    }
}

fn cores() -> usize {
    std::thread::available_parallelism()
        .map_or(2, usize::from)
        .max(2)
}

impl Services {
    /// The key that stands for requests without one, in open mode.
    pub(crate) fn open_key(&self) -> Option<Arc<KeyInfo>> {
        self.open_key.clone()
    }
}

async fn measure(services: &Services, stop: tokio_util::sync::CancellationToken) {
    let (in_flight, unanswered) = (IN_FLIGHT.level(&[]), UNANSWERED.level(&[]));
    let mut ticks = tokio::time::interval(LEVELS_INTERVAL);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        in_flight.set(services.budget.used() as f64);
        unanswered.set(services.producer.in_flight() as f64);
    }
}
