//! Where everything listens: defaults, shifted by an offset, unless the user's
//! configuration says otherwise.

use std::str::FromStr;

use anyhow::{Context, bail};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::settings::Settings;

/// What carries events from capture to the consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Transport {
    /// A log that can be read again; proves its own completeness. Needs Java.
    Kafka,
    /// A list in Redis; needs neither Java nor Kafka.
    Redis,
}

impl Transport {
    /// Name in configuration.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Redis => "redis",
        }
    }
}

impl FromStr for Transport {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text {
            "kafka" => Ok(Self::Kafka),
            "redis" => Ok(Self::Redis),
            other => bail!("transport.kind is {other:?}: it must be \"kafka\" or \"redis\""),
        }
    }
}

/// A server: ours, or one that the user names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Server {
    /// Started here, on that port of loopback.
    Own(u16),
    /// The user's own, at that address or URL: never started or stopped from here.
    External(String),
}

impl Server {
    fn choose(settings: &Settings, key: &str, port: u16) -> Self {
        settings.get(key).map_or(Self::Own(port), Self::External)
    }
}

/// All addresses of a stack.
#[derive(Debug, Clone)]
pub(crate) struct Endpoints {
    pub(crate) kafka: Server,
    pub(crate) kafka_controller: u16,
    pub(crate) clickhouse: Server,
    pub(crate) postgres: Server,
    pub(crate) redis: Server,
    pub(crate) capture: Listen,
    pub(crate) query: Listen,
    pub(crate) auth: Listen,
    pub(crate) auth_internal: Listen,
    pub(crate) consumer: Listen,
    pub(crate) realtime: Listen,
    pub(crate) dashboard: Listen,
}

impl Endpoints {
    /// The defaults plus `offset`, under what the settings say.
    ///
    /// # Errors
    /// When a port leaves the range, or a configured address is none.
    pub(crate) fn resolve(settings: &Settings, offset: u16) -> anyhow::Result<Self> {
        let port = |base: u16| {
            base.checked_add(offset)
                .with_context(|| format!("--port-offset {offset} moves port {base} beyond 65535"))
        };
        let listen = |key: &str, base: u16| -> anyhow::Result<Listen> {
            match settings.get(key) {
                Some(configured) => configured
                    .parse()
                    .with_context(|| format!("{key} = {configured:?}")),
                None => Ok(Listen {
                    address: "127.0.0.1".to_owned(),
                    port: port(base)?,
                }),
            }
        };
        Ok(Self {
            kafka: Server::choose(settings, "kafka.brokers", port(9092)?),
            kafka_controller: port(9093)?,
            clickhouse: Server::choose(settings, "clickhouse.url", port(18123)?),
            postgres: Server::choose(settings, "postgres.url", port(15432)?),
            redis: Server::choose(settings, "redis.url", port(16379)?),
            capture: listen("capture.http.listen", 8000)?,
            query: listen("query.http.listen", 8001)?,
            auth: listen("auth.http.listen", 8002)?,
            auth_internal: listen("auth.internal.listen", 8012)?,
            consumer: listen("consumer.http.listen", 8003)?,
            realtime: listen("realtime.http.listen", 8080)?,
            dashboard: listen("dashboard.http.listen", 3000)?,
        })
    }
}

/// An address that a service listens on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listen {
    address: String,
    /// The port.
    pub(crate) port: u16,
}

impl Listen {
    /// As a service's configuration takes it.
    pub(crate) fn text(&self) -> String {
        format!("{}:{}", self.address, self.port)
    }

    /// The same on another port.
    pub(crate) fn moved_by(&self, ports: u16) -> Self {
        Self {
            address: self.address.clone(),
            port: self.port.saturating_add(ports),
        }
    }

    /// Where a client on this machine finds it.
    pub(crate) fn url(&self) -> String {
        let host = match self.address.as_str() {
            "0.0.0.0" | "[::]" => "127.0.0.1",
            other => other,
        };
        format!("http://{host}:{}", self.port)
    }
}

impl FromStr for Listen {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (address, port) = text
            .rsplit_once(':')
            .context("an address has the form 127.0.0.1:8000")?;
        Ok(Self {
            address: address.to_owned(),
            port: port.parse().context("the port is no number up to 65535")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_on_this_machine_uses_loopback() {
        let everywhere: Listen = "0.0.0.0:80".parse().unwrap();
        assert_eq!(everywhere.url(), "http://127.0.0.1:80");
        let six: Listen = "[::1]:80".parse().unwrap();
        assert_eq!(
            (six.url().as_str(), six.text().as_str()),
            ("http://[::1]:80", "[::1]:80")
        );
        assert!("8000".parse::<Listen>().is_err());
    }
}
