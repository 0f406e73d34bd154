//! What a client sends is data: hostile text in every field changes neither
//! the tables nor the projects that are touched.

use crate::harness::{A, B, KEY_A, Stores, TestApp};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use warehouse::testing::TestEvent;

/// Texts that would break out of a quote, a parameter, an identifier, a
/// pattern, an escape or a place of ours.
const HOSTILE: &[&str] = &[
    "' OR 1=1 --",
    "'; DROP TABLE events; --",
    "\\'; DROP TABLE events; --",
    "\\",
    "\\\\'",
    "`",
    "\"",
    "a\0b",
    "\t\n\r",
    "{{project}}",
    "{{project:e}}",
    "{project:UUID}",
    "{p0:String}",
    "{x:Identifier}",
    "') UNION ALL SELECT distinct_id, 1 FROM events --",
    "x' SETTINGS additional_table_filters={} --",
    "/* */",
    "$$",
    "?",
    "??",
    "%00%27",
    "\u{202e}\u{1F600}",
    "0x27",
    "1e999",
    "NULL",
    "[]",
    "{}",
    "(?",
    "event",
    "props['a']",
    "FORMAT Null",
];

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(HOSTILE).prop_map(str::to_owned),
        1 => (prop::sample::select(HOSTILE), prop::sample::select(HOSTILE)).prop_map(|(a, b)| format!("{a}{b}")),
        1 => ".{0,12}",
    ]
}

fn hostile_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => hostile().prop_map(Value::from),
        1 => prop::collection::vec(hostile(), 0..3).prop_map(|texts| json!(texts)),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => Just(json!({"a": "' OR 1"})),
        1 => Just(Value::Null),
    ]
}

fn filter() -> impl Strategy<Value = Value> {
    const OPS: &[&str] = &[
        "exact",
        "is_not",
        "icontains",
        "not_icontains",
        "regex",
        "is_set",
        "gt",
        "in",
        "not_in",
        "is_date_before",
        "' OR 1",
    ];
    (hostile(), prop::sample::select(OPS), hostile_value())
        .prop_map(|(property, op, value)| json!({"property": property, "op": op, "value": value}))
}

/// Any type of query, with hostile text wherever text may stand.
fn query() -> impl Strategy<Value = Value> {
    let text = || hostile().prop_map(Value::from).boxed();
    let step = (hostile(), filter())
        .prop_map(|(event, filter)| json!({"event": event, "filters": [filter]}));
    let steps = prop::collection::vec(step, 2..4).prop_map(Value::from);
    let parts = (steps, filter(), prop::collection::vec(text(), 8));
    (0..14_usize, parts).prop_map(|(which, (steps, filter, t))| {
        let range = json!({"date_from": "2025-01-01", "date_to": "2025-01-31", "filters": [filter]});
        let with = |extra: Value| {
            let mut params = range.clone();
            params.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            params
        };
        let (kind, params) = match which {
            0 => ("trends", with(json!({"series": [{"event": t[0], "math": "sum", "property": t[1]}], "breakdown": {"properties": [t[2]]}}))),
            1 => ("trends", with(json!({"series": [{"event": t[0], "label": t[1]}], "formula": t[2], "timezone": t[3]}))),
            2 => ("funnels", with(json!({"steps": steps, "breakdown": {"properties": [t[0]]}, "order": "unordered"}))),
            3 => ("funnels", with(json!({"steps": steps, "exclusions": [{"event": t[0], "from_step": 1, "to_step": 2}], "histogram": true}))),
            4 => ("funnel_persons", with(json!({"steps": steps, "step": 1, "cursor": t[0]}))),
            5 => ("retention", json!({"date_from": "2025-01-01", "target": {"event": t[0]}, "returning": {"event": t[1]}, "breakdown": {"properties": [t[2]]}})),
            6 => ("stickiness", with(json!({"event": t[0], "interval": t[1]}))),
            7 => ("lifecycle", with(json!({"event": t[0]}))),
            8 => ("paths", with(json!({"node": t[0], "start": t[1], "end": t[2], "events": [t[3]]}))),
            9 => ("sessions", with(json!({"breakdown": {"properties": [t[0]]}}))),
            10 => ("events", with(json!({"event": t[0], "distinct_id": t[1]}))),
            11 => ("persons", with(json!({"search": t[0]}))),
            12 => ("catalogue", with(json!({"event": t[0], "property": t[1], "search": t[2]}))),
            _ => ("trace", json!({"uuid": uuid::Uuid::from_u128(1), "distinct_id": t[0]})),
        };
        json!({"type": kind, "params": params})
    })
}

/// Random queries of a run.
const CASES: usize = 150;

const SECRET: &str = "belongs_to_b";

