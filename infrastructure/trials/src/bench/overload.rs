//! More than capture can take: it must refuse early, not queue, and be well at
//! once when it is over.

use std::time::{Duration, Instant};

use anyhow::Result;
use chrono::Utc;
use testing::Shape;
use tokio::task::JoinHandle;

use super::Subject;
use super::figure::Figure;
use super::process::memory_of;
use super::wire::{Requests, quantile, sorted_ms};

/// Connections that send batches without a pause: together their bodies are
/// more than capture holds at once.
const LINES: u64 = 6_000;
const BATCH: u64 = 100;

/// Floods capture for so long.
pub(super) async fn figures(subject: &Subject, time: Duration) -> Result<Vec<Figure>> {
    let now = Utc::now();
    let bodies = Shape::new(3).bodies(0, 200, BATCH, |_| now);
    let requests = Requests::new(
        &subject.status.capture_url,
        &subject.status.write_key,
        &bodies,
    );
    let before = memory_of(&subject.stack.look().await?, "capture-api");
    let flood: JoinHandle<_> = tokio::spawn({
        let requests = requests.clone();
        async move { requests.flood(LINES, time).await }
    });
    let mut seen = Vec::new();
    while !flood.is_finished() {
        tokio::time::sleep(Duration::from_secs(2)).await;
        seen.push(memory_of(&subject.stack.look().await?, "capture-api"));
    }
    let flood = flood.await?;
    let over = Instant::now();
    requests.closed(1, 20).await?;
    let recovered = over.elapsed().as_secs_f64() / 20.0 * 1e3;
    let half = seen.len() / 2;
    let highest = |samples: &[f64]| samples.iter().copied().fold(f64::NAN, f64::max);
    let (first, second) = (highest(&seen[..half]), highest(&seen[half..]));
    let others: u64 = flood.otherwise.values().sum();
    let tries = (flood.accepted.len() + flood.refused.len()) as f64 + others as f64;
    let seconds = time.as_secs_f64();
    let accepted = sorted_ms(&flood.accepted);
    let refused = sorted_ms(&flood.refused);
    let taken = accepted.len() as f64 * BATCH as f64 / seconds;
    let share = |count: f64| count / tries * 100.0;
    let mut figures = vec![
        Figure::new("overload: accepted events", taken, "/s"),
        Figure::new(
            "overload, 6,000 connections of batches: offered events",
            tries * BATCH as f64 / seconds,
            "/s",
        )
        .beside(taken, "accepted"),
        Figure::new(
            "overload: refused with 503",
            share(refused.len() as f64),
            "%",
        ),
    ];
    for (what, count) in &flood.otherwise {
        figures.push(Figure::new(
            format!("overload: ended with {what}"),
            share(*count as f64),
            "%",
        ));
    }
    figures.extend([
        Figure::new(
            "overload: a 202 takes, p99",
            quantile(&accepted, 0.99),
            "ms",
        )
        .at_most(5_000.0),
        Figure::new("overload: a 503 takes, p99", quantile(&refused, 0.99), "ms"),
        Figure::new("overload: capture's memory before", before, "MB"),
        Figure::new(
            "overload: capture's memory, highest of the first half",
            first,
            "MB",
        ),
        Figure::new(
            "overload: capture's memory, highest of the second half",
            second,
            "MB",
        )
        .beside(first, "the first half")
        .at_most_times(1.1),
        Figure::new("overload: a batch right after it takes", recovered, "ms").at_most(1_000.0),
    ]);
    Ok(figures)
}
