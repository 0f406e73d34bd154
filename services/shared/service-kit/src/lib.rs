//! What every service needs and none is about: configuration, telemetry, the
//! HTTP stack, health, lifecycle, the clock. Knows nothing of events.

pub mod config;

pub mod entry;

pub mod lifecycle;

pub mod clock;

pub mod timeouts;

pub mod telemetry;

pub mod metrics;

pub mod health;

pub mod http;

pub use clock::Clock;
pub use lifecycle::Lifecycle;
pub use timeouts::Timeouts;
