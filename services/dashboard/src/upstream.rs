//! Talking to the services behind the page.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::Client;
use serde_json::Value;
use service_kit::entry::StartError;
use service_kit::http::ApiError;

use crate::config::DashboardConfig;
use crate::peer::{FORWARDED_FOR, ForwardedFor};
use crate::renewal::Renewals;

/// How long a service may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the page's first question may take.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the auth API may take: passwords take their time on a busy machine.
const AUTH_TIMEOUT: Duration = Duration::from_secs(30);

/// The services, one pool of connections to them, and the sessions renewed lately.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    pub(crate) client: Client,
    pub(crate) renewals: Renewals,
    pub(crate) auth_url: String,
    pub(crate) query_url: String,
    pub(crate) realtime_url: String,
    pub(crate) capture_url: String,
    pub(crate) trusted_proxies: Vec<IpAddr>,
    pub(crate) is_secure: bool,
}

impl Upstream {
    pub(crate) fn new(config: &DashboardConfig) -> Result<Self, StartError> {
        // A second installation is refused and changes nothing.
        if rustls::crypto::ring::default_provider()
            .install_default()
            .is_err()
        {
            tracing::debug!("a TLS provider is installed already");
        }
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .build()?;
        let plain = |url: &str| url.trim_end_matches('/').to_owned();
        Ok(Self {
            client,
            renewals: Renewals::default(),
            auth_url: plain(&config.auth_url),
            query_url: plain(&config.query_url),
            realtime_url: plain(&config.realtime_url),
            capture_url: plain(&config.capture_url),
            trusted_proxies: config.trusted_proxies.clone(),
            is_secure: config.is_secure,
        })
    }

    /// Whether sessions can be had.
    pub(crate) async fn probe(&self) -> Result<(), String> {
        let answer = self
            .client
            .get(format!("{}/ready", self.auth_url))
            .send()
            .await
            .map_err(|error| error.to_string())?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(format!("answered {}", answer.status()))
        }
    }

    /// Whether there is an account, and whether one may be made.
    pub(crate) async fn setup(&self) -> Result<Value, ApiError> {
        let sent = self
            .client
            .get(format!("{}/api/setup", self.auth_url))
            .timeout(ASK_TIMEOUT)
            .send()
            .await;
        let answer = sent.map_err(|error| unavailable(&error))?;
        Ok(answer.json().await.unwrap_or(Value::Null))
    }

    /// Posts JSON to the auth API, for the peer: status and body of its answer.
    pub(crate) async fn ask_auth(
        &self,
        path: &str,
        body: &Value,
        from: ForwardedFor,
    ) -> Result<(http::StatusCode, Value), ApiError> {
        let mut asked = self
            .client
            .post(format!("{}{path}", self.auth_url))
            .timeout(AUTH_TIMEOUT)
            .json(body);
        if let Some(from) = from.0 {
            asked = asked.header(FORWARDED_FOR, from);
        }
        let answer = asked.send().await.map_err(|error| unavailable(&error))?;
        let status = answer.status();
        let body = answer.json().await.unwrap_or(Value::Null);
        Ok((status, body))
    }
}

/// The service behind the page does not answer.
pub(crate) fn unavailable(error: &reqwest::Error) -> ApiError {
    tracing::warn!(error = %service_kit::lifecycle::chain(error), "a service does not answer");
    ApiError::unavailable(
        "a service behind the dashboard does not answer; it is tried again with your next click",
    )
}
