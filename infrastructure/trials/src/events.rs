//! Events whose identity is a number, so that what was sent, acknowledged and
//! stored can be compared without asking the system under trial.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

/// The events of one run.
#[derive(Clone, Copy, Debug)]
pub struct Sequence {
    space: Uuid,
}

impl Sequence {
    /// The sequence of a seed: the same seed names the same events.
    #[must_use]
    pub fn new(seed: u64, started: DateTime<Utc>) -> Self {
        let name = format!("millrace trial {seed} {}", started.timestamp_micros());
        Self {
            space: Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()),
        }
    }

    /// The uuid of event `number`.
    #[must_use]
    pub fn uuid(&self, number: u64) -> Uuid {
        Uuid::new_v5(&self.space, &number.to_le_bytes())
    }

    /// Event `number` as a client sends it: a person in fifty events, some
    /// 300 bytes of properties, and for one in five no time of its own.
    #[must_use]
    pub fn event(&self, number: u64, now: DateTime<Utc>) -> Value {
        let name = match number % 4 {
            0 => "page_view",
            1 => "add_to_cart",
            2 => "checkout",
            _ => "signup",
        };
        let mut event = json!({
            "event": name,
            "distinct_id": format!("person-{}", number / 50 % 5_000),
            "uuid": self.uuid(number),
            "properties": {
                "number": number,
                "plan": if number.is_multiple_of(3) { "free" } else { "team" },
                "price": f64::from(u32::try_from(number % 10_000).unwrap_or(0)) / 100.0,
                "$current_url": format!("https://shop.example/products/{}?utm_source=trial", number % 97),
                "$session_id": format!("session-{}", number / 50),
                "is_member": number.is_multiple_of(2),
                "tags": ["a", "ü", "漢"],
            },
        });
        if !number.is_multiple_of(5) {
            event["timestamp"] = now.to_rfc3339_opts(SecondsFormat::Millis, true).into();
        }
        event
    }
}
