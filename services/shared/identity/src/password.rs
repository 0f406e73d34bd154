//! Passwords: argon2id, off the async threads, and never more at once than the
//! machine carries.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

/// Fewest characters of a new password.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Longest password, in bytes: hashing is work that a stranger can ask for.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// How long a request waits for its turn to hash.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many wait for it already; try again later.
    #[error("too many passwords are being checked")]
    Busy,
    /// A stored hash is damaged, or the system's random source fails.
    #[error("password hashing failed: {0}")]
    Broken(String),
}

/// What checking a password found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the password.
    Right,
    /// It is, but the hash was made with other parameters than today's: store
    /// a new one.
    RightButOutdated,
    /// It is not, or there is no account.
    Wrong,
}

/// Hashes and checks passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
    /// A hash of nothing anyone knows, with which a missing account is checked:
    /// the answer takes as long as for a wrong password.
    decoy: Arc<str>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passwords")
            .field("params", self.argon2.params())
            .finish_non_exhaustive()
    }
}

impl Passwords {
    /// With the parameters that OWASP names for argon2id: 19 MiB, two passes.
    /// `at_once` hashes are computed at the same time.
    ///
    /// # Errors
    /// When the system has no random source.
    pub fn new(at_once: usize) -> Result<Self, PasswordError> {
        Self::with(Params::DEFAULT, at_once)
    }

    /// With parameters that are far too weak for anything but tests.
    ///
    /// # Errors
    /// As [`Passwords::new`].
    pub fn weak_for_tests() -> Result<Self, PasswordError> {
        Self::with(Params::new(64, 1, 1, None).map_err(broken)?, 4)
    }

    fn with(params: Params, at_once: usize) -> Result<Self, PasswordError> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = argon2
            .hash_password(crate::key::random_text().as_bytes())
            .map_err(broken)?
            .to_string();
        Ok(Self {
            argon2,
            turns: Arc::new(Semaphore::new(at_once.max(1))),
            decoy: decoy.into(),
        })
    }

    /// A PHC string for `password`, with a salt of its own.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when it is not its turn within 5 s.
    pub async fn hash(&self, password: SecretString) -> Result<String, PasswordError> {
        let argon2 = self.argon2.clone();
        self.compute(move || {
            argon2
                .hash_password(password.expose_secret().as_bytes())
                .map(|hash| hash.to_string())
                .map_err(broken)
        })
        .await
    }

    /// Checks `password` against a stored hash; `None` for an account that does
    /// not exist takes the same time and is [`Verdict::Wrong`].
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when it is not its turn within 5 s.
    pub async fn verify(
        &self,
        password: SecretString,
        stored: Option<String>,
    ) -> Result<Verdict, PasswordError> {
        let argon2 = self.argon2.clone();
        let is_account = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.to_string());
        self.compute(move || {
            let hash = PasswordHash::new(&stored).map_err(broken)?;
            let is_right = argon2
                .verify_password(password.expose_secret().as_bytes(), &hash)
                .is_ok();
            let is_current =
                Params::try_from(&hash).is_ok_and(|made| costs(&made) == costs(argon2.params()));
            Ok(match (is_account && is_right, is_current) {
                (true, true) => Verdict::Right,
                (true, false) => Verdict::RightButOutdated,
                (false, _) => Verdict::Wrong,
            })
        })
        .await
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, Arc::clone(&self.turns).acquire_owned());
        let turn = turn
            .await
            .map_err(|_| PasswordError::Busy)?
            .map_err(broken)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        done.await.map_err(broken)?
    }
}

/// Memory, passes and lanes: what makes two hashes equally hard.
fn costs(params: &Params) -> (u32, u32, u32) {
    (params.m_cost(), params.t_cost(), params.p_cost())
}

fn broken(error: impl std::fmt::Display) -> PasswordError {
    PasswordError::Broken(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn recognises_its_own_hashes() {
        let passwords = Passwords::weak_for_tests().unwrap();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
        assert_ne!(hash, passwords.hash("correct horse".into()).await.unwrap());
        let verify = |password: &str, stored: Option<&str>| {
            passwords.verify(password.into(), stored.map(str::to_owned))
        };
        assert_eq!(
            verify("correct horse", Some(&hash)).await.unwrap(),
            Verdict::Right
        );
        assert_eq!(
            verify("wrong horse", Some(&hash)).await.unwrap(),
            Verdict::Wrong
        );
        assert_eq!(verify("correct horse", None).await.unwrap(), Verdict::Wrong);
        assert!(verify("correct horse", Some("damaged")).await.is_err());
    }

    #[tokio::test]
    async fn a_hash_of_other_parameters_is_outdated() {
        let hash = Passwords::weak_for_tests()
            .unwrap()
            .hash("correct horse".into())
            .await
            .unwrap();
        let today = Passwords::new(1).unwrap();
        assert_eq!(
            today
                .verify("correct horse".into(), Some(hash))
                .await
                .unwrap(),
            Verdict::RightButOutdated
        );
    }

    #[tokio::test]
    async fn a_missing_account_is_checked_as_hard_as_any_other() {
        let mut passwords = Passwords::new(1).unwrap();
        let stored = passwords.hash("correct horse".into()).await.unwrap();
        let cost =
            |hash: &str| costs(&Params::try_from(&PasswordHash::new(hash).unwrap()).unwrap());
        assert_eq!(cost(&passwords.decoy), cost(&stored));
        // And it is really computed: a damaged one is noticed.
        passwords.decoy = "damaged".into();
        assert!(passwords.verify("wrong horse".into(), None).await.is_err());
    }
}
