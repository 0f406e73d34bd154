//! `millrace export`: events into files that `millrace import` reads.
//!
//! Reading order: [`window`] (which time) → [`pages`] (events, a page at a time) → [`sink`]
//! ([`ndjson`] or [`parquet`]) → [`file`] (complete or not there).

mod event;
mod file;
mod ndjson;
mod pages;
mod parquet;
mod sink;
mod window;

pub(crate) use file::NewFile;
pub(crate) use pages::Pages;
pub(crate) use sink::{Packing, Sink, Target};
pub(crate) use window::Window;
