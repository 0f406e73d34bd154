//! The ClickHouse engine as a library, behind ClickHouse's own HTTP interface.

pub mod compression;
pub mod config;
pub mod engine;
pub mod http;
pub mod sql;
pub mod worker;
