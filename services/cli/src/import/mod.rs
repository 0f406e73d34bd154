//! `millrace import`: events from files of other systems.
//!
//! Reading order: [`source`] (files → rows) → [`shape`] (whose rows) → [`mapping`] and
//! [`event`] (rows → events) → [`batch`] → [`send`] → [`run`] (one file, with [`resume`],
//! [`rejected`] and [`report`]).

mod batch;
mod event;
mod files;
mod mapping;
mod moment;
mod object;
mod read;
mod rejected;
mod report;
mod resume;
mod row;
mod run;
mod send;
mod shape;
mod source;

pub(crate) use files::{Named, find};
pub(crate) use mapping::Mapping;
pub(crate) use moment::{TimeFormat, local_moment};
pub(crate) use read::Reading;
pub(crate) use resume::Bookmark;
pub(crate) use run::{Outcome, import, rehearse};
pub(crate) use send::Sender;
pub(crate) use shape::{Origin, Table};
pub(crate) use source::{Format, Progress, STANDARD_INPUT};
