//! The stores behind the services, for administration: as the consumer is told
//! where they are.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use service_kit::config::{
    ClickhouseConfig, KafkaConfig, RedisConfig, Sources, TransportConfig, TransportKind, load_from,
};
use transport::redis_list::{ListAdmin, ListTuning};

use crate::home::Home;
use crate::launch::{Endpoints, Options, Plan, StackState, environment_of};
use crate::settings::Settings;

/// Where log and warehouse are.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Stores {
    /// The log.
    pub(crate) kafka: KafkaConfig,
    /// The warehouse.
    pub(crate) clickhouse: ClickhouseConfig,
    /// What carries the events.
    pub(crate) transport: TransportConfig,
    /// Redis, which may be that.
    pub(crate) redis: RedisConfig,
    /// How the list there is used.
    pub(crate) redis_list: ListTuning,
}

impl Stores {
    /// The stores of this machine's stack, or those that the configuration names.
    ///
    /// # Errors
    /// When the configuration is wrong.
    pub(crate) fn of(home: &Home) -> anyhow::Result<Self> {
        let mut variables: Vec<(String, String)> = std::env::vars()
            .filter(|(name, _)| name.starts_with("MILLRACE_"))
            .collect();
        variables.extend(consumer_environment(home)?);
        let file = Some(home.config_file()).filter(|file| file.exists());
        let loaded =
            load_from::<Self>(&Sources { file, variables }).context("reading the configuration")?;
        Ok(loaded.config)
    }

    /// The list that carries the events.
    ///
    /// # Errors
    /// When the URL is not valid.
    pub(crate) fn list(&self) -> anyhow::Result<ListAdmin> {
        Ok(ListAdmin::new(&self.redis, &self.redis_list)?)
    }

    /// Whether events go through a list in Redis instead of a log.
    pub(crate) fn transport_is_redis(&self) -> bool {
        self.transport.kind == TransportKind::Redis
    }
}

/// The environment in which the consumer of this machine's stack runs.
///
/// # Errors
/// When the configuration is wrong.
pub(crate) fn consumer_environment(home: &Home) -> anyhow::Result<Vec<(String, String)>> {
    let settings = Settings::load(home)?;
    let state = StackState::read(home);
    let offset = state.as_ref().map_or(0, |state| state.port_offset);
    let endpoints = Endpoints::resolve(&settings, offset)?;
    let options = Options {
        transport: state.map(|state| state.transport),
        ..Options::default()
    };
    let transport = Plan::transport(&settings, &options)?;
    environment_of(home, &settings, &endpoints, transport, "consumer")
}
