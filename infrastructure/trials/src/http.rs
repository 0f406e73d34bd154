//! The HTTP client of all trials.

use std::time::Duration;

use anyhow::Result;
use reqwest::Client;

/// Our servers close a connection on which nothing was asked for 10 s. A request
/// that is sent at that very moment is lost, so older ones are not used again.
const IDLE_MAX: Duration = Duration::from_secs(5);

/// A client that waits at most `timeout` for an answer.
///
/// # Errors
/// When the TLS library cannot be set up.
pub fn client(timeout: Duration) -> Result<Client> {
    // Only the first call installs it; the others find it there.
    drop(rustls::crypto::ring::default_provider().install_default());
    Ok(Client::builder()
        .timeout(timeout)
        .pool_idle_timeout(IDLE_MAX)
        .tcp_nodelay(true)
        .build()?)
}
