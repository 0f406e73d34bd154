//! What handlers share: cheap handles.

use crate::config::QueryConfig;
use crate::dashboards::DashboardStore;
use crate::engine::Engine;
use crate::freshness::WarehouseFreshness;
use crate::insights::InsightStore;
use crate::jobs::JobStore;
use axum::extract::FromRef;
use identity::Authority;
use service_kit::Clock;
use std::sync::Arc;
use tokio::sync::Notify;
use warehouse::Warehouse;

/// What handlers share.
#[derive(Debug, Clone)]
pub struct AppState {
    /// Runs queries.
    pub engine: Engine,
    /// Keeps jobs.
    pub jobs: JobStore,
    /// Told when a job was made.
    pub wake: Arc<Notify>,
    /// Keeps dashboards.
    pub dashboards: DashboardStore,
    /// Keeps saved insights.
    pub insights: InsightStore,
    /// Judges credentials.
    pub authority: Authority,
    /// The ledger.
    pub warehouse: Warehouse,
    /// How complete it is.
    pub freshness: Arc<WarehouseFreshness>,
    /// The time.
    pub clock: Clock,
    /// The service's section.
    pub config: Arc<QueryConfig>,
}

impl FromRef<AppState> for Authority {
    fn from_ref(state: &AppState) -> Self {
        state.authority.clone()
    }
}
