//! Sessions, channels, sources.

use super::{Case, case, hold};
use serde_json::{Value, json};

fn ask(sentence: &'static str, events: &'static str, expected: Vec<(&'static str, Value)>) -> Case {
    let params = json!({"date_from": "2025-01-01", "date_to": "2025-01-02"});
    case(sentence, events, ("sessions", params), expected)
}

#[tokio::test]
async fn splitting() {
    hold(vec![
        ask(
            "more than 30 minutes without one starts a new session, exactly 30 do not",
            "a x 2025-01-01T10:00:00Z\na x 2025-01-01T10:30:00Z\na x 2025-01-01T11:00:00.001Z",
            vec![("/sessions", json!(2)), ("/persons", json!(1)), ("/average_seconds", json!(900)), ("/median_seconds", json!(900))],
        ),
        ask(
            "an event that carries $session_id belongs to that session, gaps or not; those without are split by gaps among themselves",
            "a x 2025-01-01T10:00:00Z {\"$session_id\": \"s\"}\na x 2025-01-01T15:00:00Z {\"$session_id\": \"s\"}\na x 2025-01-01T10:10:00Z\na x 2025-01-01T10:50:00Z\na y 2025-01-01T10:00:00Z {\"$session_id\": \"s\"}",
            vec![("/sessions", json!(4)), ("/persons", json!(2)), ("/events_per_session", json!(1.25))],
        ),
        ask(
            "duration = last − first event",
            "a x 2025-01-01T10:00:00Z\na x 2025-01-01T10:00:01.500Z",
            vec![("/average_seconds", json!(1.5))],
        ),
        case(
            "a session belongs to the bucket of its start",
            "a x 2025-01-01T23:50:00Z\na x 2025-01-02T00:10:00Z\na y 2025-01-02T10:00:00Z",
            ("sessions", json!({"date_from": "2025-01-01", "date_to": "2025-01-02", "interval": "day"})),
            vec![
                ("/labels", json!(["2025-01-01", "2025-01-02"])),
                ("/series/sessions", json!([1, 1])),
                ("/series/median_seconds", json!([1200, 0])),
            ],
        ),
    ])
    .await;
}

#[tokio::test]
async fn pages_and_bounces() {
    let pages = r#"
$pageview x 2025-01-01T10:00:00Z {"$current_url": "https://shop.example/a?q=1#top", "$pathname": "/other"}
$screen x 2025-01-01T10:01:00Z {"$screen_name": "Home"}
$pageview x 2025-01-01T10:02:00Z {"$pathname": "/b"}
a y 2025-01-01T10:00:00Z
"#;
    hold(vec![
        ask(
            "entry and exit page = first and last page view",
            pages,
            vec![
                ("/entry_pages", json!([{"page": "/a", "sessions": 1}])),
                ("/exit_pages", json!([{"page": "/b", "sessions": 1}])),
                ("/pageviews_per_session", json!(1.5)),
            ],
        ),
        ask(
            "entry and exit page: of equal times the order of uuid",
            "$pageview x 2025-01-01T10:00:00Z {\"$pathname\": \"/b\", \"uuid\": \"ffffffff-0000-4000-8000-000000000000\"}\n$pageview x 2025-01-01T10:00:00Z {\"$pathname\": \"/a\", \"uuid\": \"0fffffff-0000-4000-8000-000000000000\"}",
            vec![("/entry_pages/0/page", json!("/a")), ("/exit_pages/0/page", json!("/b"))],
        ),
        ask(
            "bounce = exactly one page view and no event of the application's own (a name without a leading $); rates are fractions",
            "$pageview x 2025-01-01T10:00:00Z\n$identify x 2025-01-01T10:00:01Z\n$pageview y 2025-01-01T10:00:00Z\nbuy y 2025-01-01T10:00:01Z\n$pageview z 2025-01-01T10:00:00Z\n$pageview z 2025-01-01T10:00:01Z\n$identify w 2025-01-01T10:00:00Z",
            vec![("/sessions", json!(4)), ("/bounce_rate", json!(0.25))],
        ),
    ])
    .await;
}

#[tokio::test]
async fn channels() {
    let channel = |sentence: &'static str, events: &'static str, channel: &str, source: &str| {
        ask(
            sentence,
            events,
            vec![
                (
                    "/channels",
                    json!([{"channel": channel, "sessions": 1, "persons": 1}]),
                ),
                ("/sources", json!([{"source": source, "sessions": 1}])),
            ],
        )
    };
    hold(vec![
        channel("paid when gclid", r#"a x 2025-01-01 {"gclid": "1", "$referring_domain": "www.google.co.uk"}"#, "paid", "www.google.co.uk"),
        channel("paid when utm_medium in cpc, …", r#"a x 2025-01-01 {"utm_medium": "cpc", "utm_source": "newsletter"}"#, "paid", "newsletter"),
        channel("email when utm_source is newsletter", r#"a x 2025-01-01 {"utm_source": "newsletter"}"#, "email", "newsletter"),
        channel("affiliate for utm_medium=affiliate", r#"a x 2025-01-01 {"utm_medium": "affiliate"}"#, "affiliate", "(direct)"),
        channel("social by the referring domain", r#"a x 2025-01-01 {"$referring_domain": "l.instagram.com"}"#, "social", "l.instagram.com"),
        channel("search by the referring domain", r#"a x 2025-01-01 {"$referring_domain": "bing.com"}"#, "search", "bing.com"),
        channel("search by utm_medium of that name", r#"a x 2025-01-01 {"utm_medium": "search"}"#, "search", "(direct)"),
        channel("video", r#"a x 2025-01-01 {"$referring_domain": "youtube.com"}"#, "video", "youtube.com"),
        channel("shopping", r#"a x 2025-01-01 {"$referring_domain": "amazon.de"}"#, "shopping", "amazon.de"),
        channel("referral for any other referring domain", r#"a x 2025-01-01 {"$referring_domain": "blog.example", "utm_source": "partner"}"#, "referral", "partner"),
        channel("a referring domain that is the page's own is none", r#"a x 2025-01-01 {"$referring_domain": "shop.example", "$host": "shop.example"}"#, "direct", "(direct)"),
        channel("campaign for any other utm", r#"a x 2025-01-01 {"utm_campaign": "spring"}"#, "campaign", "(direct)"),
        channel("else direct", "a x 2025-01-01", "direct", "(direct)"),
        channel(
            "from the first event that has any of them",
            "a x 2025-01-01T10:00:00Z\na x 2025-01-01T10:00:01Z {\"$referring_domain\": \"bing.com\"}\na x 2025-01-01T10:00:02Z {\"utm_medium\": \"cpc\"}",
            "search",
            "bing.com",
        ),
    ])
    .await;
}
