//! More partitions and another consumer while events flow: each person's events
//! stay in order, none is lost, none comes twice.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use testing::eventually;
use trials::stack::program;
use uuid::Uuid;

use crate::subject::{PATIENCE, Subject, turn};

/// Clients that send, and persons of each.
const CLIENTS: usize = 4;
const PERSONS: usize = 25;
const PARTITIONS: u64 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partitions_grow_and_a_consumer_joins_while_events_flow() -> Result<()> {
    let _turn = turn().await;
    let subject = Arc::new(Subject::start()?);
    subject.send("before").await;
    let is_over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| tokio::spawn(send(Arc::clone(&subject), client, Arc::clone(&is_over))))
        .collect();
    subject.wait_for_any("step").await;

    let growing = {
        let subject = Arc::clone(&subject);
        tokio::task::spawn_blocking(move || {
            subject
                .stack
                .run(&["topics", "grow", &PARTITIONS.to_string()])
        })
    };
    let _second = Second::start(&subject)?;
    members(&subject, 2).await;
    growing.await??;
    is_over.store(true, Ordering::Relaxed);
    let mut sent = 0;
    for client in clients {
        sent += client.await?;
    }
    subject.wait_for_count("step", sent).await;
    let proof = exact(&subject).await;
    assert_eq!(proof["duplicate"], repeated(&subject).await?, "{proof:#}");
    let (_, topics) = subject.stack.ask(&["topics"])?;
    let topics = topics["topics"].as_array().context("topics")?;
    let events = topics.iter().find(|topic| topic["name"] == "events");
    let partitions = events.and_then(|topic| topic["partitions"].as_array());
    assert_eq!(partitions.map_or(0, Vec::len) as u64, PARTITIONS);
    in_order(&subject).await
}

/// One client: a step of each of its persons a request, one request after the
/// other, each until it is accepted. Answers how many steps it sent.
async fn send(subject: Arc<Subject>, client: usize, is_over: Arc<AtomicBool>) -> u64 {
    let mut count = 0;
    let mut round = 0;
    while !is_over.load(Ordering::Relaxed) {
        let events: Vec<Value> = (0..PERSONS)
            .map(|person| {
                json!({"event": "step", "uuid": Uuid::now_v7(), "properties": {"n": round},
                    "distinct_id": format!("person {client} {person}")})
            })
            .collect();
        let body = json!({"batch": events});
        subject.send_all(&body).await;
        count += PERSONS as u64;
        round += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    count
}

/// Waits until so many consumers are in the group.
async fn members(subject: &Subject, count: u64) {
    eventually(PATIENCE, || async {
        let (_, topics) = subject.stack.ask(&["topics"]).map_err(|e| e.to_string())?;
        match topics["group"]["members"].as_u64() {
            Some(found) if found == count => Ok(()),
            other => Err(format!("{other:?} members")),
        }
    })
    .await;
}

/// Waits until everything is accounted for, and answers the proof.
async fn exact(subject: &Subject) -> Value {
    eventually(PATIENCE, || async {
        let (is_exact, proof) = subject
            .stack
            .ask(&["reconcile"])
            .map_err(|e| e.to_string())?;
        if is_exact && proof["in_flight"] == 0 {
            Ok(proof)
        } else {
            Err(format!("{proof:#}"))
        }
    })
    .await
}

/// Repeats are those of requests that were sent again without an answer: each
/// is noted with its first copy, and there are as many as the ledger counts.
async fn repeated(subject: &Subject) -> Result<u64> {
    let text = subject
        .sql("SELECT count() FROM millrace.ingest_repeats")
        .await?;
    Ok(text.trim().parse()?)
}

/// A person's steps lie in the log as they were sent: in each partition by
/// rising offsets, and all of one partition before those of the next.
async fn in_order(subject: &Subject) -> Result<()> {
    let rows = subject
        .sql(
            "SELECT distinct_id, kafka_partition, toUInt64(props['n']) AS n FROM millrace.events \
             WHERE event = 'step' ORDER BY distinct_id, kafka_partition, kafka_offset FORMAT TSV",
        )
        .await?;
    let mut steps: BTreeMap<(&str, &str), Vec<u64>> = BTreeMap::new();
    for row in rows.lines() {
        let mut columns = row.split('\t');
        let mut next = || columns.next().context("a column");
        let (person, partition, step) = (next()?, next()?, next()?.parse()?);
        steps.entry((person, partition)).or_default().push(step);
    }
    let mut persons: BTreeMap<&str, Vec<Vec<u64>>> = BTreeMap::new();
    for ((person, partition), steps) in steps {
        assert!(steps.is_sorted(), "{person} in {partition}: {steps:?}");
        persons.entry(person).or_default().push(steps);
    }
    let mut moved = 0;
    for (person, mut pieces) in persons {
        pieces.sort();
        moved += usize::from(pieces.len() > 1);
        let all: Vec<u64> = pieces.concat();
        let expected: Vec<u64> = (0..all.len() as u64).collect();
        assert_eq!(all, expected, "{person}");
    }
    assert!(moved > 0, "nobody was moved to another partition");
    Ok(())
}

/// A second consumer beside the stack's own, as the runbook starts it.
struct Second(Child);

impl Second {
    fn start(subject: &Subject) -> Result<Self> {
        let (_, status) = subject.stack.ask(&["status"])?;
        let servers = &status["servers"];
        let of = |name: &str| {
            servers[name]
                .as_str()
                .map(str::to_owned)
                .context("a server")
        };
        let clickhouse = of("clickhouse_url")?;
        let (login, address) = clickhouse
            .trim_start_matches("http://")
            .rsplit_once('@')
            .context("a login")?;
        let password = login.split_once(':').map_or("", |(_, password)| password);
        let child = Command::new(program("consumer")?)
            .env("MILLRACE_CONSUMER__HTTP__LISTEN", "127.0.0.1:0")
            .env("MILLRACE_KAFKA__BROKERS", of("kafka")?)
            .env("MILLRACE_CLICKHOUSE__URL", format!("http://{address}"))
            .env("MILLRACE_CLICKHOUSE__PASSWORD", password)
            .env("MILLRACE_REDIS__URL", of("redis_url")?)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting a second consumer")?;
        Ok(Self(child))
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
