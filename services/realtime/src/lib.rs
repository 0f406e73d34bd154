//! Realtime: events on their way to whoever watches a project, as they arrive.
//!
//! [`source`] follows the log (or Redis' channel) as a member of no group and
//! gives every event to the [`feed`] of its project, which counts who is there
//! ([`live`]), keeps the last events for those who come back, and hands each to
//! the viewers. [`access`] says who may watch what; a viewer's [`stream`] leaves
//! as server-sent events ([`endpoints`]) or over a [`socket`]. Browsers with
//! Bklit's SDK send events over a socket, too; those go to [`capture`].

pub mod config;

pub mod app;

pub mod access;

pub mod source;

pub mod feed;

pub mod live;

pub mod stream;

pub mod endpoints;

pub mod socket;

pub mod capture;

pub mod metrics;

pub use app::App;
pub use config::Config;
