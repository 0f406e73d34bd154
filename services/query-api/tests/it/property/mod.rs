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
use std::ops::Range;
use std::sync::Arc;
use uuid::Uuid;
use warehouse::testing::TestWarehouse;

/// Pairs of data and query in an ordinary run.
const CASES: u64 = 2_000;
/// Queries asked of each set of data.
const QUERIES: u64 = 50;
/// Sets of data that are stored at once.
const SETS: u64 = 40;
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

/// Stores sets of events, each under a project of its own, by one insert.
pub(crate) async fn store<'a>(
    warehouse: &TestWarehouse,
    sets: impl IntoIterator<Item = &'a [Event]>,
) -> Vec<TestSource> {
    let (mut rows, mut sources) = (Vec::new(), Vec::new());
    for events in sets {
        let project = ProjectId(Uuid::new_v4());
        rows.extend(events.iter().map(|event| data::stored(project, event)));
        sources.push(TestSource::new(warehouse, project));
    }
    if !rows.is_empty() {
        warehouse.insert(&rows).await;
    }
    sources
}

/// Asks both and says how they differ.
pub(crate) async fn differs(
    source: &TestSource,
    events: &[Event],
    kind: &str,
    params: &Value,
) -> Option<String> {
    // It counts for long, and connections must be looked after meanwhile.
    let expected = tokio::task::block_in_place(|| reference::answer(kind, params, events));
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

/// A query over a set of events, and the seed that makes both again.
struct Pair {
    seed: u64,
    data: Arc<(TestSource, Vec<Event>)>,
    kind: String,
    params: Value,
}

impl Pair {
    async fn difference(&self) -> Option<String> {
        let (source, events) = &*self.data;
        differs(source, events, &self.kind, &self.params).await
    }
}

/// The pairs of some seeds, their events stored.
async fn pairs(warehouse: &TestWarehouse, seeds: Range<u64>) -> Vec<Pair> {
    let mut made: Vec<(u64, Random, data::Set)> = seeds
        .map(|seed| {
            let mut random = Random::new(seed);
            let set = data::events(&mut random);
            (seed, random, set)
        })
        .collect();
    let sources = store(warehouse, made.iter().map(|(_, _, set)| &set.events[..])).await;
    let mut pairs = Vec::new();
    for ((seed, random, set), source) in made.iter_mut().zip(sources) {
        let data = Arc::new((source, set.events.clone()));
        pairs.extend((0..QUERIES).map(|_| {
            let (kind, params) = queries::query(random, set);
            Pair {
                seed: *seed,
                data: Arc::clone(&data),
                kind,
                params,
            }
        }));
    }
    pairs
}

#[tokio::test(flavor = "multi_thread")]
async fn random_queries_over_random_events_agree_with_the_reference() {
    let warehouse = TestWarehouse::shared().await;
    let first = setting(
        "MILLRACE_PROPERTY_SEED",
        chrono::Utc::now().timestamp_micros().unsigned_abs(),
    );
    let end = first + setting("MILLRACE_PROPERTY_CASES", CASES).div_ceil(QUERIES);
    for from in (first..end).step_by(usize::try_from(SETS).unwrap()) {
        let asked = pairs(&warehouse, from..end.min(from + SETS)).await;
        let failures: Vec<(Pair, String)> = futures::stream::iter(asked)
            .map(|pair| {
                let seed = pair.seed;
                let compared = tokio::spawn(async move {
                    let difference = pair.difference().await;
                    difference.map(|difference| (pair, difference))
                });
                async move {
                    let found = compared.await;
                    found.unwrap_or_else(|fault| panic!("seed {seed}: {fault}"))
                }
            })
            .buffer_unordered(CONCURRENT)
            .filter_map(async |found| found)
            .collect()
            .await;
        if let Some((pair, difference)) = failures.first() {
            let smallest = shrink::events(&warehouse, pair).await;
            panic!(
                "seed {}: {} of {} differ\n{} {}\n{difference}\nevents:\n{}",
                pair.seed,
                failures.len(),
                SETS * QUERIES,
                pair.kind,
                pair.params,
                shrink::listed(&smallest)
            );
        }
    }
}
