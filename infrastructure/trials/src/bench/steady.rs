//! A steady rate from one client: what is queryable when, and what it takes.

use std::time::{Duration, Instant};

use anyhow::Result;
use chrono::Utc;
use testing::Shape;

use super::Subject;
use super::figure::Figure;
use super::process::{memory, pid_of, seconds_of};
use super::wire::Requests;

/// Batches a second.
const BATCHES: u64 = 20;

/// Sends `rate` events a second for so long, from one connection, and returns
/// how many those were.
pub(super) async fn send(subject: &Subject, rate: u64, time: Duration) -> Result<f64> {
    let batch = rate / BATCHES;
    let begun = Instant::now();
    let mut shape = Shape::new(rate);
    let (mut first, mut due) = (0, Duration::ZERO);
    let (url, key) = (&subject.status.capture_url, &subject.status.write_key);
    while due < time {
        let now = Utc::now();
        let bodies = shape.bodies(first, BATCHES, batch, |_| now);
        first += BATCHES * batch;
        let requests = Requests::new(url, key, &bodies);
        tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
        requests
            .open(1, BATCHES as f64, Duration::from_secs(1))
            .await?;
        due += Duration::from_secs(1);
    }
    Ok(first as f64)
}

/// A minute at 2,000 events a second, and a third of one at 1,000.
pub(super) async fn figures(subject: &Subject, time: Duration) -> Result<Vec<Figure>> {
    let quiet = Duration::from_secs(20).min(time);
    send(subject, 1_000, quiet).await?;
    let at_1000 = memory(&subject.stack.look().await?);

    let from = Utc::now().timestamp_millis();
    let before = subject.engine.stored().await?;
    let cpu = |name| anyhow::Ok(seconds_of(pid_of(&subject.status_now()?, name)?)?);
    let names = ["capture-api", "consumer", "clickhouse", "kafka"];
    let start: Vec<f64> = names.into_iter().map(cpu).collect::<Result<_>>()?;
    let sample = async {
        let mut ages = Vec::new();
        let begun = Instant::now();
        while begun.elapsed() + Duration::from_secs(1) < time {
            tokio::time::sleep(Duration::from_millis(500)).await;
            if let Some(until) = subject.watch.complete_until().await {
                ages.push((Utc::now() - until).as_seconds_f64() * 1e3);
            }
        }
        ages.sort_by(f64::total_cmp);
        ages
    };
    let (sent, ages) = tokio::join!(send(subject, 2_000, time), sample);
    let (sent, ended) = (sent?, Instant::now());
    subject.engine.until_stored(before + sent).await?;
    let after_last = ended.elapsed().as_secs_f64();
    let at_2000 = memory(&subject.stack.look().await?);
    let mut figures = vec![
        Figure::new(
            "memory of the whole stack, at 1,000 events/s",
            at_1000,
            "MB",
        )
        .at_most(1_500.0),
        Figure::new(
            "memory of the whole stack, at 2,000 events/s",
            at_2000,
            "MB",
        )
        .at_most(1_500.0),
        Figure::new(
            "2,000 events/s: all queryable after the last",
            after_last,
            "s",
        )
        .at_most(5.0),
    ];
    let times = arrival_to_queryable(subject, from).await?;
    for (name, value) in ["p50", "p95", "p99", "longest"].into_iter().zip(times) {
        let figure = Figure::new(
            format!("2,000 events/s, capture to queryable: {name}"),
            value,
            "ms",
        );
        figures.push(if name == "p99" {
            figure.at_most(1_000.0)
        } else {
            figure
        });
    }
    figures.push(Figure::new(
        "2,000 events/s, age of `complete_until`: p99",
        super::wire::quantile(&ages, 0.99),
        "ms",
    ));
    for (name, start) in names.into_iter().zip(start) {
        let each = (cpu(name)? - start) / sent * 1e6;
        let name = format!("2,000 events/s, live, queries beside: {name}, an event");
        figures.push(Figure::new(name, each, "µs"));
    }
    Ok(figures)
}

/// From receipt by capture until the batch was stored, for every event since
/// `from`: half, 95 %, 99 % of them, and the last.
async fn arrival_to_queryable(subject: &Subject, from: i64) -> Result<Vec<f64>> {
    let query = format!(
        "WITH quantilesExact(0.5, 0.95, 0.99, 1)(toUnixTimestamp64Milli(inserted_at) - toUnixTimestamp64Milli(received_at)) AS q \
         SELECT q[1], q[2], q[3], q[4] FROM (SELECT kafka_partition AS partition, kafka_offset AS first_offset, received_at \
         FROM millrace.events WHERE received_at >= fromUnixTimestamp64Milli({from})) AS e \
         ASOF JOIN (SELECT partition, first_offset, inserted_at FROM millrace.ingest_batches WHERE kind = 'batch') AS b \
         USING (partition, first_offset)"
    );
    subject.engine.numbers(&query).await
}
