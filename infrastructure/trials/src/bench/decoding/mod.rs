//! What each form of a body costs beside the native one: the same events,
//! wrapped as SDKs wrap them, all the way through capture.

mod lz_string;

use std::io::Write;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use testing::Shape;

use super::figure::{Figure, median};
use super::process::{pid_of, seconds_of};
use super::wire::Requests;
use super::{Bench, Subject};

/// Events of a request.
const BATCH: u64 = 100;
/// Different bodies of each form.
const BODIES: u64 = 50;
const CONNECTIONS: usize = 8;
/// What any form may cost at most, as a multiple of the native one.
const TIMES: f64 = 1.5;

/// A form and the native one that it is compared with.
struct Form {
    name: &'static str,
    path: &'static str,
    /// Its place among [`FORMS`].
    beside: usize,
    wrap: fn(&[Value], &str) -> Result<Vec<u8>>,
}

/// Packed forms are compared with the packed native one.
const FORMS: [Form; 9] = [
    form("native", "/capture", 0, |events, _| {
        Ok(json!({"batch": events}).to_string().into_bytes())
    }),
    form("native, gzip", "/capture", 1, |events, _| {
        gzip(json!({"batch": events}).to_string().as_bytes())
    }),
    form("PostHog's batch", "/batch/", 0, |events, key| {
        Ok(posthog(events, key).into_bytes())
    }),
    form("PostHog's batch, gzip", "/batch/", 1, |events, key| {
        gzip(posthog(events, key).as_bytes())
    }),
    form(
        "PostHog's array, base64 in a form",
        "/e/",
        0,
        |events, _| {
            let data = STANDARD.encode(Value::from(events).to_string());
            Ok(in_form(&data, "").into_bytes())
        },
    ),
    form("PostHog's array, lz64 in a form", "/e/", 1, |events, _| {
        let data = lz_string::to_base64(&Value::from(events).to_string());
        Ok(in_form(&data, "&compression=lz64").into_bytes())
    }),
    form(
        "PostHog's newest, gzip",
        "/i/v1/analytics/events",
        1,
        |events, _| gzip(json!({"batch": events}).to_string().as_bytes()),
    ),
    form("Segment's batch", "/v1/batch", 0, |events, _| {
        Ok(segment(events).into_bytes())
    }),
    form("Segment's batch, gzip", "/v1/batch", 1, |events, _| {
        gzip(segment(events).as_bytes())
    }),
];

const fn form(
    name: &'static str,
    path: &'static str,
    beside: usize,
    wrap: fn(&[Value], &str) -> Result<Vec<u8>>,
) -> Form {
    Form {
        name,
        path,
        beside,
        wrap,
    }
}

/// Processor time an event of every form.
pub(super) async fn figures(subject: &Subject, bench: &Bench) -> Result<Vec<Figure>> {
    let pid = pid_of(&subject.status, "capture-api")?;
    let bodies = bodies();
    let all: Vec<Requests> = FORMS
        .iter()
        .map(|form| requests(subject, form, &bodies))
        .collect::<Result<_>>()?;
    let count = (bench.batched / BATCH / bench.rounds).max(1);
    let mut costs = [const { Vec::new() }; FORMS.len()];
    for _ in 0..bench.rounds {
        for (requests, costs) in all.iter().zip(&mut costs) {
            requests.closed(CONNECTIONS, count / 20 + 1).await?;
            let before = seconds_of(pid)?;
            requests.closed(CONNECTIONS, count).await?;
            costs.push((seconds_of(pid)? - before) / (count * BATCH) as f64 * 1e6);
        }
    }
    let costs = costs.map(median);
    let figures = FORMS.iter().zip(costs).map(|(form, cost)| {
        let name = format!("{}: processor time an event", form.name);
        let native = costs.get(form.beside).copied().unwrap_or(f64::NAN);
        let figure = Figure::new(name, cost, "µs");
        match FORMS.get(form.beside) {
            Some(limit) if limit.name != form.name => {
                figure.beside(native, limit.name).at_most_times(TIMES)
            }
            _ => figure,
        }
    });
    Ok(figures.collect())
}

fn bodies() -> Vec<Vec<Value>> {
    let (mut shape, now) = (Shape::new(2), Utc::now());
    (0..BODIES)
        .map(|body| {
            (body * BATCH..(body + 1) * BATCH)
                .map(|number| shape.event(number, now))
                .collect()
        })
        .collect()
}

fn requests(subject: &Subject, form: &Form, bodies: &[Vec<Value>]) -> Result<Requests> {
    let (address, key) = (&subject.status.capture_url, &subject.status.write_key);
    let bodies = bodies
        .iter()
        .map(|events| (form.wrap)(events, key))
        .collect::<Result<Vec<_>>>()
        .context(form.name)?;
    Ok(Requests::to(address, form.path, key, &bodies))
}

fn gzip(body: &[u8]) -> Result<Vec<u8>> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    out.write_all(body)?;
    Ok(out.finish()?)
}

fn posthog(events: &[Value], key: &str) -> String {
    json!({"api_key": key, "batch": events, "historical_migration": false}).to_string()
}

fn in_form(data: &str, more: &str) -> String {
    let data: String = form_urlencoded::byte_serialize(data.as_bytes()).collect();
    format!("data={data}{more}")
}

/// The same events as a server's SDK of Segment's sends them.
fn segment(events: &[Value]) -> String {
    let calls: Vec<Value> = events
        .iter()
        .map(|event| {
            json!({
                "type": "track", "event": event["event"], "userId": event["distinct_id"],
                "timestamp": event["timestamp"], "properties": event["properties"],
                "context": {"library": {"name": "@segment/analytics-node", "version": "3.1.0"}},
            })
        })
        .collect();
    json!({"batch": calls}).to_string()
}
