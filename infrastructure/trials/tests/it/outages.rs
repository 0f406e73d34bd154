//! What happens when a server is away, and that all is well without a hand
//! once it is back.

use std::time::{Duration, Instant};

use anyhow::Result;
use reqwest::StatusCode;
use serde_json::json;

use crate::subject::{Subject, turn};

#[tokio::test]
async fn every_outage_ends_without_a_hand() -> Result<()> {
    let _turn = turn().await;
    let subject = Subject::start()?;
    subject.wait_for_capture("before").await;
    subject.wait_for_count("before", 1).await;
    without_kafka(&subject).await?;
    without_the_warehouse(&subject).await?;
    without_postgres(&subject).await?;
    without_redis(&subject).await
}

async fn without_kafka(subject: &Subject) -> Result<()> {
    subject.stack.run(&["stop", "kafka"])?;
    let begun = Instant::now();
    let answer = subject.capture("lost").await?;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    // The contract's limit, with room for a busy machine.
    assert!(
        begun.elapsed() < Duration::from_secs(12),
        "answered after {:?}",
        begun.elapsed()
    );
    let ready = subject
        .http
        .get(format!("{}/ready", subject.status.capture_url))
        .send()
        .await?;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    subject.stack.run(&["start", "kafka"])?;
    subject.wait_for_capture("after kafka").await;
    subject.wait_for_count("after kafka", 1).await;
    Ok(())
}

async fn without_the_warehouse(subject: &Subject) -> Result<()> {
    subject.stack.run(&["stop", "clickhouse"])?;
    for _ in 0..20 {
        assert_eq!(
            subject.capture("kept").await?.status(),
            StatusCode::ACCEPTED
        );
    }
    let refused = subject.ask(&json!({"type": "live", "params": {}})).await;
    assert!(
        refused
            .as_ref()
            .is_err_and(|error| error.to_string().starts_with("503")),
        "{refused:?}"
    );
    subject.stack.run(&["start", "clickhouse"])?;
    subject.wait_for_count("kept", 20).await;
    Ok(())
}

async fn without_postgres(subject: &Subject) -> Result<()> {
    subject.stack.run(&["stop", "postgres"])?;
    assert_eq!(
        subject.capture("without postgres").await?.status(),
        StatusCode::ACCEPTED
    );
    subject.wait_for_count("without postgres", 1).await;
    subject.stack.run(&["start", "postgres"])?;
    subject.wait_until_ready().await;
    Ok(())
}

async fn without_redis(subject: &Subject) -> Result<()> {
    subject.stack.run(&["stop", "redis"])?;
    assert_eq!(
        subject.capture("without redis").await?.status(),
        StatusCode::ACCEPTED
    );
    subject.wait_for_count("without redis", 1).await;
    subject.stack.run(&["start", "redis"])?;
    subject.wait_until_ready().await;
    Ok(())
}
