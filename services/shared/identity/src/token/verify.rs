//! Checking access tokens, in any service, with the issuer's public keys.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service_kit::Clock;
use tokio::time::Instant;

use super::{Claims, ISSUER, SigningKey};

/// How old the keys may be before they are asked for again.
const REFRESH_INTERVAL: Duration = Duration::from_secs(300);
/// The least time between two questions, whatever tokens arrive.
const REFRESH_PAUSE: Duration = Duration::from_secs(1);
/// How long the issuer may take to answer.
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
/// Largest set of keys, in bytes.
const SET_BYTES_MAX: usize = 64 * 1024;

/// Where a service that checks tokens finds the public keys. Part of its own
/// section.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenConfig {
    /// The issuer's key set, `http://…/.well-known/jwks.json`. Plain HTTP: the
    /// issuer is asked over the internal network.
    pub jwks_url: String,
    /// A file with the key set, instead; empty: the URL is asked.
    pub jwks_path: PathBuf,
}

impl Default for TokenConfig {
    fn default() -> Self {
        Self {
            jwks_url: "http://127.0.0.1:8002/.well-known/jwks.json".to_owned(),
            jwks_path: PathBuf::new(),
        }
    }
}

/// Why a token is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It is no token, not ours, or was changed.
    #[error("the token is invalid")]
    Invalid,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// The issuer's keys cannot be had now, so nothing can be said. A 503.
    #[error("the keys that tokens are checked with are not available: {0}")]
    NoKeys(String),
}

/// Public keys by their id.
#[derive(Clone, Default)]
pub struct KeySet {
    keys: HashMap<String, DecodingKey>,
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    #[serde(default)]
    kty: String,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    kid: String,
    #[serde(default)]
    x: String,
}

impl KeySet {
    /// The public halves of `keys`.
    #[must_use]
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a SigningKey>) -> Self {
        // What a signing key says of itself can be read back.
        Self::from_json(Self::document(keys).to_string().as_bytes()).unwrap_or_default()
    }

    /// The JWKS document of `keys`.
    #[must_use]
    pub fn document<'a>(keys: impl IntoIterator<Item = &'a SigningKey>) -> Value {
        json!({ "keys": keys.into_iter().map(SigningKey::jwk).collect::<Vec<_>>() })
    }

    /// Reads a JWKS document; keys of other kinds in it are passed over.
    ///
    /// # Errors
    /// When it is no JWKS document, in words.
    pub fn from_json(document: &[u8]) -> Result<Self, String> {
        let jwks: Jwks = serde_json::from_slice(document).map_err(|error| error.to_string())?;
        let keys = jwks
            .keys
            .into_iter()
            .filter(|key| key.kty == "OKP" && key.crv == "Ed25519" && !key.kid.is_empty())
            .filter_map(|key| Some((key.kid, DecodingKey::from_ed_components(&key.x).ok()?)))
            .collect();
        Ok(Self { keys })
    }
}

#[derive(Debug)]
enum Source {
    Fixed,
    File(PathBuf),
    Url(String),
}

/// Checks access tokens. Cheap to clone; clones share their keys.
#[derive(Clone, Debug)]
pub struct TokenVerifier(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    source: Source,
    clock: Clock,
    cached: RwLock<Cached>,
    /// Held by whoever asks the source: one at a time.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Cached {
    set: KeySet,
    fetched_at: Option<Instant>,
    tried_at: Option<Instant>,
    failure: Option<String>,
}

impl TokenVerifier {
    /// Finds the keys where `config` says, when the first token comes.
    #[must_use]
    pub fn new(config: &TokenConfig, clock: Clock) -> Self {
        let source = if config.jwks_path.as_os_str().is_empty() {
            Source::Url(config.jwks_url.clone())
        } else {
            Source::File(config.jwks_path.clone())
        };
        Self::from_parts(source, KeySet::default(), clock)
    }

    /// With keys that never change: for the issuer itself, and for tests.
    #[must_use]
    pub fn fixed(set: KeySet, clock: Clock) -> Self {
        Self::from_parts(Source::Fixed, set, clock)
    }

    fn from_parts(source: Source, set: KeySet, clock: Clock) -> Self {
        let cached = RwLock::new(Cached {
            set,
            ..Cached::default()
        });
        Self(Arc::new(Shared {
            source,
            clock,
            cached,
            asking: tokio::sync::Mutex::default(),
        }))
    }

