//! Talking to an installation: this machine's, or another by its URLs.

mod account;
mod answer;
mod chart;
mod connection;
mod letters;
mod stores;

pub(crate) use account::Session;
pub(crate) use answer::call;
pub(crate) use chart::{bar, sparkline};
pub(crate) use connection::Connection;
pub(crate) use letters::{Letter, read_letters};
pub(crate) use stores::Stores;
