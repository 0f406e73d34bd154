//! What happens when a server is away, and that all is well without a hand
//! once it is back. How long that takes is measured by `make chaos`.

use anyhow::Result;
use reqwest::StatusCode;
use serde_json::json;
use testing::eventually;

use crate::subject::{PATIENCE, Subject, turn};

#[tokio::test]
async fn every_outage_ends_without_a_hand() -> Result<()> {
    let _turn = turn().await;
    let subject = Subject::start()?;
    subject.send("before").await;
    subject.wait_for_count("before", 1).await;
    without_kafka(&subject).await?;
    without_the_warehouse(&subject).await?;
    without_postgres(&subject).await?;
    without_redis(&subject).await
}

async fn without_kafka(subject: &Subject) -> Result<()> {
    subject.stack.run(&["stop", "kafka"])?;
    let lost = json!({"event": "lost", "distinct_id": "ada"});
    eventually(PATIENCE, || async {
        match subject.post(&lost).await {
            Ok(answer)
                if answer.status() == StatusCode::SERVICE_UNAVAILABLE
                    && answer.headers().contains_key("retry-after") =>
            {
                Ok(())
            }
            other => Err(format!("capture: {other:?}")),
        }
    })
    .await;
    eventually(PATIENCE, || async {
        let url = format!("{}/ready", subject.status.capture_url);
        match subject.http.get(url).send().await {
            Ok(answer) if answer.status() == StatusCode::SERVICE_UNAVAILABLE => Ok(()),
            other => Err(format!("capture's /ready: {other:?}")),
        }
    })
    .await;
    subject.stack.run(&["start", "kafka"])?;
    subject.send("after kafka").await;
    subject.wait_for_count("after kafka", 1).await;
    Ok(())
}

async fn without_the_warehouse(subject: &Subject) -> Result<()> {
    subject.stack.run(&["stop", "clickhouse"])?;
    for _ in 0..20 {
        subject.send("kept").await;
    }
    eventually(PATIENCE, || async {
        let refused = subject.ask(&json!({"type": "live", "params": {}})).await;
        match refused {
            Err(error) if error.to_string().starts_with("503") => Ok(()),
            other => Err(format!("the query API: {other:?}")),
        }
    })
    .await;
    subject.stack.run(&["start", "clickhouse"])?;
    subject.wait_for_count("kept", 20).await;
    Ok(())
}

async fn without_postgres(subject: &Subject) -> Result<()> {
    subject.stack.run(&["stop", "postgres"])?;
    subject.send("without postgres").await;
    subject.wait_for_count("without postgres", 1).await;
    subject.stack.run(&["start", "postgres"])?;
    subject.wait_until_ready().await;
    Ok(())
}

async fn without_redis(subject: &Subject) -> Result<()> {
    subject.stack.run(&["stop", "redis"])?;
    subject.send("without redis").await;
    subject.wait_for_count("without redis", 1).await;
    subject.stack.run(&["start", "redis"])?;
    subject.wait_until_ready().await;
    Ok(())
}
