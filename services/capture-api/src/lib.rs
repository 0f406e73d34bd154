//! The capture API: takes events from SDKs and answers when they are durable.
//!
//! An event's way through this crate: [`endpoints`] (which path, whose words)
//! → [`intake`] (credential, body) → [`encoding`] → [`decode`] (located, over
//! [`event_schema::json`]) → [`pipeline`] (judged) → `publish` → [`answers`].

pub mod app;

pub mod config;

pub mod endpoints;

pub mod intake;

pub mod http;

pub mod encoding;

pub mod decode;

pub mod pipeline;

mod publish;

pub mod answers;

pub mod refusals;

pub mod rate;

pub mod budget;

pub mod metrics;

pub use app::App;
pub use config::Config;
