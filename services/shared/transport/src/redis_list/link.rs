use std::fmt;
use std::time::Duration;

use deadpool_redis::redis::{
    AsyncConnectionConfig, Client, ErrorKind, RedisError, ServerErrorKind,
    aio::MultiplexedConnection,
};
use parking_lot::RwLock;
use service_kit::config::RedisConfig;
use tokio::sync::Mutex;

use crate::TransportError;

/// One connection that many requests share, made again when it breaks.
pub(super) struct Link {
    client: Client,
    config: AsyncConnectionConfig,
    current: RwLock<Option<MultiplexedConnection>>,
    connecting: Mutex<()>,
}

impl Link {
    /// A link that connects when it is used. No answer may take longer than
    /// `response_timeout`.
    pub(super) fn new(
        config: &RedisConfig,
        response_timeout: Duration,
    ) -> Result<Self, TransportError> {
        let client = Client::open(config.url.expose())
            .map_err(|error| TransportError::Refused(error.to_string()))?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_response_timeout(Some(response_timeout));
        Ok(Self {
            client,
            config,
            current: RwLock::default(),
            connecting: Mutex::default(),
        })
    }

    /// The connection, made if there is none. Failing here, nothing was sent.
    pub(super) async fn connection(&self) -> Result<MultiplexedConnection, TransportError> {
        let current = self.current.read().clone();
        if let Some(connection) = current {
            return Ok(connection);
        }
        let _one = self.connecting.lock().await;
        let current = self.current.read().clone();
        if let Some(connection) = current {
            return Ok(connection);
        }
        let made = self
            .client
            .get_multiplexed_async_connection_with_config(&self.config)
            .await
            .map_err(|error| translate(&error).into_not_sent())?;
        *self.current.write() = Some(made.clone());
        Ok(made)
    }

    /// What an error of a request means; a connection that broke is given up.
    pub(super) fn failed(&self, error: &RedisError) -> TransportError {
        if error.is_io_error() || error.is_timeout() || error.is_unrecoverable_error() {
            *self.current.write() = None;
        }
        translate(error)
    }
}

/// What an error means, when the request had been sent.
fn translate(error: &RedisError) -> TransportError {
    let text = error.to_string();
    match (error.kind(), error.code()) {
        (_, Some("OOM")) => TransportError::Full(text),
        (_, Some("MISCONF" | "READONLY" | "LOADING" | "MASTERDOWN" | "NOREPLICAS" | "BUSY")) => {
            TransportError::Unavailable(text)
        }
        (
            ErrorKind::AuthenticationFailed
            | ErrorKind::InvalidClientConfig
            | ErrorKind::Server(ServerErrorKind::NoPerm),
            _,
        )
        | (_, Some("NOAUTH" | "WRONGPASS" | "NOPERM" | "WRONGTYPE")) => {
            TransportError::Refused(text)
        }
        (ErrorKind::Client, _) => TransportError::Unavailable(text),
        _ => TransportError::Unconfirmed(text),
    }
}

impl TransportError {
    /// The same, knowing that nothing was sent.
    fn into_not_sent(self) -> Self {
        match self {
            Self::Unconfirmed(text) => Self::Unavailable(text),
            other => other,
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}
