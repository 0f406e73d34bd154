//! Hours of the same: does anything grow?

use std::time::{Duration, Instant};

use anyhow::Result;
use chrono::Utc;
use serde_json::{Value, json};

use super::figure::{Figure, median, number};
use super::process::{files_of, memory_of};
use super::{Subject, capture, steady};
use crate::http;

/// Events a second.
const RATE: u64 = 2_000;
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Events that are stored before it begins.
const EVENTS_BEFORE: u64 = 4_000_000;
/// What counts as flat: the last third beside the one before it, between which
/// the table grows by a fifth.
const FLAT: f64 = 1.1;
/// The same of what swings with the merge or query of the moment. Of a leak ten
/// minutes with thousands of inserts and hundreds of queries make far more.
const STEADY: f64 = 1.5;

/// One look at the stack.
struct Look {
    processes: Vec<Process>,
    parts: f64,
    /// Age of `complete_until`, in seconds.
    behind: f64,
}

struct Process {
    name: String,
    /// Unshared memory, in megabytes.
    memory: f64,
    open_files: f64,
}

/// Runs at 2,000 events a second for so long, with queries beside it, and
/// compares the last third with the one before it. Begins with more events
/// than the consumer remembers; what else fills up once does so in the first
/// third, which is told beside them.
pub(super) async fn figures(subject: &Subject, time: Duration) -> Result<Vec<Figure>> {
    capture::send_batches(subject, EVENTS_BEFORE).await?;
    let before = subject.accepted()?;
    subject.engine.until_stored(before).await?;
    let begun = Instant::now();
    let looks = async {
        let mut looks = Vec::new();
        while begun.elapsed() + LOOK_EVERY < time {
            tokio::time::sleep(LOOK_EVERY).await;
            looks.push(look(subject).await?);
        }
        anyhow::Ok(looks)
    };
    let (sent, looks, asked) = tokio::join!(
        steady::send(subject, RATE, time),
        looks,
        ask(subject, begun, time)
    );
    let (sent, looks, mut asked) = (sent?, looks?, asked?);
    let wall = begun.elapsed();
    subject.engine.until_stored(before + sent).await?;
    let third = looks.len() / 3;
    let (first, then) = looks.split_at(third);
    let (second, last) = then.split_at(then.len() - third);
    let mut figures = vec![
        Figure::new("long run: lasted", wall.as_secs_f64() / 60.0, "min"),
        Figure::new("long run: events", sent, ""),
        Figure::new("long run: events", sent / wall.as_secs_f64(), "/s"),
        Figure::new("long run: queries beside it", asked.len() as f64, ""),
    ];
    asked.sort_by(f64::total_cmp);
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        figures.push(Figure::new(
            format!("long run: a query takes, {name}"),
            super::wire::quantile(&asked, share),
            "ms",
        ));
    }
    let beside = |name: String, unit, of: &dyn Fn(&[Look]) -> f64| {
        let begun = format!("the third before it; the first {}", number(of(first)));
        Figure::new(name, of(last), unit).beside(of(second), begun)
    };
    let middle = |looks: &[Look], of: &dyn Fn(&Look) -> f64| median(looks.iter().map(of).collect());
    for index in 0..looks.first().map_or(0, |look| look.processes.len()) {
        let name = &looks[0].processes[index].name;
        figures.push(
            beside(format!("long run: memory of {name}"), "MB", &|looks| {
                middle(looks, &|look| look.processes[index].memory)
            })
            .at_most_times(FLAT),
        );
        // A query opens the files of the parts it reads: how many are open
        // while none runs tells whether any stay so.
        let name = format!("long run: fewest open files of {name}");
        figures.push(
            beside(name, "", &|looks| {
                let files = looks.iter().map(|look| look.processes[index].open_files);
                files.fold(f64::INFINITY, f64::min)
            })
            .at_most_times(STEADY),
        );
    }
    figures.extend([
        beside("long run: parts of the table".to_owned(), "", &|looks| {
            middle(looks, &|look| look.parts)
        })
        .at_most_times(STEADY),
        beside(
            "long run: answers are behind by".to_owned(),
            "s",
            &|looks| middle(looks, &|look| look.behind),
        )
        .at_most_times(STEADY),
    ]);
    Ok(figures)
}

async fn look(subject: &Subject) -> Result<Look> {
    let status = subject.stack.look().await?;
    let parts = "SELECT count() FROM system.parts WHERE active AND database = 'millrace' AND table = 'events'";
    let until = subject.watch.complete_until().await;
    let processes = status.services.iter().map(|one| Process {
        name: one.name.clone(),
        memory: memory_of(&status, &one.name),
        open_files: one.pid.map_or(0, files_of) as f64,
    });
    Ok(Look {
        processes: processes.collect(),
        parts: subject.engine.number(parts).await?,
        behind: until.map_or(f64::NAN, |until| (Utc::now() - until).as_seconds_f64()),
    })
}

/// A trend and a funnel every two seconds; what each answer took, in
/// milliseconds.
async fn ask(subject: &Subject, begun: Instant, time: Duration) -> Result<Vec<f64>> {
    let http = http::client(Duration::from_secs(30))?;
    let questions: [Value; 2] = [
        json!({"type": "trends", "params": {"series": [{"event": "$pageview", "math": "unique"}],
            "breakdown": {"properties": ["plan"]}, "interval": "hour", "refresh": true}}),
        json!({"type": "funnel", "params": {"steps": [{"event": "$pageview"}, {"event": "event_1"},
            {"event": "event_2"}], "refresh": true}}),
    ];
    let mut took = Vec::new();
    while begun.elapsed() + Duration::from_secs(3) < time {
        for question in &questions {
            let asked = Instant::now();
            let answer = http
                .post(format!("{}/api/query", subject.status.query_url))
                .header("X-API-Key", &subject.status.read_key)
                .json(question)
                .send()
                .await?;
            let status = answer.status();
            let text = answer.text().await?;
            anyhow::ensure!(status.is_success(), "{question}: {status} {text}");
            took.push(asked.elapsed().as_secs_f64() * 1e3);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
    Ok(took)
}
