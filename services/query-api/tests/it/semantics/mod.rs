//! Every sentence of the semantics as a case that names it: events, a query,
//! and the numbers worked out by hand. The reference must find them too.

mod activity;
mod filters;
mod found;
mod funnel_breakdowns;
mod funnels;
mod paths;
mod range;
mod retention;
mod sessions;
mod trends;
mod trends_breakdowns;

use crate::property::source::TestSource;
use crate::property::{engine_answer, store};
use crate::reference::{self, Event};
use futures::StreamExt;
use serde_json::Value;
use uuid::Uuid;
use warehouse::testing::TestWarehouse;

/// One sentence and what it means for some events.
pub(crate) struct Case {
    /// The sentence.
    sentence: &'static str,
    /// Lines of `event person time [properties as JSON, "uuid" among them]`.
    events: &'static str,
    /// The type of query.
    kind: &'static str,
    /// Its parameters.
    params: Value,
    /// Places of the result (JSON pointers) and what they hold.
    expected: Vec<(&'static str, Value)>,
}

/// A case.
pub(crate) fn case(
    sentence: &'static str,
    events: &'static str,
    (kind, params): (&'static str, Value),
    expected: Vec<(&'static str, Value)>,
) -> Case {
    Case {
        sentence,
        events,
        kind,
        params,
        expected,
    }
}

/// Cases that are tried at once.
const CONCURRENT: usize = 4;

/// Runs cases, each in a project of its own, and names all that fail.
pub(crate) async fn hold(cases: Vec<Case>) {
    let warehouse = TestWarehouse::shared().await;
    let sets: Vec<Vec<Event>> = cases.iter().map(Case::read_events).collect();
    let sources = store(&warehouse, sets.iter().map(Vec::as_slice)).await;
    let tried = cases.iter().zip(&sets).zip(&sources);
    let failures: Vec<String> = futures::stream::iter(tried)
        .map(|((case, events), source)| case.failures(events, source))
        .buffered(CONCURRENT)
        .flat_map(futures::stream::iter)
        .collect()
        .await;
    assert!(
        failures.is_empty(),
        "in {} cases:\n{}",
        cases.len(),
        failures.join("\n")
    );
}

impl Case {
    fn read_events(&self) -> Vec<Event> {
        let lines = self.events.lines();
        lines
            .filter(|line| !line.trim().is_empty())
            .map(event)
            .collect()
    }

    /// What the engine or the reference answers otherwise.
    async fn failures(&self, events: &[Event], source: &TestSource) -> Vec<String> {
        let found = match engine_answer(source, self.kind, &self.params).await {
            Ok(found) => found,
            Err(error) => return vec![format!("{}: {error}", self.sentence)],
        };
        let reference = reference::answer(self.kind, &self.params, events);
        let mut failures = Vec::new();
        for (place, value) in &self.expected {
            for (who, answer) in [("engine", &found), ("reference", &reference)] {
                let answer = answer.pointer(place).unwrap_or(&Value::Null);
                if let Some(difference) = crate::property::difference(value, answer) {
                    failures.push(format!("{} ({who}) {place}: {difference}", self.sentence));
                }
            }
        }
        failures
    }
}

fn event(line: &str) -> Event {
    let mut parts = line.trim().splitn(4, ' ');
    let (name, person, time) = (
        parts.next().unwrap(),
        parts.next().unwrap(),
        parts.next().unwrap(),
    );
    let mut properties: serde_json::Map<String, Value> = parts
        .next()
        .map_or_else(Default::default, |json| serde_json::from_str(json).unwrap());
    let uuid = properties
        .remove("uuid")
        .and_then(|uuid| uuid.as_str().map(str::to_owned));
    let short = if time.contains('T') {
        time.to_owned()
    } else {
        format!("{time}T12:00:00Z")
    };
    Event {
        event: name.to_owned(),
        distinct_id: person.to_owned(),
        at: chrono::DateTime::parse_from_rfc3339(&short)
            .unwrap()
            .timestamp_millis(),
        uuid: uuid.unwrap_or_else(|| Uuid::new_v4().to_string()),
        properties,
    }
}
