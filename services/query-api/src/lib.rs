//! The query API: one query model over the warehouse, jobs, dashboards, insights.
//!
//! Reading order: [`config`] → [`app`] → [`endpoints`] → [`engine`] →
//! [`query`] (numbers), [`reads`] (lists), [`seed`] (the old forms) →
//! [`jobs`], [`dashboards`], [`insights`] → [`store`].

pub mod app;
pub mod config;
pub mod dashboards;
mod digits;
pub mod endpoints;
pub mod engine;
pub mod error;
pub mod freshness;
pub mod insights;
pub mod jobs;
pub mod metrics;
pub mod present;
pub mod query;
pub mod reads;
pub mod seed;
pub mod store;

pub use app::App;
pub use config::Config;
