//! Events of the shape that the table was designed on: forty names of very
//! different frequency, twenty events a person, sessions, some fourteen
//! properties of 320 bytes.

use chrono::{DateTime, SecondsFormat, Utc};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

/// Names of the events, the most frequent first.
const NAMES: u64 = 40;
const BROWSERS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
];
const SOURCES: [&str; 5] = ["google", "letter", "partner", "bing", "mastodon"];

/// Makes such events, the same ones for the same seed.
#[derive(Debug)]
pub struct Shape(SmallRng);

impl Shape {
    /// Events of the seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(SmallRng::seed_from_u64(seed))
    }

    /// Event `number` at a time.
    pub fn event(&mut self, number: u64, at: DateTime<Utc>) -> Value {
        event(number, at, &mut self.0)
    }

    /// Bodies of `batch` events each, from event `first` on; the time of event
    /// `n` is `at(n)`.
    pub fn bodies(
        &mut self,
        first: u64,
        count: u64,
        batch: u64,
        at: impl Fn(u64) -> DateTime<Utc>,
    ) -> Vec<String> {
        let mut body = |index: u64| {
            let start = first + index * batch;
            let events: Vec<Value> = (start..start + batch)
                .map(|number| self.event(number, at(number)))
                .collect();
            json!({ "batch": events }).to_string()
        };
        (0..count).map(&mut body).collect()
    }
}

fn event(number: u64, at: DateTime<Utc>, random: &mut SmallRng) -> Value {
    let person = number / 20;
    // Rank r with a weight of 1/r.
    let rank = (NAMES as f64).powf(random.random_range(0.0..1.0)) as u64 - 1;
    let name = match rank {
        0 => "$pageview".to_owned(),
        rank => format!("event_{rank}"),
    };
    let product = random.random_range(0..500_u64);
    let browser = BROWSERS[(person % 4) as usize];
    let source = SOURCES[(person % 5) as usize];
    json!({
        "event": name,
        "distinct_id": format!("person-{person}"),
        "timestamp": at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "properties": {
            "$current_url": format!("https://shop.example/products/{product}?utm_source={source}"),
            "$referrer": format!("https://{source}.example/search"),
            "$session_id": format!("0195{:08x}-{:04x}", person.wrapping_mul(0x9e37_79b9), number % 20 / 10),
            "$raw_user_agent": browser,
            "$lib": "web", "$lib_version": "1.2.3",
            "plan": if person.is_multiple_of(3) { "free" } else { "team" },
            "price": f64::from(random.random_range(0..10_000_u32)) / 100.0,
            "seats": person % 12, "is_member": person.is_multiple_of(2),
            "category": format!("category-{}", product % 20), "step": rank,
            "variant": if product.is_multiple_of(2) { "a" } else { "b" },
            "experiment": "price-on-top",
        },
    })
}
