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

use std::{fs, hint::black_box};

use event_schema::ids::ProjectId;
use serde_json::Value;
use uuid::Uuid;
use warehouse::{EventRow, native::encode_events};

/// Rows of a block, as the consumer's batches have them.
const ROWS: usize = 40_000;
const BLOCKS: usize = 25;
/// A tick of the processor's accounts, in microseconds.
const TICK: f64 = 10_000.0;

fn main() {
    let file = std::env::args().nth(1).unwrap();
    let text = fs::read_to_string(file).unwrap();
    let rows: Vec<EventRow> = text.lines().cycle().take(ROWS).map(row).collect();
    let before = ticks();
    for _ in 0..BLOCKS {
        black_box(encode_events(rows.iter()));
    }
    println!("{}", (ticks() - before) * TICK / (ROWS * BLOCKS) as f64);
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

/// Processor time of this process so far, in ticks.
fn ticks() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // Fields 14 and 15, counted after the name in parentheses.
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
    let spent = fields.skip(11).take(2).map(|field| field.parse::<f64>());
    spent.map(Result::unwrap).sum()
}
