//! Storing: consumer and engine beside the bare insert of the same rows.

use std::time::Instant;

use anyhow::Result;
use chrono::{Months, NaiveTime, TimeDelta, Utc};
use testing::Shape;

use super::engine::Parts;
use super::figure::Figure;
use super::process::{pid_of, seconds_of};
use super::wire::Requests;
use super::{Bench, Subject, capture, limits};

/// Of a backlog so much is stored before anything is counted: until then both
/// processes take the memory that they work with, page by page.
const WARM_UP: f64 = 0.25;

/// What one backlog cost, and the bare inserts right behind it: the machine's
/// pace changes from minute to minute. In microseconds of processor time.
struct Round {
    consumer: f64,
    engine: f64,
    /// Encoding and a bare insert, a file for each column.
    bare: f64,
    /// The same into parts as they are today.
    bare_today: f64,
    /// Events stored in a second.
    rate: f64,
}

impl Round {
    fn both(&self) -> f64 {
        self.consumer + self.engine
    }

    fn ratio(&self) -> f64 {
        self.both() / self.bare
    }
}

/// Stores backlogs, after what waits since the consumer was stopped; told of is
/// the one in the middle. Nothing merges meanwhile, as nothing does in the bare
/// insert; what merging costs is a figure of its own.
pub(super) async fn backlog(subject: &Subject, bench: &Bench) -> Result<Vec<Figure>> {
    let engine = &subject.engine;
    subject.stack.run(&["start", "consumer"])?;
    engine.until_stored(subject.accepted()?).await?;
    engine.command("SYSTEM STOP MERGES millrace.events").await?;
    let mut rounds = Vec::new();
    for _ in 0..bench.rounds {
        rounds.push(round(subject, bench).await?);
    }
    rounds.sort_by(|one, other| one.ratio().total_cmp(&other.ratio()));
    let ratios: Vec<String> = rounds
        .iter()
        .map(|round| format!("{:.2}", round.ratio()))
        .collect();
    let round = &rounds[rounds.len() / 2];
    let clickhouse = pid_of(&subject.status, "clickhouse")?;
    let before = seconds_of(clickhouse)?;
    engine
        .command("SYSTEM START MERGES millrace.events")
        .await?;
    engine
        .command("OPTIMIZE TABLE millrace.events FINAL")
        .await?;
    let merging = (seconds_of(clickhouse)? - before) / subject.accepted()? * 1e6;
    Ok(vec![
        Figure::new(
            "consumer and engine, a backlog: processor time an event",
            round.both(),
            "µs",
        )
        .beside(
            round.bare,
            format!(
                "the same rows encoded and inserted, a file for each column, as the target was set; \
                 in {} rounds {} ×",
                ratios.len(),
                ratios.join(", ")
            ),
        )
        .at_most_times(1.6),
        Figure::new("  the same", round.both(), "µs").beside(
            round.bare_today,
            "the same rows encoded and inserted into parts as ours are today",
        ),
        Figure::new("  of which the consumer", round.consumer, "µs"),
        Figure::new("  of which the engine", round.engine, "µs"),
        Figure::new(
            "merging all of it once more: processor time an event",
            merging,
            "µs",
        ),
        Figure::new(
            "consumer and engine, a backlog: events",
            round.rate,
            "/s",
        ),
    ])
}

/// One backlog, counted from its first quarter on, so without what a start
/// costs.
async fn round(subject: &Subject, bench: &Bench) -> Result<Round> {
    let engine = &subject.engine;
    subject.stack.run(&["stop", "consumer"])?;
    // Enough for a batch more or less not to matter.
    capture::send_batches(subject, bench.batched * 2).await?;
    let all = subject.accepted()?;
    let before = engine.stored().await?;
    let clickhouse = pid_of(&subject.status, "clickhouse")?;
    subject.stack.run(&["start", "consumer"])?;
    let reader = pid_of(&subject.stack.status()?, "consumer")?;
    engine
        .until_stored(before + (all - before) * WARM_UP)
        .await?;
    let begun = Instant::now();
    let spent = || anyhow::Ok((seconds_of(reader)?, seconds_of(clickhouse)?));
    let spent_before = spent()?;
    let events = all - engine.stored().await?;
    engine.until_stored(all).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let spent = spent()?;
    let encoding = limits::encoding(subject).await?;
    let bare = engine
        .bare_insert(&subject.status, Parts::FileForEachColumn)
        .await?;
    let bare_today = engine.bare_insert(&subject.status, Parts::AsEvents).await?;
    Ok(Round {
        consumer: (spent.0 - spent_before.0) / events * 1e6,
        engine: (spent.1 - spent_before.1) / events * 1e6,
        bare: encoding + bare,
        bare_today: encoding + bare_today,
        rate: events / seconds,
    })
}

/// Bytes on disk of an event with full properties: half a year's shape, three
/// months of it, merged.
pub(super) async fn disk(subject: &Subject, bench: &Bench) -> Result<Vec<Figure>> {
    let engine = &subject.engine;
    let before = engine.stored().await?;
    let mut shape = Shape::new(2);
    // Ends before this month began, so that nothing else lies there.
    let today = Utc::now().date_naive();
    let end = today
        .checked_sub_months(Months::new(1))
        .unwrap_or(today)
        .and_time(NaiveTime::MIN)
        .and_utc();
    let gap = TimeDelta::days(90).num_milliseconds() / i64::try_from(bench.on_disk)?;
    let slice = 20_000;
    for first in (0..bench.on_disk).step_by(usize::try_from(slice)?) {
        let bodies = shape.bodies(first, slice / 100, 100, |number| {
            let number = i64::try_from(number).unwrap_or_default();
            end - TimeDelta::days(90) + TimeDelta::milliseconds(gap * number)
        });
        let requests = Requests::new(
            &subject.status.capture_url,
            &subject.status.write_key,
            &bodies,
        );
        requests.closed(4, slice / 100).await?;
    }
    let sent = bench.on_disk.next_multiple_of(slice) as f64;
    engine.until_stored(before + sent).await?;
    engine
        .command("OPTIMIZE TABLE millrace.events FINAL")
        .await?;
    let month = end.format("%Y%m");
    let parts = format!(
        "FROM system.parts WHERE active AND database = 'millrace' AND table = 'events' \
         AND toUInt32(partition) <= {month}"
    );
    let sizes = format!(
        "SELECT sum(bytes_on_disk) / sum(rows), sum(secondary_indices_compressed_bytes) / sum(rows) {parts}"
    );
    let sizes = engine.numbers(&sizes).await?;
    let log = subject.log_bytes()? / subject.accepted()?;
    Ok(vec![
        Figure::new("disk, merged, full properties: an event", sizes[0], "bytes").at_most(60.0),
        Figure::new("  of which indexes", sizes[1], "bytes"),
        Figure::new("the log, all copies: an event", log, "bytes"),
    ])
}
