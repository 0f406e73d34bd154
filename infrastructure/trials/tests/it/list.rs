//! A stack on a Redis list: no Java, no Kafka, and producers and workers of
//! another make beside ours.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use reqwest::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use testing::eventually;
use uuid::Uuid;

use crate::resp::Redis;
use crate::subject::{PATIENCE, Subject, turn};

#[tokio::test]
async fn a_list_carries_events_from_anybody_to_the_answer() -> Result<()> {
    let _turn = turn().await;
    let subject = Subject::start_with(&["--transport", "redis"])?;
    let names: Vec<&str> = subject
        .status
        .services
        .iter()
        .map(|one| &*one.name)
        .collect();
    assert!(!names.contains(&"kafka"), "{names:?}");
    let (_, status) = subject.stack.ask(&["status"])?;
    let url = status["servers"]["redis_url"].as_str().context("a URL")?;
    let mut redis = Redis::connect(url).await?;

    captured_events_arrive(&subject).await;
    refused_events_are_told(&subject).await?;
    foreign_items_are_stored(&subject, &mut redis).await?;
    an_unknown_project_waits_on_the_failed_list(&subject, &mut redis).await?;
    a_foreign_worker_takes_its_share(&subject, &mut redis).await?;
    a_foreign_worker_can_read_what_we_push(&subject, &mut redis).await?;
    what_a_dead_worker_held_is_put_back(&subject, &mut redis).await?;
    a_killed_worker_costs_nothing(&subject).await?;
    the_proof_says_what_it_proves(&subject).await;
    Ok(())
}

async fn captured_events_arrive(subject: &Subject) {
    let events: Vec<Value> = (0..50)
        .map(|n| {
            json!({"event": "captured", "distinct_id": format!("person-{n}"),
                "uuid": Uuid::now_v7()})
        })
        .collect();
    subject.send_all(&json!({"batch": events})).await;
    subject.wait_for_count("captured", 50).await;
    let question = json!({"type": "trends", "params": {"series": [{"event": "captured"}]}});
    let answer = subject.answer(&question).await;
    assert_eq!(answer["complete_until"], Value::Null, "{answer}");
}

/// What capture refuses reaches the operator's page without a topic, too.
async fn refused_events_are_told(subject: &Subject) -> Result<()> {
    let answer = subject.post(&json!({"distinct_id": "nameless"})).await?;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let url = format!("{}/api/pipeline", subject.status.query_url);
    eventually(PATIENCE, || async {
        let request = subject.http.get(&url);
        let request = request.header("X-API-Key", &subject.status.read_key);
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let told: Value = answer.json().await.map_err(|error| error.to_string())?;
        if told["refused"][0]["reason"] == "event_name_missing" {
            Ok(())
        } else {
            Err(told.to_string())
        }
    })
    .await;
    Ok(())
}

fn item(id: &str, kind: &str, project: &str, payload: &Value) -> String {
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    json!({"id": id, "type": kind, "payload": payload, "queuedAt": now, "projectId": project})
        .to_string()
}

/// `LPUSH`, by the project's id and by its slug; the same item twice counts once.
async fn foreign_items_are_stored(subject: &Subject, redis: &mut Redis) -> Result<()> {
    let project = &subject.status.project_id;
    let view = json!({"url": "https://shop.example/a?utm_source=news", "sessionId": "s-1",
        "timestamp": "2026-11-21T10:00:00.000Z", "countryCode": "DE", "projectId": project});
    let view = item("evt_1763719200000_aaa", "pageview", project, &view);
    redis.push(&view).await?;
    redis.push(&view).await?;
    let slug = subject.project().await?["slug"]
        .as_str()
        .context("a slug")?
        .to_owned();
    let event = json!({"trackingId": "cta", "eventType": "click", "sessionId": "s-1",
        "metadata": {"plan": "team"}});
    redis
        .push(&item("evt_1763719200001_bbb", "event", &slug, &event))
        .await?;
    let end = json!({"sessionId": "s-1"});
    redis
        .push(&item("evt_1763719200002_ccc", "session_end", &slug, &end))
        .await?;
    for event in ["$pageview", "cta", "$session_end"] {
        subject.wait_for_count(event, 1).await;
    }
    let params = json!({"distinct_id": "s-1", "event": "$pageview", "date_from": "2026-11-01"});
    let found = subject
        .answer(&json!({"type": "events", "params": params}))
        .await;
    let event = &found["result"]["events"][0];
    assert_eq!(
        event["properties"]["$current_url"],
        "https://shop.example/a?utm_source=news"
    );
    assert_eq!(event["derived"]["utm_source"], "news");
    assert_eq!(event["derived"]["$geoip_country_code"], "DE");
    Ok(())
}

