//! Putting the consumer together.

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::{Config as RedisPoolConfig, Pool, Runtime};
use event_schema::topics::CONSUMER_GROUP;
use service_kit::config::TransportKind;
use service_kit::entry::StartError;
use service_kit::health::Health;
use service_kit::{Clock, Lifecycle};
use tokio::sync::mpsc;
use transport::kafka::{Admin, KafkaConsumer, KafkaProducer, ProducerTuning, Reader};
use transport::redis_list::{ListAdmin, RedisConsumer, RedisProducer};
use transport::{Consumer, Producer};
use warehouse::Warehouse;

use crate::complete::Publisher;
use crate::config::{Config, EnrichmentConfig};
use crate::foreign::Foreign;
use crate::hand_over::hand_over;
use crate::held::Held;
use crate::intake::Intake;
use crate::live::LiveEvents;
use crate::metrics::METRICS;
use crate::process::Processor;
use crate::process::geo::Geo;
use crate::process::user_agent::UserAgents;
use crate::writer::{Writer, WriterParts};
use crate::{live, refusals, retention, upkeep};

/// How long a probe of what the consumer needs may take.
const PROBE_TIME: Duration = Duration::from_secs(2);
/// How long work in hand is waited for at the end before partitions are given
/// up as they are.
const DRAIN_TIME: Duration = Duration::from_secs(8);
/// How long a statement that runs then may still take; after that it is left
/// as it is, which the next owner settles.
const GRACE_TIME: Duration = Duration::from_secs(3);
/// How long leaving the group may take.
const CLOSE_TIME: Duration = Duration::from_secs(5);

