//! From rows to the shapes of the contract.

mod activity;
mod funnels;
mod numbers;
mod retention;
mod sessions;
mod trends;

pub(crate) use activity::{LifecycleRow, StickinessRow, lifecycle, stickiness};
pub(crate) use funnels::{funnel, funnel_persons};
pub(crate) use retention::{CohortTable, retention};
pub(crate) use sessions::sessions;
pub(crate) use trends::{SeriesValues, trends};

use super::compile::{OTHER, places};
use serde_json::{Map, Value, json};

/// The fields that name a row of a breakdown.
fn row_name(key: &str, properties: usize) -> Map<String, Value> {
    let mut fields = Map::new();
    if key == OTHER {
        fields.insert("breakdown".to_owned(), Value::Null);
        fields.insert("other".to_owned(), Value::Bool(true));
    } else {
        fields.insert("breakdown".to_owned(), json!(places(key, properties)));
    }
    fields
}
