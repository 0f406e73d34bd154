//! Logs of our own: one line an event on stderr, readable or JSON.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, TelemetryConfig};

/// Installs the process's log subscriber. A filter that cannot be read falls
/// back to `info`; a second call changes nothing.
pub fn init(config: &TelemetryConfig) {
    // Looks at targets and levels only: a filter that knows spans takes a lock
    // each time one is entered.
    let info = || Targets::new().with_default(LevelFilter::INFO);
    let filter: Targets = config.log_filter.parse().unwrap_or_else(|_| info());
    let registry = tracing_subscriber::registry().with(filter);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let installed = match config.log_format {
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
        LogFormat::Pretty => registry.with(lines.with_ansi(false)).try_init(),
    };
    if installed.is_err() {
        tracing::debug!("a log subscriber is installed already");
    }
}
