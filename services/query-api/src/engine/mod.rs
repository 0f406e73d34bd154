//! Running queries: what they read from, their limits, their cache.
//!
//! Reading order: [`Request`] → [`Plan`] → [`Engine`] → [`Served`].

mod cache;
mod context;
mod cost;
mod envelope;
mod failure;
mod flight;
mod freshness;
mod hints;
mod lane;
mod plan;
mod request;
mod runner;
mod slots;
mod source;

pub use cache::Cache;
pub use context::{Context, QueryLimits};
pub use cost::{Cost, CostLimits, LaneLimits};
pub use envelope::{Body, Envelope, Served, instant};
pub use failure::Failure;
pub use freshness::Freshness;
pub use hints::Hint;
pub use lane::LaneConfig;
pub use plan::{Outcome, Plan, kinds};
pub use request::{MAX_AGE_DEFAULT, MAX_AGE_MAX, Request};
pub use runner::{Engine, EngineParts};
pub use source::{EachPiece, ScopedSource, Source};
