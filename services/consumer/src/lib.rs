//! The consumer: takes accepted events from the log and stores each of them
//! once, provably.
//!
//! Reading order: [`intake`] reads and fills a [`batch`] with rows that
//! [`process`] makes ([`foreign`] reads items of other producers) and gives it
//! to the writer by [`hand_over`]; [`writer`] recognises repeats, inserts, and
//! keeps the ledger; [`complete`] publishes up to when everything is queryable;
//! [`app`] puts it together.

pub mod app;
pub mod batch;
pub mod complete;
pub mod config;
pub mod dead_letter;
pub mod foreign;
pub mod hand_over;
pub mod held;
pub mod intake;
pub mod item;
pub mod live;
pub mod metrics;
pub mod process;
pub mod refusals;
pub mod replay;
pub mod retention;
pub mod upkeep;
pub mod writer;

pub use app::App;
pub use config::Config;
