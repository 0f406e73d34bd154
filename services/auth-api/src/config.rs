//! The section `[auth]` and what else this service reads.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use service_kit::config::{HttpConfig, PostgresConfig, TelemetryConfig};
use service_kit::entry::ServiceConfig;

use crate::rate_limit::Rule;

/// Everything that auth-api is configured by.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The service itself.
    pub auth: AuthConfig,
    /// Where the accounts are.
    pub postgres: PostgresConfig,
    /// Its own logs.
    pub telemetry: TelemetryConfig,
}

impl ServiceConfig for Config {
    fn telemetry(&self) -> &TelemetryConfig {
        &self.telemetry
    }
}

/// `[auth]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// The public listener.
    pub http: HttpConfig,
    /// The internal listener, for services that check keys over HTTP: loopback
    /// or a network that only services reach.
    pub internal: HttpConfig,
    /// Who may make an account.
    pub registration: Registration,
    /// Origins of browsers that may call, as they send them.
    pub cors_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// The key that signs tokens, PKCS #8 PEM; made when it is missing. Empty:
    /// `secrets/jwt-ed25519.pem` in `$MILLRACE_HOME`.
    pub signing_key_path: PathBuf,
    /// Keys that signed until lately: their tokens are accepted, none are
    /// signed with them.
    pub retired_key_paths: Vec<PathBuf>,
    /// How long an access token is valid.
    #[serde(with = "humantime_serde")]
    pub access_token_lifetime: Duration,
    /// How long a refresh token is valid when it is not used.
    #[serde(with = "humantime_serde")]
    pub refresh_token_lifetime: Duration,
    /// How long a session lasts at most, however often it is refreshed.
    #[serde(with = "humantime_serde")]
    pub session_lifetime: Duration,
    /// Passwords hashed at the same time (19 MiB each); 0: one a core.
    pub hashes_at_once: usize,
    /// How often who may try what.
    pub limits: LimitsConfig,
}

/// Who may make an account over HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Anybody.
    #[default]
    Open,
    /// Nobody; accounts are made by the operator.
    Closed,
}

/// `[auth.limits]`: attempts allowed at once, and how soon one comes back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Failed logins from one address.
    pub login_per_address: Rule,
    /// Failed logins into one account.
    pub login_per_account: Rule,
    /// Registrations from one address.
    pub register_per_address: Rule,
    /// Registrations of one e-mail address.
    pub register_per_account: Rule,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            login_per_address: Rule::new(60, Duration::from_secs(1)),
            login_per_account: Rule::new(10, Duration::from_secs(6)),
            register_per_address: Rule::new(60, Duration::from_secs(1)),
            register_per_account: Rule::new(5, Duration::from_secs(10)),
        }
    }
}

impl Default for AuthConfig {
    fn default() -> Self {
        let on_port = |port| HttpConfig {
            request_timeout: Duration::from_secs(15),
            ..HttpConfig::on_port(port)
        };
        Self {
            http: on_port(8002),
            internal: on_port(8012),
            registration: Registration::Open,
            cors_origins: vec![
                "http://localhost:3000".to_owned(),
                "http://127.0.0.1:3000".to_owned(),
            ],
            trusted_proxies: Vec::new(),
            signing_key_path: PathBuf::new(),
            retired_key_paths: Vec::new(),
            access_token_lifetime: Duration::from_secs(15 * 60),
            refresh_token_lifetime: Duration::from_secs(30 * 24 * 3600),
            session_lifetime: Duration::from_secs(90 * 24 * 3600),
            hashes_at_once: 0,
            limits: LimitsConfig::default(),
        }
    }
}

impl AuthConfig {
    /// Where the signing key is.
    #[must_use]
    pub fn signing_key(&self) -> PathBuf {
        if self.signing_key_path.as_os_str().is_empty() {
            let home = std::env::var_os("MILLRACE_HOME")
                .map_or_else(|| PathBuf::from(".millrace"), PathBuf::from);
            home.join("secrets").join("jwt-ed25519.pem")
        } else {
            self.signing_key_path.clone()
        }
    }
}
