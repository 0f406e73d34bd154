//! What one event costs between the text of a body and the record that
//! is published, in instructions: no network, no runtime, no clock.
//!
//! ```text
//! CARGO_PROFILE_RELEASE_DEBUG=1 cargo build --release -p capture-api --example decode_cost
//! valgrind --tool=callgrind --collect-atstart=no --toggle-collect='*decode_cost::take*' \
//!     target/release/examples/decode_cost 20 100
//! callgrind_annotate --inclusive=yes callgrind.out.*
//! ```
//!
//! The arguments are the number of bodies and of events in each (1: a body that
//! is the event itself), and `segment` for batches as Segment's SDKs send them
//! instead of native ones. Divide what is told for `decode`, `accept`,
//! `EnvelopeWriter` and `lookup` by the number of events. Valgrind has no
//! instructions for SHA-256, so `lookup` is far cheaper where the processor has
//! them. Seconds are printed, too; they are worth what an idle machine makes
//! them worth.

use std::error::Error;
use std::hint::black_box;
use std::io::Write as _;
use std::ops::Range;
use std::time::Instant;

use bytes::Bytes;
use capture_api::decode::{Limits, native, segment};
use capture_api::pipeline::{Arrival, IdMaker, accept};
use chrono::{DateTime, Utc};
use event_schema::envelope::{EnvelopeWriter, EventRef};
use event_schema::ids::ProjectId;
use identity::{KeyDirectory, KeyInfo, Scopes};
use serde_json::json;
use service_kit::Clock;
use testing::Shape;
use transport::{Record, Topic};
use uuid::Uuid;

/// As `mimalloc` counts in the service, it counts here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 2026-01-31T12:00:00.000Z
const NOW: i64 = 1_769_860_800_000;
const KEY: &str = "ak_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
/// Bytes that an envelope adds to an event.
const ENVELOPE_BYTES: usize = 320;
const LIMITS: Limits = Limits {
    event_bytes_max: 1 << 20,
    batch_events_max: 10_000,
    nesting_max: 64,
};

fn main() -> Result<(), Box<dyn Error>> {
    let is_segment = std::env::args()
        .nth(3)
        .is_some_and(|form| form == "segment");
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let bodies = numbers.next().unwrap_or(Ok(20))?;
    let batch = numbers.next().unwrap_or(Ok(100))?.max(1);
    let (mut shape, now) = (Shape::new(1), DateTime::from_timestamp_millis(NOW));
    let now = now.ok_or("no time")?;
    let texts: Vec<String> = match batch {
        _ if is_segment => (0..bodies)
            .map(|body| calls(&mut shape, body * batch..(body + 1) * batch, now))
            .collect(),
        1 => (0..bodies)
            .map(|number| shape.event(number, now).to_string())
            .collect(),
        batch => shape.bodies(0, bodies, batch, |_| now),
    };
    let info = KeyInfo::new(ProjectId(Uuid::from_u128(7)), "shop", Scopes::CAPTURE);
    let keys = KeyDirectory::fixed([(KEY, info)], Clock::system());
    let started = Instant::now();
    let mut records = 0;
    for text in &texts {
        let taken = take(text.as_bytes(), is_segment, &keys)?;
        records += black_box(taken).len();
    }
    let nanoseconds = started.elapsed().as_nanos();
    let bytes: usize = texts.iter().map(String::len).sum();
    writeln!(
        std::io::stdout(),
        "{records} records of {bytes} bytes in {nanoseconds} ns"
    )?;
    Ok(())
}

/// A batch as a server's SDK of Segment's sends it.
fn calls(shape: &mut Shape, numbers: Range<u64>, now: DateTime<Utc>) -> String {
    let call = |number| {
        let event = shape.event(number, now);
        json!({
            "type": "track", "event": event["event"], "userId": event["distinct_id"],
            "timestamp": event["timestamp"], "properties": event["properties"],
            "context": {"library": {"name": "@segment/analytics-node", "version": "3.1.0"}},
        })
    };
    json!({"batch": numbers.map(call).collect::<Vec<_>>()}).to_string()
}

/// What `intake` does with a body and the key in the request's headers.
#[inline(never)]
fn take(body: &[u8], is_segment: bool, keys: &KeyDirectory) -> Result<Vec<Record>, Box<dyn Error>> {
    let key = keys.lookup(KEY).ok_or("the key is unknown")?;
    let batch = if is_segment {
        segment::decode(body, None, &LIMITS)?
    } else {
        native::decode(body, &LIMITS)?
    };
    let arrival = Arrival {
        key: &key,
        received_at: NOW,
        sent_at: None,
        is_clock_trusted: batch.is_clock_trusted,
    };
    let address = Some([203, 0, 113, 9].into());
    let writer = EnvelopeWriter::new(key.project_id(), NOW, address, None);
    let mut ids = IdMaker::new(NOW);
    let mut buffer = Vec::with_capacity(body.len() + batch.events.len() * ENVELOPE_BYTES);
    let mut ends = Vec::with_capacity(batch.events.len());
    for located in batch.events {
        let incoming = located.event.map_err(|refused| refused.detail)?;
        let accepted = accept(incoming, &arrival, &mut ids).map_err(|refused| refused.detail)?;
        let written = EventRef {
            uuid: accepted.uuid,
            event: &accepted.name,
            distinct_id: &accepted.distinct_id,
            timestamp: accepted.timestamp,
            sent_at: accepted.sent_at,
            properties: &accepted.properties,
        };
        writer.write(&written, &mut buffer);
        let payload_end = buffer.len();
        buffer.extend_from_slice(accepted.distinct_id.as_bytes());
        ends.push((payload_end, buffer.len()));
    }
    let buffer = Bytes::from(buffer);
    let mut start = 0;
    let record = |&(payload_end, end): &(usize, usize)| {
        let payload = buffer.slice(start..payload_end);
        start = end;
        Record::new(Topic::Events, buffer.slice(payload_end..end), payload)
    };
    Ok(ends.iter().map(record).collect())
}
