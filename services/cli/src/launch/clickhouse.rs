//! The ClickHouse engine behind its HTTP front.

use std::time::Duration;

use crate::home::{Home, service_binary};
use crate::settings::Settings;

use super::component::{Component, Launch};
use super::probe::Probe;
use super::services::given;

/// The engine on that port; `token` is what its clients send as their password.
///
/// # Errors
/// When its binary has not been built.
pub(super) fn component(
    home: &Home,
    settings: &Settings,
    port: u16,
    token: Option<String>,
) -> anyhow::Result<Component> {
    let mut values = vec![
        ("engine.listen", format!("127.0.0.1:{port}")),
        (
            "engine.path",
            home.data().join("clickhouse").display().to_string(),
        ),
    ];
    if let Some(token) = token {
        values.push(("engine.token", token));
    }
    let launch = Launch::new(service_binary("clickhouse-embedded")?)
        .environment(given(home, settings, values));
    let mut component = Component::new(
        "clickhouse",
        launch,
        Probe::Http(format!("http://127.0.0.1:{port}/ping")),
    );
    component.ports = vec![port];
    component.ready_within = Duration::from_secs(120);
    component.stop_within = Duration::from_secs(30);
    Ok(component)
}