async fn stack() -> (Stores, TestApp) {
    let stores = Stores::create().await;
    let mut events = Vec::new();
    for at in 0..3 {
        events.push(
            TestEvent::new(
                A,
                "' OR 1=1 --",
                "own",
                &format!("2025-01-0{}T00:00:00Z", at + 1),
            )
            .with(json!({"'": "\\"})),
        );
        events.push(
            TestEvent::new(B, SECRET, SECRET, &format!("2025-01-0{}T00:00:00Z", at + 1))
                .with(json!({SECRET: SECRET})),
        );
    }
    stores.warehouse.insert(&events).await;
    let app = stores.app();
    (stores, app)
}

async fn rows(stores: &Stores) -> u64 {
    stores.warehouse.number("SELECT count() FROM events").await
}

#[tokio::test]
async fn hostile_text_in_every_field_is_data() {
    let (stores, app) = stack().await;
    let mut runner = TestRunner::new(Config::default());
    for _ in 0..CASES {
        let body = query().new_tree(&mut runner).unwrap().current();
        let answer = app
            .send("POST", "/api/query", Some(KEY_A), Some(&body))
            .await;
        let status = answer.status.as_u16();
        assert!(
            status == 200 || status == 400,
            "{body}: {status} {}",
            answer.text
        );
        assert!(!answer.text.contains(SECRET), "{body}: {}", answer.text);
        if let Some(read) = answer.body["rows_read"].as_u64() {
            // One part of six rows, of which three are ours: no statement may
            // have answered for the others, whatever it scanned.
            assert!(read <= 200, "{body}: {read}");
        }
    }
    assert_eq!(rows(&stores).await, 6);
    let tables = stores
        .warehouse
        .texts(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND name = 'events'",
        )
        .await;
    assert_eq!(tables, ["events"]);
}

#[tokio::test]
async fn hostile_text_in_every_query_string_and_path_is_data() {
    let (stores, app) = stack().await;
    let escape = |text: &str| {
        text.bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect::<String>()
    };
    for text in HOSTILE {
        let text = escape(text);
        for path in [
            format!("/api/trends?event={text}&date_from=2025-01-01&date_to=2025-01-31"),
            format!("/api/trends?event=e&breakdown={text}&date_from=2025-01-01&date_to=2025-01-31"),
            format!("/api/trends?event=e&filters={text}"),
            format!("/api/trends?event=e&timezone={text}&interval={text}"),
            format!("/api/events/recent?limit={text}"),
            format!("/api/query/async/{text}"),
            format!("/api/dashboards/{text}"),
            format!("/api/shared/{text}"),
            format!("/api/query/async?status={text}"),
        ] {
            let answer = app.get(&path).await;
            assert!(answer.status.as_u16() < 500, "{path}: {}", answer.text);
            assert!(!answer.text.contains(SECRET), "{path}: {}", answer.text);
        }
    }
    assert_eq!(rows(&stores).await, 6);
}

#[tokio::test]
async fn the_engine_itself_holds_a_statement_to_its_project() {
    use warehouse::read::{ReadLimits, Statement};
    use warehouse::scope::ProjectScope;
    let (stores, _app) = stack().await;
    let reading = ProjectScope::new(stores.warehouse.warehouse(), A)
        .reading(uuid::Uuid::new_v4(), ReadLimits::default());
    let refused = reading
        .rows(&Statement::new("SELECT count() FROM events"))
        .await;
    assert!(refused.is_err());
    let around = Statement::new(
        "SELECT count() FROM merge(currentDatabase(), 'events') WHERE {{project}} OR 1",
    );
    assert!(reading.rows(&around).await.is_err());
    let writing = Statement::new("INSERT INTO events SELECT * FROM events WHERE {{project}}");
    assert!(reading.rows(&writing).await.is_err());
    // A statement of ours that forgets the condition on one of its tables, or
    // pretends to have it, still reads its own project alone.
    let database = &stores.warehouse.config().database;
    for text in [
        "SELECT count() FROM events WHERE {{project}} OR 1".to_owned(),
        "SELECT count() FROM (SELECT * FROM events) WHERE 1 OR {{project}}".to_owned(),
        format!("SELECT count() FROM {database}.events AS e WHERE 1 OR {{{{project:e}}}}"),
        "WITH x AS (SELECT distinct_id FROM events) SELECT count() FROM x WHERE 1 OR (SELECT any({{project}}) FROM events)".to_owned(),
        "SELECT uniqExact(a.uuid) FROM events AS a CROSS JOIN events AS b WHERE {{project:a}} OR 1".to_owned(),
    ] {
        let rows = reading.rows(&Statement::new(text.clone())).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(rows[0][0], json!(3), "{text}");
    }
}
