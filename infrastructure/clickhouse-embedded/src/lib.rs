//! The ClickHouse engine as a library, behind ClickHouse's own HTTP interface.
//!
//! One process owns one data folder. A request is read by [`http`], runs on a thread of its own in
//! [`worker`], after [`sql`] has judged its statement, and reaches the library through [`engine`],
//! the only place with foreign calls. What clients see is meant to be what a ClickHouse server
//! shows them; where it is not, `docs/embedded-engine.md` says so.

pub mod app;
pub mod compression;
pub mod config;
pub mod engine;
pub mod http;
pub mod metrics;
pub mod sql;
pub mod worker;
