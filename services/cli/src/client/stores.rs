//! The stores behind the services, for administration: as the consumer is told
//! where they are.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use service_kit::config::{
    ClickhouseConfig, KafkaConfig, Sources, TransportConfig, TransportKind, load_from,
};

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
}

impl Stores {
    /// The stores of this machine's stack, or those that the configuration names.
    ///
    /// # Errors
    /// When the configuration is wrong.
    pub(crate) fn of(home: &Home) -> anyhow::Result<Self> {
        let settings = Settings::load(home)?;
        let offset = StackState::read(home).map_or(0, |state| state.port_offset);
        let endpoints = Endpoints::resolve(&settings, offset)?;
        let state = StackState::read(home);
        let options = Options {
            transport: state.map(|state| state.transport),
            ..Options::default()
        };
        let transport = Plan::transport(&settings, &options)?;
        let mut variables: Vec<(String, String)> = std::env::vars()
            .filter(|(name, _)| name.starts_with("MILLRACE_"))
            .collect();
        variables.extend(environment_of(
            home, &settings, &endpoints, transport, "consumer",
        )?);
        let file = Some(home.config_file()).filter(|file| file.exists());
        let loaded =
            load_from::<Self>(&Sources { file, variables }).context("reading the configuration")?;
        Ok(loaded.config)
    }

    /// Whether events go through a list in Redis instead of a log.
    pub(crate) fn transport_is_redis(&self) -> bool {
        self.transport.kind == TransportKind::Redis
    }
}