    /// What `token` says, when it is ours, unchanged, and its time is not over.
    ///
    /// # Errors
    /// [`TokenError`]; `NoKeys` is no statement about the token.
    pub async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        let key_id = header
            .kid
            .filter(|_| header.alg == Algorithm::EdDSA)
            .ok_or(TokenError::Invalid)?;
        let key = self.key(&key_id).await?;
        // The time is checked below, by our clock.
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[ISSUER]);
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &rules)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        if claims.exp <= self.0.clock.now().timestamp() {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }

    async fn key(&self, id: &str) -> Result<DecodingKey, TokenError> {
        if let Some(key) = self.cached(id) {
            if self.is_due() {
                // Nobody waits for a set that is merely old.
                let verifier = self.clone();
                tokio::spawn(async move {
                    if let Ok(_asking) = verifier.0.asking.try_lock() {
                        verifier.ask().await;
                    }
                });
            }
            return Ok(key);
        }
        let _asking = self.0.asking.lock().await;
        if let Some(key) = self.cached(id) {
            return Ok(key);
        }
        self.ask().await;
        let failure = || self.0.cached.read().failure.clone();
        self.cached(id)
            .ok_or_else(|| failure().map_or(TokenError::Invalid, TokenError::NoKeys))
    }

    fn cached(&self, id: &str) -> Option<DecodingKey> {
        self.0.cached.read().set.keys.get(id).cloned()
    }

    /// Whether the keys are old enough to be asked for again.
    fn is_due(&self) -> bool {
        let fetched_at = self.0.cached.read().fetched_at;
        !matches!(self.0.source, Source::Fixed)
            && fetched_at.is_none_or(|at| at.elapsed() >= REFRESH_INTERVAL)
    }

    /// Asks the source, unless that was tried a moment ago. Keys stay as they
    /// are when it does not answer.
    async fn ask(&self) {
        let tried_at = self.0.cached.read().tried_at;
        if matches!(self.0.source, Source::Fixed)
            || tried_at.is_some_and(|at| at.elapsed() < REFRESH_PAUSE)
        {
            return;
        }
        let outcome = match &self.0.source {
            Source::Fixed => return,
            Source::File(file) => tokio::fs::read(file)
                .await
                .map_err(|error| error.to_string()),
            Source::Url(url) => fetch(url).await,
        };
        let outcome = outcome.and_then(|document| KeySet::from_json(&document));
        let mut cached = self.0.cached.write();
        cached.tried_at = Some(Instant::now());
        match outcome {
            Ok(set) => {
                *cached = Cached {
                    set,
                    fetched_at: cached.tried_at,
                    failure: None,
                    ..*cached
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the keys that tokens are checked with cannot be fetched");
                cached.failure = Some(error);
            }
        }
    }
}

/// The body of a 200 answer to `GET url`.
async fn fetch(url: &str) -> Result<Vec<u8>, String> {
    let uri: http::Uri = url.parse().map_err(|error| format!("{url}: {error}"))?;
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<axum::body::Bytes>>();
    let exchange = async {
        let response = client
            .get(uri)
            .await
            .map_err(|error| format!("{url}: {}", service_kit::lifecycle::chain(&error)))?;
        if response.status() != http::StatusCode::OK {
            return Err(format!("{url}: answered {}", response.status()));
        }
        let body = Limited::new(response.into_body(), SET_BYTES_MAX)
            .collect()
            .await;
        body.map(|body| body.to_bytes().to_vec())
            .map_err(|error| format!("{url}: {error}"))
    };
    tokio::time::timeout(FETCH_TIMEOUT, exchange)
        .await
        .unwrap_or_else(|_| Err(format!("{url}: no answer in time")))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use chrono::{DateTime, TimeDelta};
    use uuid::Uuid;

    use super::*;

    fn clock() -> Clock {
        Clock::manual(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
    }

    fn issue(key: &SigningKey, clock: &Clock) -> String {
        key.issue(
            Uuid::from_u128(1),
            Uuid::from_u128(2),
            clock.now(),
            TimeDelta::seconds(60),
        )
        .unwrap()
    }

    #[tokio::test]
    async fn a_token_is_valid_until_its_end() {
        let (key, clock) = (SigningKey::generate().unwrap(), clock());
        let verifier = TokenVerifier::fixed(KeySet::of([&key]), clock.clone());
        let token = issue(&key, &clock);
        let claims = verifier.verify(&token).await.unwrap();
        assert_eq!(
            (claims.sub, claims.sid),
            (Uuid::from_u128(1), Uuid::from_u128(2))
        );
        clock.advance(Duration::from_secs(59));
        assert!(verifier.verify(&token).await.is_ok());
        clock.advance(Duration::from_secs(1));
        assert!(matches!(
            verifier.verify(&token).await,
            Err(TokenError::Expired)
        ));
    }

    #[tokio::test]
    async fn refuses_what_we_did_not_sign() {
        let (key, other, clock) = (
            SigningKey::generate().unwrap(),
            SigningKey::generate().unwrap(),
            clock(),
        );
        let verifier = TokenVerifier::fixed(KeySet::of([&key]), clock.clone());
        let good = issue(&key, &clock);
        let parts: Vec<&str> = good.split('.').collect();
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let none = encode(&format!(r#"{{"alg":"none","kid":"{}"}}"#, key.id()));
        let hmac = encode(&format!(r#"{{"alg":"HS256","kid":"{}"}}"#, key.id()));
        let foreign_claims = encode(
            r#"{"iss":"millrace","aud":"millrace","sub":"00000000-0000-0000-0000-000000000009"}"#,
        );
        for wrong in [
            String::new(),
            "a.b.c".to_owned(),
            issue(&other, &clock),
            format!("{none}.{}.", parts[1]),
            format!("{hmac}.{}.{}", parts[1], parts[2]),
            format!("{}.{foreign_claims}.{}", parts[0], parts[2]),
            format!("{}.{}.", parts[0], parts[1]),
            good[..good.len() - 2].to_owned(),
        ] {
            assert!(
                matches!(verifier.verify(&wrong).await, Err(TokenError::Invalid)),
                "{wrong}"
            );
        }
    }

    #[tokio::test]
    async fn keys_come_from_a_file_as_soon_as_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jwks.json");
        let (key, clock) = (SigningKey::generate().unwrap(), clock());
        let config = TokenConfig {
            jwks_path: file.clone(),
            ..TokenConfig::default()
        };
        let verifier = TokenVerifier::new(&config, clock.clone());
        let token = issue(&key, &clock);
        assert!(matches!(
            verifier.verify(&token).await,
            Err(TokenError::NoKeys(_))
        ));
        std::fs::write(&file, KeySet::document([&key]).to_string()).unwrap();
        let is_known = async {
            while verifier.verify(&token).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), is_known)
            .await
            .unwrap();
    }
}