async fn an_unknown_project_waits_on_the_failed_list(
    subject: &Subject,
    redis: &mut Redis,
) -> Result<()> {
    let payload = json!({"trackingId": "adopted", "sessionId": "s-2"});
    redis
        .push(&item(
            "evt_1763719200003_ddd",
            "event",
            "old-shop",
            &payload,
        ))
        .await?;
    redis.push("no json").await?;
    let letters = eventually(PATIENCE, || async {
        let (_, letters) = subject
            .stack
            .ask(&["dlq", "list"])
            .map_err(|e| e.to_string())?;
        match letters.as_array() {
            Some(found) if found.len() == 2 => Ok(found.clone()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    let reasons: Vec<&Value> = letters
        .iter()
        .map(|one| &one["dead_letter"]["error_kind"])
        .collect();
    assert_eq!(reasons, ["project_unknown", "item_invalid"]);
    let named = |at: usize| {
        letters[at]["position"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let (_, shown) = subject.stack.ask(&["dlq", "show", &named(1)])?;
    assert_eq!(shown["dead_letter"]["raw"], "no json");
    subject.set_aliases(&["old-shop"]).await?;
    subject.stack.run(&["dlq", "replay", &named(0)])?;
    subject.wait_for_count("adopted", 1).await;
    subject.stack.run(&["dlq", "drop", &named(1)])?;
    let (_, left) = subject.stack.ask(&["dlq", "list"])?;
    assert_eq!(left, json!([]));
    Ok(())
}

/// Each item goes to one of the two: what the other worker did not take is stored.
async fn a_foreign_worker_takes_its_share(subject: &Subject, redis: &mut Redis) -> Result<()> {
    let project = &subject.status.project_id;
    let mut theirs = BTreeSet::new();
    for n in 0..300 {
        let payload = json!({"trackingId": "shared", "sessionId": format!("s-{n}")});
        redis
            .push(&item(
                &format!("evt_1763719201000_{n}"),
                "event",
                project,
                &payload,
            ))
            .await?;
        if n % 3 == 0
            && let Some(taken) = redis.pop().await?
        {
            theirs.insert(taken);
        }
    }
    let ours = 300 - u64::try_from(theirs.len())?;
    subject.wait_for_count("shared", ours).await;
    Ok(())
}

async fn a_foreign_worker_can_read_what_we_push(
    subject: &Subject,
    redis: &mut Redis,
) -> Result<()> {
    subject.stack.run(&["stop", "consumer"])?;
    let body = json!({"event": "signup", "distinct_id": "ada", "uuid": Uuid::now_v7(),
        "properties": {"plan": "team"}});
    subject.send_all(&body).await;
    let taken: Value = serde_json::from_str(&redis.pop().await?.context("an item")?)?;
    let keys: BTreeSet<&str> = taken
        .as_object()
        .context("an object")?
        .keys()
        .map(String::as_str)
        .collect();
    let expected = ["id", "payload", "projectId", "queuedAt", "type"];
    assert_eq!(keys, BTreeSet::from(expected));
    assert!(
        taken["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("evt_"))
    );
    assert_eq!(taken["type"], "event");
    assert_eq!(taken["projectId"], subject.status.project_id);
    assert_eq!(taken["payload"]["trackingId"], "signup");
    assert_eq!(taken["payload"]["metadata"]["plan"], "team");
    assert_eq!(taken["payload"]["_millrace"]["distinct_id"], "ada");
    subject.stack.run(&["start", "consumer"])
}

/// For others, when no worker of ours is to run any more.
async fn what_a_dead_worker_held_is_put_back(subject: &Subject, redis: &mut Redis) -> Result<()> {
    subject.stack.run(&["stop", "consumer"])?;
    redis.leave("dead", "held").await?;
    let (_, told) = subject.stack.ask(&["topics", "reap"])?;
    assert_eq!(told, json!({"returned": 1}));
    assert_eq!(redis.pop().await?.as_deref(), Some("held"));
    subject.stack.run(&["start", "consumer"])
}

async fn a_killed_worker_costs_nothing(subject: &Subject) -> Result<()> {
    for round in 0..3 {
        let events: Vec<Value> = (0..400)
            .map(|n| {
                json!({"event": "survivor", "distinct_id": format!("p-{n}"),
                    "uuid": Uuid::now_v7(), "properties": {"round": round}})
            })
            .collect();
        subject.send_all(&json!({"batch": events})).await;
        let services = subject.stack.status()?.services;
        let consumer = services.iter().find(|one| one.name == "consumer");
        if let Some(pid) = consumer.and_then(|one| one.pid) {
            let pid = Pid::from_raw(i32::try_from(pid)?).context("a process id")?;
            // It may be between two lives.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    subject.wait_for_count("survivor", 1_200).await;
    Ok(())
}

async fn the_proof_says_what_it_proves(subject: &Subject) {
    let proof = eventually(PATIENCE, || async {
        let (is_exact, proof) = subject
            .stack
            .ask(&["reconcile"])
            .map_err(|e| e.to_string())?;
        let (_, topics) = subject.stack.ask(&["topics"]).map_err(|e| e.to_string())?;
        let is_empty = topics["list"]["waiting"] == 0 && topics["list"]["failed"] == 0;
        if is_exact && proof["exact"] == true && is_empty {
            Ok(proof)
        } else {
            Err(format!("{proof:#} {topics:#}"))
        }
    })
    .await;
    assert_eq!(proof["list"]["unaccounted"], 0, "{proof:#}");
    assert!(proof["list"]["not_proven"].is_string());
}
