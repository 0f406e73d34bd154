//! Redis: cache, watermarks, live sessions and, when chosen, the transport.

use std::fs;
use std::time::Duration;

use anyhow::Context;

use crate::home::Home;
use crate::secrets::{self, write_private};

use super::component::{Component, Launch};
use super::endpoints::Transport;
use super::probe::Probe;

const CONFIGURATION: &str = include_str!("../../../../infrastructure/redis/redis.conf");

/// The connection URL.
pub(super) fn url(password: &str, port: u16) -> String {
    format!("redis://:{password}@127.0.0.1:{port}/0")
}

/// The server on that port.
///
/// # Errors
/// When the secrets cannot be written.
pub(super) fn component(home: &Home, port: u16, transport: Transport) -> anyhow::Result<Component> {
    let password = secrets::get_or_create(home, "redis")?;
    let data = home.data().join("redis");
    let path = home.run().join("redis.conf");
    let (fsync, memory) = match transport {
        Transport::Redis => ("always", "1gb"),
        Transport::Kafka => ("everysec", "256mb"),
    };
    let text = CONFIGURATION
        .replace("{port}", &port.to_string())
        .replace("{data_dir}", &data.display().to_string())
        .replace("{password}", &password)
        .replace("{appendfsync}", fsync)
        .replace("{maxmemory}", memory);
    let probe = Probe::Redis {
        address: format!("127.0.0.1:{port}"),
        password,
    };
    let mut component = Component::new(
        "redis",
        Launch::new("redis-server").arguments([&path]),
        probe,
    );
    component.prepare = Some(Box::new(move || {
        fs::create_dir_all(&data).with_context(|| format!("creating {}", data.display()))?;
        write_private(&path, &text)
    }));
    component.ports = vec![port];
    component.stop_within = Duration::from_secs(15);
    Ok(component)
}
