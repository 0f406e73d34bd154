//! How far one person comes through a funnel, and by which events.

mod chain;
mod matching;
mod ordered;
mod person;
pub(crate) mod plain;
mod strict;
mod tally;
mod unordered;

pub(crate) use chain::{Rules, best_chain};
pub(crate) use person::Person;
pub(crate) use tally::Tally;
