//! Where events come from: the log, or Redis' channel. Either starts while its
//! server is away and goes on by itself when it is back.

mod kafka;

mod redis;

mod refusals;

use std::convert::Infallible;
use std::time::Duration;

use event_schema::ids::ProjectId;
use identity::KeyDirectory;
use service_kit::Clock;
use service_kit::config::{KafkaConfig, RedisConfig, TransportKind};
use tokio_util::sync::CancellationToken;
use transport::{Topic, TransportError};

use crate::config::Config;
use crate::feed::Hub;

/// What a source needs.
#[derive(Clone, Debug)]
pub struct Source {
    kind: TransportKind,
    kafka: KafkaConfig,
    redis: RedisConfig,
    channel_prefix: String,
    history: Duration,
    hub: Hub,
    directory: KeyDirectory,
    clock: Clock,
}

impl Source {
    /// The source of `config`, which feeds `hub`. `directory` knows the names
    /// that other producers call projects by.
    #[must_use]
    pub fn new(config: &Config, hub: Hub, directory: KeyDirectory, clock: Clock) -> Self {
        Self {
            kind: config.transport.kind,
            kafka: config.kafka.clone(),
            redis: config.redis.clone(),
            channel_prefix: config.redis_list.key_prefix.clone(),
            history: config.realtime.history,
            hub,
            directory,
            clock,
        }
    }

    /// Follows the transport until `stop`.
    ///
    /// # Errors
    /// When the transport's settings cannot work.
    pub async fn run(self, stop: CancellationToken) -> Result<(), TransportError> {
        match self.kind {
            TransportKind::Kafka => kafka::follow(&self, &stop).await,
            TransportKind::Redis => redis::follow(&self, &stop).await,
        }
    }

    /// Tells of what capture refused, until `stop`.
    ///
    /// # Errors
    /// Never: without it only debug streams know less.
    pub async fn run_refusals(self, stop: CancellationToken) -> Result<(), Infallible> {
        if self.kind == TransportKind::Kafka {
            refusals::follow(&self, &stop).await;
        } else {
            stop.cancelled().await;
        }
        Ok(())
    }

    /// The project that another producer calls `name`.
    fn project_named(&self, name: &str) -> Option<ProjectId> {
        self.directory.project_named(name).map(|found| found.id)
    }

    /// The name of a channel.
    fn channel(&self, name: &str) -> String {
        format!("{}{name}", self.channel_prefix)
    }
}

/// The topic of events.
const EVENTS: Topic = Topic::Events;
