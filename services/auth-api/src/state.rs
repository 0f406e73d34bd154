//! What the handlers share.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use identity::password::Verdict;
use identity::token::{KeySet, SigningKeyError};
use identity::{Email, Passwords, SigningKey, Store, TokenVerifier};
use secrecy::SecretString;
use service_kit::Clock;
use uuid::Uuid;

use crate::config::{AuthConfig, Config};
use crate::error::Error;
use crate::metrics::HASHING;
use crate::rate_limit::Limiter;

/// The running service: stores, keys, limits. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Shared>);

/// What [`AppState`] shares.
#[derive(Debug)]
pub struct Shared {
    /// The accounts.
    pub store: Store,
    /// Checks access tokens.
    pub tokens: TokenVerifier,
    /// What time it is.
    pub clock: Clock,
    /// `[auth]`.
    pub config: AuthConfig,
    /// How often who may try what.
    pub limits: Limits,
    passwords: Passwords,
    signer: SigningKey,
    retired: Vec<SigningKey>,
}

/// The limiters, one an operation.
#[derive(Debug)]
pub struct Limits {
    /// Failed logins from one address.
    pub login_per_address: Limiter,
    /// Failed logins into one account.
    pub login_per_account: Limiter,
    /// Registrations from one address.
    pub register_per_address: Limiter,
    /// Registrations of one e-mail address.
    pub register_per_account: Limiter,
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl AppState {
    /// Builds everything that `config` names. Reads or makes the signing key;
    /// does not wait for PostgreSQL.
    ///
    /// # Errors
    /// A signing key that cannot be read or written, a URL that is none.
    pub fn new(config: &Config, clock: Clock) -> Result<Self, Error> {
        let at_once = match config.auth.hashes_at_once {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            set => set,
        };
        Self::with_passwords(config, clock, Passwords::new(at_once)?)
    }

    /// As [`AppState::new`], with another way to hash passwords: tests do not
    /// wait for the real one.
    ///
    /// # Errors
    /// As [`AppState::new`].
    pub fn with_passwords(
        config: &Config,
        clock: Clock,
        passwords: Passwords,
    ) -> Result<Self, Error> {
        let auth = config.auth.clone();
        let signer = SigningKey::load_or_create(&auth.signing_key())?;
        let retired: Vec<SigningKey> = auth
            .retired_key_paths
            .iter()
            .map(|path| SigningKey::load(path))
            .collect::<Result<_, SigningKeyError>>()?;
        let limiter = |rule| Limiter::new(rule, clock.clone());
        Ok(Self(Arc::new(Shared {
            store: Store::new(&config.postgres)?,
            tokens: TokenVerifier::fixed(
                KeySet::of(retired.iter().chain([&signer])),
                clock.clone(),
            ),
            limits: Limits {
                login_per_address: limiter(auth.limits.login_per_address),
                login_per_account: limiter(auth.limits.login_per_account),
                register_per_address: limiter(auth.limits.register_per_address),
                register_per_account: limiter(auth.limits.register_per_account),
            },
            clock,
            config: auth,
            passwords,
            signer,
            retired,
        })))
    }

    /// The public keys, as they are published.
    #[must_use]
    pub fn jwks(&self) -> serde_json::Value {
        KeySet::document([&self.signer].into_iter().chain(&self.retired))
    }

    /// An access token for `user` in `session`, valid from now.
    ///
    /// # Errors
    /// None in practice.
    pub fn issue(&self, user: Uuid, session: Uuid) -> Result<String, Error> {
        let lifetime = delta(self.config.access_token_lifetime);
        Ok(self
            .signer
            .issue(user, session, self.clock.now(), lifetime)?)
    }

    /// A hash of `password`.
    ///
    /// # Errors
    /// When too many wait already.
    pub async fn hash_password(&self, password: SecretString) -> Result<String, Error> {
        Ok(timed(self.passwords.hash(password)).await?)
    }

    /// The user whose address and password these are. Takes as long without an
    /// account as with a wrong password.
    ///
    /// # Errors
    /// [`Error::InvalidCredentials`], or why that could not be found out.
    pub async fn check_password(
        &self,
        email: Option<&Email>,
        password: SecretString,
    ) -> Result<Uuid, Error> {
        let account = match email {
            Some(email) => self.store.credentials(email).await?,
            None => None,
        };
        let stored = account
            .as_ref()
            .map(|account| account.password_hash.clone());
        let verdict = timed(self.passwords.verify(password.clone(), stored)).await?;
        let (Some(account), Verdict::Right | Verdict::RightButOutdated) = (account, verdict) else {
            return Err(Error::InvalidCredentials);
        };
        if verdict == Verdict::RightButOutdated {
            let hash = self.hash_password(password).await?;
            self.store.set_password_hash(account.id, &hash).await?;
        }
        Ok(account.id)
    }
}

async fn timed<T>(work: impl Future<Output = T>) -> T {
    let started = std::time::Instant::now();
    let done = work.await;
    HASHING
        .distribution(&[])
        .record(started.elapsed().as_secs_f64());
    done
}

/// A configured duration as a difference of times.
pub(crate) fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
