//! What the dashboard's server can be told.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use service_kit::config::{HttpConfig, TelemetryConfig};
use service_kit::entry::ServiceConfig;

/// Everything the process reads.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[dashboard]`.
    pub dashboard: DashboardConfig,
    /// `[telemetry]`.
    pub telemetry: TelemetryConfig,
}

impl ServiceConfig for Config {
    fn telemetry(&self) -> &TelemetryConfig {
        &self.telemetry
    }
}

/// `[dashboard]`: where the page, and what it talks to, are.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DashboardConfig {
    /// Where it listens.
    pub http: HttpConfig,
    /// Folder of the built page; empty = beside the sources or the binary.
    pub assets: PathBuf,
    /// The auth API.
    pub auth_url: String,
    /// The query API.
    pub query_url: String,
    /// The realtime service; empty = the live page looks every two seconds.
    pub realtime_url: String,
    /// The capture API, as browsers and SDKs reach it; shown in snippets.
    pub capture_url: String,
    /// Proxies in front of the dashboard whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether the session cookie is sent over HTTPS only. Switch it on
    /// wherever the dashboard is reached by HTTPS.
    pub is_secure: bool,
}

impl Default for DashboardConfig {
    fn default() -> Self {
        Self {
            http: HttpConfig::on_port(3000),
            assets: PathBuf::new(),
            auth_url: "http://127.0.0.1:8002".to_owned(),
            query_url: "http://127.0.0.1:8001".to_owned(),
            realtime_url: String::new(),
            capture_url: "http://127.0.0.1:8000".to_owned(),
            trusted_proxies: Vec::new(),
            is_secure: false,
        }
    }
}
