//! Lists and the forms of old, over a handful of events.

use crate::harness::{A, B, Stores, TestApp};
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;
use warehouse::testing::TestEvent;

fn event(name: &str, who: &str, at: &str) -> TestEvent {
    TestEvent::new(A, name, who, at)
}

async fn stack(events: &[TestEvent]) -> (Stores, TestApp) {
    let stores = Stores::create().await;
    stores.warehouse.insert(events).await;
    let app = stores.app();
    (stores, app)
}

fn names(answer: &Value) -> Vec<String> {
    let events = answer["result"]["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["event"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn events_come_newest_first_page_by_page() {
    // Ties, and gaps of days, months and years.
    let times = [
        "2025-01-31T10:00:00.001Z",
        "2025-01-31T10:00:00Z",
        "2025-01-31T10:00:00Z",
        "2025-01-25T00:00:00Z",
        "2024-11-02T00:00:00Z",
        "2001-01-01T00:00:00Z",
    ];
    let events: Vec<_> = times
        .iter()
        .enumerate()
        .map(|(at, time)| event(&format!("e{at}"), "ada", time))
        .collect();
    let (_stores, app) = stack(&events).await;
    let range = json!({"date_from": "2000-01-01", "date_to": "2025-01-31", "limit": 2});
    let mut seen = Vec::new();
    let mut params = range.clone();
    loop {
        let page = app.query("events", params.clone()).await;
        seen.extend(names(&page));
        assert!(seen.len() <= times.len(), "{seen:?}");
        let next = &page["result"]["next"];
        if next.is_null() {
            break;
        }
        params["cursor"] = next.clone();
    }
    seen[1..3].sort();
    assert_eq!(seen, ["e0", "e1", "e2", "e3", "e4", "e5"]);
    let one = app
        .query(
            "events",
            json!({"date_from": "2000-01-01", "event": "e4", "distinct_id": "ada"}),
        )
        .await;
    assert_eq!(names(&one), ["e4"]);
    let none = app
        .query(
            "events",
            json!({"date_from": "2000-01-01", "distinct_id": "eve"}),
        )
        .await;
    assert_eq!(names(&none), Vec::<String>::new());
}

#[tokio::test]
async fn properties_come_back_exactly_as_they_were_sent() {
    let sent = json!({
        "plan": "pro", "n": 95, "text_n": "95", "f": 1.5, "yes": true, "text_yes": "true", "nothing": null,
        "list": [1, "a", {"b": null}], "text_list": "[1]", "": "empty name", "a.b'c\"d `e`\\": "odd", "ünï → 中": "ü\u{0}\n",
        "$browser": "Firefox", "$set": {"email": "ada@example.com"},
    });
    let (_stores, app) = stack(&[event("e", "ada", "2025-01-01T00:00:00Z")
        .with(sent.clone())
        .with_uuid(Uuid::from_u128(7))
        .derived("$os", "Linux")])
    .await;
    let page = app
        .query(
            "events",
            json!({"date_from": "2025-01-01", "date_to": "2025-01-01"}),
        )
        .await;
    let found = &page["result"]["events"][0];
    assert_eq!(found["properties"], sent);
    assert_eq!(found["derived"], json!({"$os": "Linux"}));
    assert_eq!(found["uuid"], "00000000-0000-0000-0000-000000000007");
    assert_eq!(found["timestamp"], "2025-01-01T00:00:00.000Z");
    let recent = app.get("/api/events/recent").await;
    assert_eq!(recent.body["events"][0]["properties"], sent);
    assert_eq!(recent.body["events"][0].as_object().unwrap().len(), 4);
}

#[tokio::test]
async fn recent_events_are_the_latest_of_all_times() {
    let (_stores, app) = stack(&[
        event("old", "a", "1995-05-05T00:00:00Z"),
        event("now", "a", &chrono::Utc::now().to_rfc3339()),
        event("ahead", "a", "2090-01-01T00:00:00Z"),
    ])
    .await;
    let all = app.get("/api/events/recent?limit=500").await;
    let names: Vec<_> = all.body["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["event"].clone())
        .collect();
    assert_eq!(names, ["ahead", "now", "old"]);
    assert_eq!(
        app.get("/api/events/recent?limit=1").await.body["events"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    for wrong in ["0", "501", "x", "-1"] {
        let answer = app.get(&format!("/api/events/recent?limit={wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.body["errors"][0]["path"], "limit");
    }
}

#[tokio::test]
async fn persons_have_what_set_gave_them_and_what_set_once_gave_first() {
    let set = |who: &str, at: &str, properties: Value| event("$identify", who, at).with(properties);
    let (_stores, app) = stack(&[
        set(
            "ada",
            "2024-01-01T00:00:00Z",
            json!({"$set_once": {"first": 1.0, "both": "once"}}),
        ),
        set(
            "ada",
            "2025-01-01T00:00:00Z",
            json!({"$set": {"plan": "free", "both": "set"}, "$set_once": {"first": 2}}),
        ),
        set(
            "ada",
            "2025-01-02T00:00:00Z",
            json!({"$set": {"plan": "pro", "email": "Ada@example.com"}}),
        ),
        event("view", "ada", "2025-01-03T00:00:00Z"),
        event("view", "bob", "2025-01-04T00:00:00Z"),
        TestEvent::new(B, "view", "eve", "2025-01-04T00:00:00Z"),
    ])
    .await;
    let range = json!({"date_from": "2025-01-01", "date_to": "2025-01-31"});
    let page = app.query("persons", range.clone()).await;
    let persons = page["result"]["persons"].as_array().unwrap();
    assert_eq!(persons.len(), 2);
    assert_eq!(
        persons[0],
        json!({"distinct_id": "bob", "first_seen": "2025-01-04T00:00:00.000Z",
        "last_seen": "2025-01-04T00:00:00.000Z", "events": 1, "properties": {}})
    );
    assert_eq!(persons[1]["events"], 3);
    assert_eq!(
        persons[1]["properties"],
        json!({"plan": "pro", "both": "set", "first": 1.0, "email": "Ada@example.com"})
    );
    let with = |name: &str, value: Value| {
        let mut params = range.clone();
        params[name] = value;
        params
    };
    let first = app.query("persons", with("limit", json!(1))).await;
    assert_eq!(first["result"]["persons"][0]["distinct_id"], "bob");
    let mut second = with("limit", json!(1));
    second["cursor"] = first["result"]["next"].clone();
    let second = app.query("persons", second).await;
    assert_eq!(second["result"]["persons"][0]["distinct_id"], "ada");
    assert_eq!(second["result"]["next"], Value::Null);
    for (search, found) in [("BO", "bob"), ("ada@EXAMPLE", "ada")] {
        let page = app.query("persons", with("search", json!(search))).await;
        let persons = page["result"]["persons"].as_array().unwrap();
        assert_eq!(persons.len(), 1, "{search}");
        assert_eq!(persons[0]["distinct_id"], found);
    }
    let filtered = with(
        "filters",
        json!([{"property": "event", "value": "$identify"}]),
    );
    let page = app.query("persons", filtered).await;
    assert_eq!(page["result"]["persons"][0]["events"], 2);
}

#[tokio::test]
async fn the_catalogue_tells_events_properties_and_values() {
    let (_stores, app) = stack(&[
        event("buy", "a", "2025-01-01T00:00:00Z").with(
            json!({"price": 9.5, "plan": "pro", "ok": true, "mix": 1, "at": "95", "o": {"a": 1}}),
        ),
        event("buy", "b", "2025-01-03T00:00:00Z")
            .with(json!({"price": 10, "plan": "free", "mix": "one", "$browser": "Firefox"})),
        event("view", "b", "2025-01-02T00:00:00Z"),
    ])
    .await;
    let range = |extra: Value| {
        let mut params = json!({"date_from": "2025-01-01", "date_to": "2025-01-31"});
        params
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        params
    };
    let events = app.query("catalogue", range(json!({}))).await;
    assert_eq!(
        events["result"],
        json!({"events": [
            {"event": "buy", "count": 2, "first_seen": "2025-01-01T00:00:00.000Z", "last_seen": "2025-01-03T00:00:00.000Z"},
            {"event": "view", "count": 1, "first_seen": "2025-01-02T00:00:00.000Z", "last_seen": "2025-01-02T00:00:00.000Z"},
        ]})
    );
    let found = app.query("catalogue", range(json!({"search": "VI"}))).await;
    assert_eq!(found["result"]["events"].as_array().unwrap().len(), 1);
    let properties = app.query("catalogue", range(json!({"event": "buy"}))).await;
    let types: Vec<_> = properties["result"]["properties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["property"].as_str().unwrap(),
                entry["type"].as_str().unwrap(),
                entry["count"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        types,
        [
            ("mix", "mixed", 2),
            ("plan", "text", 2),
            ("price", "number", 2),
            ("$browser", "text", 1),
            ("at", "text", 1),
            ("o", "object", 1),
            ("ok", "boolean", 1),
        ]
    );
    let values = app
        .query(
            "catalogue",
            range(json!({"event": "buy", "property": "plan"})),
        )
        .await;
    assert_eq!(
        values["result"],
        json!({"values": [{"value": "free", "count": 1}, {"value": "pro", "count": 1}]})
    );
    // `null` is any event.
    let of_any = app.query("catalogue", range(json!({"event": null}))).await;
    assert_eq!(of_any["result"], properties["result"]);
    let nothing = app
        .query("catalogue", range(json!({"property": "no such"})))
        .await;
    assert_eq!(nothing["result"], json!({"values": []}));
}

#[tokio::test]
async fn live_counts_the_last_five_minutes() {
    let ago = |seconds: i64| (chrono::Utc::now() - chrono::Duration::seconds(seconds)).to_rfc3339();
    let view = |who: &str, seconds: i64, url: &str, session: &str| {
        event("$pageview", who, &ago(seconds))
            .with(json!({"$current_url": url, "$session_id": session}))
    };
    let (_stores, app) = stack(&[
        view("a", 10, "https://x.org/one?q=1", "s1"),
        view("a", 20, "https://x.org/one", "s2"),
        view("b", 30, "https://x.org/", "s3"),
        event("click", "c", &ago(40)),
        view("d", 400, "https://x.org/one", "s4"),
    ])
    .await;
    let live = app.query("live", json!({})).await;
    assert_eq!(
        live["result"],
        json!({"persons": 3, "sessions": 4, "pages": [{"page": "/", "persons": 1}, {"page": "/one", "persons": 1}]})
    );
}

#[tokio::test]
async fn a_trace_tells_each_stage_and_unknown_ids_an_empty_list() {
    let id = Uuid::from_u128(42);
    let (_stores, app) = stack(&[event("e", "ada", "2025-01-01T00:00:00Z").with_uuid(id)]).await;
    let trace = app.query("trace", json!({"uuid": id})).await;
    let found = &trace["result"]["events"][0];
    assert_eq!(found["distinct_id"], "ada");
    assert_eq!(
        found["position"],
        json!({"topic": "events", "partition": 0, "offset": 0})
    );
    // The fixture writes no ledger: nobody vouches for the row yet.
    assert_eq!(found["outcome"], "pending");
    assert_eq!(
        found["stages"][0],
        json!({"stage": "client", "at": "2025-01-01T00:00:00.000Z", "ms": 0})
    );
    let other = app
        .query("trace", json!({"uuid": id, "distinct_id": "eve"}))
        .await;
    assert_eq!(other["result"], json!({"events": []}));
    let unknown = app
        .query("trace", json!({"uuid": Uuid::from_u128(43)}))
        .await;
    assert_eq!(unknown["result"], json!({"events": []}));
}

#[tokio::test]
async fn the_forms_of_old_are_answered_in_their_shapes() {
    let (_stores, app) = stack(&[
        event("a", "p1", "2025-01-01T10:00:00Z").with(json!({"plan": "pro"})),
        event("b", "p1", "2025-01-01T11:00:00Z"),
        event("a", "p2", "2025-01-02T10:00:00Z"),
    ])
    .await;
    let trend = app
        .get("/api/trends?event=a&date_from=2025-01-01&date_to=2025-01-03&interval=day")
        .await;
    assert_eq!(
        trend.body,
        json!({"series": [1, 1, 0], "labels": ["2025-01-01", "2025-01-02", "2025-01-03"], "complete_until": null}),
        "{}",
        trend.text
    );
    let broken = app
        .get("/api/trends?event=a&date_from=2025-01-01&date_to=2025-01-02&breakdown=plan")
        .await;
    let rows: Vec<_> = broken.body["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["label"].as_str().unwrap(), row["data"].clone()))
        .collect();
    assert_eq!(rows, [("pro", json!([1, 0])), ("(not set)", json!([0, 1]))]);
    let filtered = app.get("/api/trends?event=a&date_from=2025-01-01&date_to=2025-01-02&filters=%5B%7B%22property%22%3A%22plan%22%2C%22value%22%3A%22pro%22%7D%5D").await;
    assert_eq!(filtered.body["series"], json!([1, 0]), "{}", filtered.text);
    let funnel = app
        .post(
            "/api/funnels",
            &json!({"steps": ["a", "b"], "date_from": "2025-01-01", "date_to": "2025-01-03"}),
        )
        .await;
    assert_eq!(funnel.body["mode"], "strict");
    assert_eq!(funnel.body["conversion_window_days"], 30);
    let steps: Vec<_> = funnel.body["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            (
                step["step"].clone(),
                step["event"].clone(),
                step["count"].clone(),
            )
        })
        .collect();
    assert_eq!(
        steps,
        [
            (json!(1), json!("a"), json!(2)),
            (json!(2), json!("b"), json!(1))
        ]
    );
    let simple = app.post("/api/funnels", &json!({"steps": ["b", "a"], "date_from": "2025-01-01", "date_to": "2025-01-03", "strict": false})).await;
    assert_eq!(
        (
            &simple.body["mode"],
            simple.body.get("conversion_window_days")
        ),
        (&json!("simple"), None)
    );
    assert_eq!(simple.body["steps"][1]["count"], 2);
    // The singular types, through the one endpoint of all queries.
    let same = app
        .query(
            "trend",
            json!({"event": "a", "date_from": "2025-01-01", "date_to": "2025-01-03"}),
        )
        .await;
    assert_eq!(same["result"], trend.body);
}

#[tokio::test]
async fn an_estimate_tells_rows_without_running() {
    let events: Vec<_> = (0..100)
        .map(|n| event("e", &format!("p{n}"), "2025-01-01T00:00:00Z"))
        .collect();
    let (_stores, app) = stack(&events).await;
    let body = json!({"type": "trends", "params": {"series": [{"event": "e"}], "date_from": "2025-01-01", "date_to": "2025-01-02"}});
    let cost = app.post("/api/query/estimate", &body).await;
    assert_eq!(cost.status, StatusCode::OK, "{}", cost.text);
    assert_eq!(cost.body["would_run"], "now");
    assert!(cost.body["rows"].as_u64().unwrap() >= 100, "{}", cost.text);
    assert!(cost.body["limits"]["now"]["rows"].is_u64());
}

#[tokio::test]
async fn an_unknown_name_is_an_empty_answer_with_the_nearest_names() {
    let (_stores, app) = stack(&[
        event("sign_up", "a", "2025-01-01T00:00:00Z").with(json!({"plan": "pro"})),
        event("purchase", "a", "2025-01-01T00:00:00Z"),
    ])
    .await;
    let range = |mut params: Value| {
        params["date_from"] = json!("2025-01-01");
        params["date_to"] = json!("2025-01-01");
        params
    };
    let wrong =
        range(json!({"series": [{"event": "signUp"}], "breakdown": {"properties": ["plann"]}}));
    let answer = app.query("trends", wrong).await;
    assert_eq!(
        answer["hints"],
        json!([
            {"kind": "event", "unknown": "signUp", "nearest": ["sign_up"]},
            {"kind": "property", "unknown": "plann", "nearest": ["plan"]},
        ])
    );
    let trend = app
        .get("/api/trends?event=purchas&date_from=2025-01-01&date_to=2025-01-01")
        .await;
    assert_eq!(trend.body["series"], json!([0]));
    assert_eq!(trend.body["hints"][0]["nearest"], json!(["purchase"]));
    // A known name without events in the range, and an answer that says
    // something, need none.
    let params = json!({"series": [{"event": "purchase"}], "date_from": "2024-01-01", "date_to": "2024-01-01"});
    assert!(app.query("trends", params).await.get("hints").is_none());
    let known = range(json!({"series": [{"event": "purchase"}]}));
    assert!(app.query("trends", known).await.get("hints").is_none());
}
