//! What a query is, once it has been read.

mod activity;
mod formula;
mod funnel;
mod retention;
mod selection;
mod sessions;
mod trends;

pub use activity::Activity;
pub use formula::Formula;
pub use funnel::{Attribution, Exclusion, Funnel, FunnelBreakdown, Order, PersonsPage};
pub use retention::Retention;
pub use selection::{Breakdown, Frame, Selector};
pub use sessions::{PathNode, Paths, Sessions};
pub use trends::{Display, Earlier, Math, Numeric, Series, Trends};
