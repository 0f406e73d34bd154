//! Reading events: statements, their parameters, and what may go wrong.
//!
//! A [`Statement`] is text with named server-side parameters. It is run by a
//! [`ProjectScope`](crate::scope::ProjectScope), which is the only type that
//! reads events and which adds the project by itself.

mod answer;
mod error;
mod intake;
mod limits;
mod process;
mod statement;
mod trace;

pub(crate) use answer::{Document, FORMAT, STREAM_FORMAT, parse};
pub use error::ReadError;
pub(crate) use error::classify;
pub use intake::{Intake, PartitionState, Refused};
pub use limits::ReadLimits;
pub use process::Progress;
pub(crate) use process::{progress, stop};
pub use statement::{Param, Statement};
pub use trace::{Outcome, Traced};

/// One row of an answer: the values of its columns in the order of the
/// statement. 64-bit integers are numbers, infinities and NaN are `null`,
/// UUIDs and dates are text.
pub type Row = Vec<serde_json::Value>;
