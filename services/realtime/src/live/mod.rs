//! Who is there now: counts of a project's last minutes, and its open sessions.

mod counts;

mod open;

mod rate;

mod shared;

pub use counts::{Counts, Seen};
pub use open::{Change, OpenSessions};
pub use shared::SharedSessions;
