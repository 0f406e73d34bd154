//! The HTTP client of all trials.

use std::time::Duration;

use anyhow::Result;
use reqwest::Client;

/// A client that waits at most `timeout` for an answer.
///
/// # Errors
/// When the TLS library cannot be set up.
pub fn client(timeout: Duration) -> Result<Client> {
    // Only the first call installs it; the others find it there.
    drop(rustls::crypto::ring::default_provider().install_default());
    Ok(Client::builder()
        .timeout(timeout)
        .tcp_nodelay(true)
        .build()?)
}
