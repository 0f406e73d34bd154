//! Dashboards: ordered widgets, each a query; kept in PostgreSQL.

mod dashboard;
mod store;

pub use dashboard::{Dashboard, Layout, LayoutLimits, parse_layout, parse_name};
pub use store::DashboardStore;
