//! Running the stack of one machine: what to start ([`plan`]), how
//! ([`component`], [`child`]), when it works ([`probe`]), and what to do when it
//! ends ([`supervisor`]).

mod component;
mod endpoints;
mod probe;

mod bootstrap;
mod clickhouse;
mod kafka;
mod postgres;
mod redis;
mod services;

mod plan;

mod board;
mod child;
mod holds;
mod keeper;
mod leftovers;
mod logfile;
mod state;
mod supervisor;

pub(crate) use bootstrap::Credentials;
pub(crate) use clickhouse::{NO_ENGINE, processor_suffices};
pub(crate) use endpoints::{Endpoints, Transport};
pub(crate) use holds::{hold, release};
pub(crate) use kafka::jars_folder;
pub(crate) use leftovers::end_leftovers;
pub(crate) use plan::{Options, Plan};
pub(crate) use postgres::program_folder as postgres_programs;
pub(crate) use services::environment_of;
pub(crate) use state::{Phase, ServicePhase, ServiceState, StackState};
pub(crate) use supervisor::supervise;
