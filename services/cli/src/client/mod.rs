//! Talking to an installation: this machine's, or another by its URLs.

mod account;
mod answer;
mod chart;
mod condition;
mod connection;
mod event_line;
mod letters;
mod stores;

pub(crate) use account::Session;
pub(crate) use answer::{call, root_of};
pub(crate) use chart::{bar, sparkline};
pub(crate) use condition::event_params;
pub(crate) use connection::Connection;
pub(crate) use event_line::EventLine;
pub(crate) use letters::{Letter, give_up, read_letters, send_again};
pub(crate) use stores::{Stores, consumer_environment};
