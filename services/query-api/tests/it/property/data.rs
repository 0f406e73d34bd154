//! Random events: ties, DST days, several months, absent and empty and null
//! values, odd names, numbers as strings, booleans.

use super::random::Random;
use crate::reference::Event;
use event_schema::ids::ProjectId;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use warehouse::testing::TestEvent;

/// Names of events.
pub(crate) const NAMES: &[&str] = &["a", "b", "c", "$pageview", "$screen", "Käufe \"x\"", "d'e"];
/// Names of properties.
pub(crate) const PROPERTIES: &[&str] = &[
    "plan",
    "amount",
    "a.b c",
    "d'e\"f\\",
    "日本",
    "$browser",
    "utm_source",
    "utm_medium",
    "$host",
    "$session_id",
    "$current_url",
    "$pathname",
    "$referring_domain",
    "gclid",
    "utm_campaign",
    "when",
    "$screen_name",
];
/// Zones of queries, with their DST days among the events.
pub(crate) const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
];
/// Where sets of events begin.
const BEGINNINGS: &[&str] = &[
    "2025-03-29T22:30:00Z",
    "2025-10-25T22:30:00Z",
    "2025-03-09T04:59:59.999Z",
    "2025-11-02T04:00:00Z",
    "2024-12-30T12:00:00Z",
    "2025-04-05T13:30:00Z",
    "2024-02-28T23:59:00Z",
];

/// A set of events, and what queries should know of it.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) events: Vec<Event>,
    /// Between events, in milliseconds, roughly.
    pub(crate) scale: i64,
}

impl Set {
    /// How many events the person with the most has.
    pub(crate) fn most_of_a_person(&self) -> usize {
        let own = |id: &str| {
            let events = self.events.iter();
            events.filter(|event| event.distinct_id == id).count()
        };
        let each = self.events.iter().map(|event| own(&event.distinct_id));
        each.max().unwrap_or(0)
    }
}

/// A random set of events.
pub(crate) fn events(random: &mut Random) -> Set {
    let start = chrono::DateTime::parse_from_rfc3339(random.of::<&str>(BEGINNINGS))
        .unwrap()
        .timestamp_millis();
    let scale = *random.of(&[1_000, 60_000, 600_000, 3_600_000, 6 * 3_600_000, 86_400_000]);
    let steps: &[i64] = &[0, 0, 0, 1, 500, 1_000, 1_800_000, 1_800_001];
    let count = 1 + random.below(70);
    let persons = 1 + random.below(8);
    let mut at = start;
    let mut events: Vec<Event> = (0..count)
        .map(|_| {
            at += if random.once_in(2) {
                *random.of(steps)
            } else {
                scale * random.below(4) as i64
            };
            let names = &NAMES[..random_end(random, NAMES.len())];
            Event {
                event: (*random.of(names)).to_owned(),
                distinct_id: format!("person {}", random.below(persons)),
                at,
                uuid: Uuid::from_u128(u128::from(random.next()) << 64 | u128::from(random.next()))
                    .to_string(),
                properties: properties(random),
            }
        })
        .collect();
    // Events arrive late and out of order.
    for index in (1..events.len()).rev() {
        events.swap(index, random.below(index as u64 + 1) as usize);
    }
    Set { events, scale }
}

/// Mostly the first few, sometimes any.
fn random_end(random: &mut Random, all: usize) -> usize {
    if random.once_in(4) { all } else { 3 }
}

fn properties(random: &mut Random) -> Map<String, Value> {
    let count = random.below(6);
    let mut properties = Map::new();
    for _ in 0..count {
        let name = *random.of(PROPERTIES);
        properties.insert(name.to_owned(), value(random, name));
    }
    properties
}

/// A random value of a property.
pub(crate) fn value(random: &mut Random, name: &str) -> Value {
    let any = [
        json!(""),
        json!(null),
        json!("pro"),
        json!("Pro"),
        json!("PRO"),
        json!("Straße"),
        json!("STRASSE"),
        json!("ΟΔΟΣ"),
        json!("οδος"),
        json!(true),
        json!(false),
        json!("true"),
        json!(1),
        json!(1.0),
        json!("1"),
        json!("1.0"),
        json!(1.5),
        json!(-3),
        json!(95),
        json!("95"),
        json!(9_007_199_254_740_993_i64),
        json!("abc 12"),
        json!(" 7"),
        json!("1e2"),
        json!("NaN"),
        json!("inf"),
        json!("+5"),
        json!(".5"),
        json!([1, "x"]),
        json!({"k": "v w"}),
        json!("a\nb"),
        json!("日本"),
        json!("a\u{1}b"),
        json!("0"),
        json!("2025-03-30"),
        json!(0),
        json!("-0"),
    ];
    let sites = [
        "facebook.com",
        "l.instagram.com",
        "www.google.co.uk",
        "bing.com",
        "youtube.com",
        "amazon.de",
        "blog.example",
        "shop.example",
        "$direct",
        "",
    ];
    match name {
        "utm_medium" => json!(*random.of(&[
            "cpc",
            "email",
            "affiliate",
            "social",
            "search",
            "partner",
            "video",
            ""
        ])),
        "utm_source" => json!(*random.of(&["newsletter", "partner", "google", ""])),
        "$referring_domain" => json!(*random.of(&sites)),
        "$host" => json!(*random.of(&["shop.example", "blog.example"])),
        "$session_id" => json!(*random.of(&["s1", "s2", "s3", ""])),
        "$current_url" => json!(*random.of(&[
            "https://shop.example/p/1?q=/x#y",
            "https://shop.example",
            "https://blog.example/#a",
            "https://shop.example/p/1#a?b",
            "/rel?x=1",
            "",
            "https://shop.example/p/1"
        ])),
        "$pathname" | "$screen_name" => json!(*random.of(&["/p/1", "/", "Home", ""])),
        "when" => json!(*random.of(&[
            "2025-03-30",
            "2025-03-30T12:00:00Z",
            "2025-03-30T12:00:00+02:00",
            "2025-03-31",
            "2025-03-29T23:30:00Z",
            "2025-13-01",
            "soon",
            "2025-03-30 05:30",
            "20250330",
            "95"
        ])),
        "amount" if !random.once_in(3) => random
            .of(&[
                json!(1),
                json!(2.5),
                json!("3"),
                json!(10),
                json!(-4),
                json!("7.25"),
                json!(100),
            ])
            .clone(),
        "plan" if !random.once_in(3) => json!(*random.of(&["free", "pro", "team"])),
        _ => random.of(&any).clone(),
    }
}

/// The event as the warehouse's tests take it.
pub(crate) fn stored(project: ProjectId, event: &Event) -> TestEvent {
    let at = chrono::DateTime::from_timestamp_millis(event.at)
        .unwrap()
        .to_rfc3339();
    TestEvent::new(project, &event.event, &event.distinct_id, &at)
        .with(Value::Object(event.properties.clone()))
        .with_uuid(Uuid::parse_str(&event.uuid).unwrap())
}
