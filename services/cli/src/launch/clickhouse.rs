//! The ClickHouse engine behind its HTTP front.

use std::fs;
use std::time::Duration;

use anyhow::bail;

use crate::home::{Home, service_binary};
use crate::settings::Settings;

use super::component::{Component, Launch};
use super::probe::Probe;
use super::services::given;

/// What to do on a processor that cannot run the engine.
pub(crate) const NO_ENGINE: &str = "this processor has no AVX2, which the embedded ClickHouse engine needs: \
     name a ClickHouse server instead, [clickhouse] url = \"http://…:8123\" in millrace.toml";

/// Whether the embedded engine runs on this processor.
pub(crate) fn processor_suffices() -> bool {
    if !cfg!(target_arch = "x86_64") {
        return true;
    }
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    text.split_ascii_whitespace().any(|flag| flag == "avx2")
}

/// The engine on that port; `token` is what its clients send as their password.
///
/// # Errors
/// When its binary has not been built, or the processor cannot run it.
pub(super) fn component(
    home: &Home,
    settings: &Settings,
    port: u16,
    token: Option<String>,
) -> anyhow::Result<Component> {
    if !processor_suffices() {
        bail!(NO_ENGINE);
    }
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
    component.stop_within = Duration::from_secs(30);
    Ok(component)
}
