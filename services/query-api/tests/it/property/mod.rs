//! Random events and random queries: the engine must answer what the
//! reference answers.
//!
//! `MILLRACE_PROPERTY_CASES` sets how many pairs are tried, and
//! `MILLRACE_PROPERTY_SEED` where they begin; a failure prints its own.

mod compare;
mod data;
mod queries;
mod random;
mod shrink;
pub(crate) mod source;

use crate::reference;
pub(crate) use compare::difference;
use event_schema::ids::ProjectId;
use futures::StreamExt;
use query_api::engine::{Context, QueryLimits};
use query_api::query;
use random::Random;
use reference::Event;
use serde_json::Value;
use source::TestSource;
use std::sync::Arc;
use uuid::Uuid;
use warehouse::testing::TestWarehouse;

/// Pairs of data and query in an ordinary run.
const CASES: u64 = 2_000;
/// Queries asked of each set of data.
const QUERIES: u64 = 50;
/// Queries in flight, on as many threads as there are: the reference counts
/// while the engine does.
const CONCURRENT: usize = 6;

/// What the engine answers to a query.
pub(crate) async fn engine_answer(
    source: &TestSource,
    kind: &str,
    params: &Value,
) -> Result<Value, String> {
    let now = chrono::DateTime::parse_from_rfc3339("2025-12-31T00:00:00Z")
        .unwrap()
        .to_utc();
    let context = Context {
        now,
        limits: QueryLimits::default(),
    };
    let query =
        query::parse(kind, params, &context).map_err(|faults| format!("refused: {faults:?}"))?;
    assert!(!query.statements().is_empty());
    let answer = query
        .run(source)
        .await
        .map_err(|error| format!("failed: {error:?}"))?;
    Ok(answer.result)
}

/// Stores events under a project of their own.
pub(crate) async fn store(warehouse: &TestWarehouse, events: &[Event]) -> TestSource {
    let project = ProjectId(Uuid::new_v4());
    let rows: Vec<_> = events
        .iter()
        .map(|event| data::stored(project, event))
        .collect();
    if !rows.is_empty() {
        warehouse.insert(&rows).await;
    }
    TestSource::new(warehouse, project)
}

/// Asks both and says how they differ.
pub(crate) async fn differs(
    source: &TestSource,
    events: &[Event],
    kind: &str,
    params: &Value,
) -> Option<String> {
    let expected = reference::answer(kind, params, events);
    match engine_answer(source, kind, params).await {
        Ok(answer) => difference(&expected, &answer),
        Err(error) => Some(error),
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread")]
async fn random_queries_over_random_events_agree_with_the_reference() {
    let warehouse = TestWarehouse::create().await;
    let first = setting(
        "MILLRACE_PROPERTY_SEED",
        chrono::Utc::now().timestamp_micros().unsigned_abs(),
    );
    let sets = setting("MILLRACE_PROPERTY_CASES", CASES).div_ceil(QUERIES);
    for seed in first..first + sets {
        let mut random = Random::new(seed);
        let set = data::events(&mut random);
        let asked_of = Arc::new((store(&warehouse, &set.events).await, set.events.clone()));
        let asked: Vec<(String, Value)> = (0..QUERIES)
            .map(|_| queries::query(&mut random, &set))
            .collect();
        let failures: Vec<(String, Value, String)> = futures::stream::iter(asked)
            .map(|(kind, params)| {
                let asked_of = Arc::clone(&asked_of);
                tokio::spawn(async move {
                    let (source, events) = &*asked_of;
                    let difference = differs(source, events, &kind, &params).await;
                    difference.map(|difference| (kind, params, difference))
                })
            })
            .buffer_unordered(CONCURRENT)
            .filter_map(|found| async { found.unwrap() })
            .collect()
            .await;
        if let Some((kind, params, difference)) = failures.first() {
            let smallest = shrink::events(&warehouse, set.events.clone(), kind, params).await;
            panic!(
                "seed {seed}: {} of {QUERIES} differ\n{kind} {params}\n{difference}\nevents:\n{}",
                failures.len(),
                shrink::listed(&smallest)
            );
        }
    }
}
