//! Dashboards: ordered widgets, each a query; kept in PostgreSQL.

mod dashboard;
mod results;
mod store;

pub use dashboard::{
    Dashboard, Layout, LayoutLimits, Widget, parse_layout, parse_name, parse_widget,
};
pub use results::{Age, WidgetResult, WithResults, with_results};
pub use store::DashboardStore;
