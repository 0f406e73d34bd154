use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;

const LIMITS: Limits = Limits {
    event_bytes_max: 10_000,
    batch_events_max: 5,
    nesting_max: 64,
};

fn mapped(call: Option<Call>, body: &Json) -> (String, String, Json) {
    let text = body.to_string();
    let batch = decode(text.as_bytes(), call, &LIMITS).unwrap();
    let event = batch.events.into_iter().next().unwrap().event.unwrap();
    let text_of = |field: &Field<'_>| match field {
        Field::Sent(value) => value.scalar_text().unwrap().unwrap().into_owned(),
        Field::Known(text) => text.clone().into_owned(),
        Field::Absent => "absent".to_owned(),
    };
    let Properties::Built(properties) = &event.properties else {
        panic!("{event:?}")
    };
    (
        text_of(&event.name),
        text_of(&event.distinct_id),
        serde_json::from_slice(properties).unwrap(),
    )
}

#[test]
fn each_call_becomes_its_event() {
    for (body, name, id, properties) in [
        (
            json!({"type":"track","event":"Signed Up","userId":"u","anonymousId":"a","properties":{"plan":"x"}}),
            "Signed Up",
            "u",
            json!({"$anon_distinct_id":"a","plan":"x"}),
        ),
        (
            json!({"type":"page","name":"Home","anonymousId":"a","properties":{"url":"https://x/"},"context":{}}),
            "$pageview",
            "a",
            json!({"name":"Home","$current_url":"https://x/","context":{},"url":"https://x/"}),
        ),
        (
            json!({"type":"identify","userId":"u","context":{"traits":{"plan":"x"}}}),
            "$identify",
            "u",
            json!({"$set":{"plan":"x"},"context":{"traits":{"plan":"x"}}}),
        ),
        (
            json!({"type":"screen","name":"Main","userId":""  ,"anonymousId":"a"}),
            "$screen",
            "a",
            json!({"$screen_name":"Main"}),
        ),
        (
            json!({"type":"identify","userId":7,"traits":{"email":"e"}}),
            "$identify",
            "7",
            json!({"$set":{"email":"e"}}),
        ),
        (
            json!({"type":"group","userId":"u","groupId":"g","traits":{"n":1}}),
            "$groupidentify",
            "u",
            json!({"$group_type":"group","$group_key":"g","$group_set":{"n":1}}),
        ),
        (
            json!({"type":"alias","userId":"new","previousId":"old"}),
            "$create_alias",
            "new",
            json!({"alias":"old"}),
        ),
    ] {
        let found = mapped(None, &json!({"batch":[body]}));
        assert_eq!(found, (name.to_owned(), id.to_owned(), properties));
    }
}

#[test]
fn the_path_names_the_call_and_the_context_fills_the_standard_names() {
    let body = json!({
        "event": "a", "userId": "u", "writeKey": "k", "messageId": "m", "channel": "web", "integrations": {},
        "properties": {"$lib": "own"},
        "context": {
            "page": {"url": "https://x/p?q=1", "path": "/p", "referrer": ""},
            "campaign": {"name": "spring", "source": "mail"},
            "library": {"name": "analytics.js", "version": "4"},
            "locale": "de", "timezone": "Europe/Berlin", "ip": "192.0.2.1", "userAgent": "Mozilla/5.0",
            "os": {"name": "macOS"}, "screen": {"width": 800}, "active": true
        }
    });
    let (name, _, properties) = mapped(Some(Call::Track), &body);
    assert_eq!(name, "a");
    assert_eq!(
        properties,
        json!({
            "channel": "web", "$current_url": "https://x/p?q=1", "$pathname": "/p", "utm_campaign": "spring",
            "utm_source": "mail", "$lib_version": "4", "$locale": "de", "$timezone": "Europe/Berlin",
            "$ip": "192.0.2.1", "$raw_user_agent": "Mozilla/5.0", "$os": "macOS", "$screen_width": 800,
            "context": body["context"], "$lib": "own"
        })
    );
}

#[test]
fn wrong_types_are_refused_by_name() {
    for (body, expected) in [
        (json!({"batch":[{"type":"dance","userId":"u"}]}), "type: "),
        (json!({"batch":[{"userId":"u"}]}), "type: "),
        (
            json!({"batch":[{"type":"identify","userId":"u","traits":[]}]}),
            "traits: ",
        ),
        (
            json!({"batch":[{"type":"track","event":"e","userId":"u","context":"x"}]}),
            "context: ",
        ),
    ] {
        let text = body.to_string();
        let batch = decode(text.as_bytes(), None, &LIMITS).unwrap();
        let refused = batch.events.into_iter().next().unwrap().event.unwrap_err();
        assert!(refused.detail.starts_with(expected), "{}", refused.detail);
    }
}

proptest! {
    #[test]
    fn damage_never_panics(at in 0_usize..160, byte in any::<u8>()) {
        let mut body = br#"{"batch":[{"type":"page","userId":"b","properties":{"x":[1,{"y":"\u00e9"}]},"context":{"page":{"url":"u"},"os":[]}}],"writeKey":"k","sentAt":"t"}"#.to_vec();
        let length = body.len();
        body[at % length] = byte;
        let _ = decode(&body, None, &LIMITS);
    }
}
