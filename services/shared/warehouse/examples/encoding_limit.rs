//! What it takes to encode rows of given events as Native blocks, and nothing
//! else: the client's half of a bare insert.
//!
//! ```text
//! cargo run --release -p warehouse --example encoding_limit events.jsonl
//! ```
//! Each line of the file is an event with `event`, `distinct_id` and
//! `properties`. Prints the processor time of a row in microseconds.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that prints one number, and ends when something fails"
)]

use std::{fs, hint::black_box, process};

use event_schema::ids::ProjectId;
use serde_json::Value;
use testing::processor_seconds;
use uuid::Uuid;
use warehouse::{EventRow, native::encode_events};

/// Rows of a block, as the consumer's batches have them.
const ROWS: usize = 40_000;
const BLOCKS: usize = 25;

fn main() {
    let file = std::env::args().nth(1).unwrap();
    let text = fs::read_to_string(file).unwrap();
    let rows: Vec<EventRow> = text.lines().cycle().take(ROWS).map(row).collect();
    let spent = || processor_seconds(process::id()).unwrap();
    let before = spent();
    for _ in 0..BLOCKS {
        black_box(encode_events(rows.iter()));
    }
    println!("{}", (spent() - before) * 1e6 / (ROWS * BLOCKS) as f64);
}

fn row(line: &str) -> EventRow {
    let event: Value = serde_json::from_str(line).unwrap();
    let text = |name| event[name].as_str().unwrap();
    let project = ProjectId(Uuid::nil());
    let mut row = EventRow::new(
        project,
        Uuid::new_v4(),
        text("event"),
        text("distinct_id"),
        0,
    );
    row.set_properties(&event["properties"].to_string())
        .unwrap();
    row
}