/// The service, not running yet.
pub struct App {
    config: Config,
    consumer: Arc<dyn Consumer>,
    producer: Arc<dyn Producer>,
    processor: Processor,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl App {
    /// A consumer of the log that `config` names, connected in the background;
    /// call it on a Tokio runtime.
    ///
    /// # Errors
    /// When the configuration cannot work.
    pub fn new(config: Config) -> Result<Self, StartError> {
        if config.transport.kind == TransportKind::Redis {
            let consumer = RedisConsumer::start(&config.redis, &config.redis_list)?;
            let producer = RedisProducer::start(&config.redis, &config.redis_list)?;
            return Self::over(config, Arc::new(consumer), Arc::new(producer));
        }
        let consumer =
            KafkaConsumer::start(&config.kafka, CONSUMER_GROUP, &config.consumer.reading)?;
        let producer = KafkaProducer::start(&config.kafka, &ProducerTuning::default())?;
        Self::over(config, Arc::new(consumer), Arc::new(producer))
    }

    /// A consumer over any transport: what tests use.
    ///
    /// # Errors
    /// When the configuration cannot work.
    pub fn over(
        config: Config,
        consumer: Arc<dyn Consumer>,
        producer: Arc<dyn Producer>,
    ) -> Result<Self, StartError> {
        let processor = processor(&config.consumer.enrichment)?;
        Ok(Self {
            config,
            consumer,
            producer,
            processor,
        })
    }

    /// Brings the warehouse's tables and the log's topics up to date.
    ///
    /// # Errors
    /// When one of them does not answer.
    pub async fn migrate(config: &Config) -> Result<(), StartError> {
        let applied = warehouse::migrations::run(&Warehouse::connect(&config.clickhouse)).await?;
        tracing::info!(?applied, "warehouse is up to date");
        if config.transport.kind == TransportKind::Kafka {
            let admin = Admin::new(&config.kafka)?;
            let made = admin.ensure_topics().await?;
            tracing::info!(?made, "topics are up to date");
        }
        Ok(())
    }

    /// Starts reading, writing and publishing, each a task of `life`.
    ///
    /// # Errors
    /// When the port is taken or Redis' address cannot be read.
    pub fn spawn(self, life: &Lifecycle) -> Result<(), StartError> {
        let Self {
            config,
            consumer,
            producer,
            processor,
        } = self;
        let handle = service_kit::metrics::install(&[METRICS, transport::metrics::METRICS]);
        let warehouse = Warehouse::connect(&config.clickhouse);
        let health = health(life, handle, &warehouse, &producer);
        let listener = service_kit::http::listen(config.consumer.http.listen)?;
        life.spawn(
            "http",
            service_kit::http::serve(
                listener,
                health.router(),
                config.consumer.http.clone(),
                life.soft(),
            ),
        );

        let held = Arc::new(Held::default());
        let clock = Clock::system();
        let (batches, to_store) = hand_over();
        let (orders, to_follow) = mpsc::unbounded_channel();
        let intake = Intake {
            consumer: Arc::clone(&consumer),
            processor,
            foreign: Foreign::new(&config.postgres)?,
            held: Arc::clone(&held),
            batches,
            orders,
            config: config.consumer.batch.clone(),
            clock: clock.clone(),
        };
        life.spawn("intake", intake.run(life.soft()));
        let writer = Writer::new(WriterParts {
            warehouse: warehouse.clone(),
            consumer: Arc::clone(&consumer),
            producer: Arc::clone(&producer),
            held: Arc::clone(&held),
            insert: config.consumer.insert.clone(),
            repeats: config.consumer.repeats.clone(),
            owner: owner(),
            live: live_events(&config, life)?,
            clock: clock.clone(),
        });
        let (leaving, giving_up, soft) = (Arc::clone(&consumer), Arc::clone(&held), life.soft());
        life.spawn("writer", async move {
            let running = writer.run(to_store, to_follow);
            tokio::pin!(running);
            tokio::select! {
                () = &mut running => {}
                () = too_long(soft) => {
                    giving_up.close();
                    let _ = tokio::time::timeout(GRACE_TIME, &mut running).await;
                }
            }
            // What is not flushed or left in time is noticed by time-outs.
            let _ = producer.flush(CLOSE_TIME).await;
            let _ = leaving.close(CLOSE_TIME).await;
            Ok::<(), std::convert::Infallible>(())
        });
        life.spawn(
            "retention",
            retention::run(
                warehouse.clone(),
                config.consumer.retention.clone(),
                clock.clone(),
                life.soft(),
            ),
        );
        life.spawn(
            "sweep",
            upkeep::sweep(
                warehouse.clone(),
                config.consumer.sweep_interval,
                clock.clone(),
                life.soft(),
            ),
        );
        life.spawn(
            "join",
            upkeep::join(warehouse.clone(), owner(), clock.clone(), life.soft()),
        );
        let refused = if config.transport.kind == TransportKind::Kafka {
            let reader = Reader::new(&config.kafka)?;
            let trim = upkeep::Trim {
                reader: reader.clone(),
                admin: Admin::new(&config.kafka)?,
                held: Arc::clone(&held),
                period: config.consumer.replay_period,
                clock: clock.clone(),
            };
            life.spawn("trim", trim.run(life.soft()));
            refusals::Source::Topic(reader)
        } else {
            let list = ListAdmin::new(&config.redis, &config.redis_list)?;
            refusals::Source::List(Box::new(list))
        };
        life.spawn(
            "refusals",
            refusals::run(refused, warehouse.clone(), life.soft()),
        );
        let publisher = Publisher {
            consumer,
            held,
            warehouse,
            redis: redis_pool(&config)?,
            prefix: config.kafka.topic_prefix.clone(),
            interval: config.consumer.complete_interval,
            clock,
        };
        let soft = life.soft();
        life.spawn("publisher", async move {
            publisher.run(soft).await;
            Ok::<(), std::convert::Infallible>(())
        });
        Ok(())
    }
}

async fn too_long(soft: tokio_util::sync::CancellationToken) {
    soft.cancelled().await;
    tokio::time::sleep(DRAIN_TIME).await;
}

fn health(
    life: &Lifecycle,
    handle: service_kit::metrics::MetricsHandle,
    warehouse: &Warehouse,
    producer: &Arc<dyn Producer>,
) -> Health {
    let (warehouse, producer) = (warehouse.clone(), Arc::clone(producer));
    Health::new(life.soft(), handle)
        .needs("clickhouse", PROBE_TIME, move || {
            let warehouse = warehouse.clone();
            async move { warehouse.probe(PROBE_TIME).await }
        })
        .needs("kafka", PROBE_TIME, move || {
            let producer = Arc::clone(&producer);
            async move { producer.probe(PROBE_TIME).await }
        })
}

pub(crate) fn processor(config: &EnrichmentConfig) -> Result<Processor, StartError> {
    let geo = Geo::open(&config.geo_files)?;
    let user_agents = config
        .user_agents
        .then(|| UserAgents::new(config.user_agents_remembered))
        .transpose()?;
    Ok(Processor { geo, user_agents })
}

/// On a list nobody else tells those who watch; the log they follow themselves.
fn live_events(config: &Config, life: &Lifecycle) -> Result<Option<LiveEvents>, StartError> {
    let pool = redis_pool(config)?.filter(|_| config.transport.kind == TransportKind::Redis);
    let Some(pool) = pool else { return Ok(None) };
    let (live, publisher) = live::live_events(pool, &config.redis_list.key_prefix);
    let soft = life.soft();
    life.spawn("live events", async move {
        publisher.run(soft).await;
        Ok::<(), std::convert::Infallible>(())
    });
    Ok(Some(live))
}

fn redis_pool(config: &Config) -> Result<Option<Pool>, StartError> {
    if config.redis.url.is_empty() {
        return Ok(None);
    }
    let pool = RedisPoolConfig::from_url(config.redis.url.expose());
    Ok(Some(pool.create_pool(Some(Runtime::Tokio1))?))
}

/// A name for this process that no other has had.
fn owner() -> String {
    format!("{}-{:016x}", std::process::id(), rand::random::<u64>())
}
