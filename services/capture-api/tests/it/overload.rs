//! More than the service can hold: early answers, and memory that comes back.

use std::time::Duration;

use bytesize::ByteSize;
use capture_api::config::{CaptureConfig, LimitsConfig};
use reqwest::StatusCode;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Capture, KEY_A};

fn narrow() -> CaptureConfig {
    CaptureConfig {
        in_flight_max: ByteSize::kib(64),
        body_timeout: Duration::from_millis(300),
        limits: LimitsConfig {
            body_max: ByteSize::kib(64),
            decompressed_max: ByteSize::kib(64),
            ..LimitsConfig::default()
        },
        ..CaptureConfig::default()
    }
}

/// Sends a head that promises `promised` bytes, and `sent` of them.
async fn half_a_request(capture: &Capture, promised: usize, sent: usize) -> TcpStream {
    let mut stream = TcpStream::connect(capture.address).await.unwrap();
    let head = format!(
        "POST /capture HTTP/1.1\r\nhost: x\r\nx-api-key: {KEY_A}\r\ncontent-length: {promised}\r\n\r\n{}",
        " ".repeat(sent)
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn status_of(stream: &mut TcpStream) -> String {
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[9..]).into_owned()
}

#[tokio::test]
async fn bodies_in_the_making_count_and_the_next_one_gets_an_early_503() {
    let capture = Capture::start_with(narrow()).await;
    let mut slow = half_a_request(&capture, 60_000, 50_000).await;
    let body =
        json!({"event":"a","distinct_id":"1","properties":{"x":"y".repeat(20_000)}}).to_string();
    let refused = testing::eventually(Duration::from_secs(120), async || {
        let answer = capture.capture(body.clone()).await;
        match answer.status {
            StatusCode::SERVICE_UNAVAILABLE => Ok(answer),
            other => Err(other),
        }
    })
    .await;
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(status_of(&mut slow).await, "408");
    testing::eventually(Duration::from_secs(120), async || {
        match capture.capture(body.clone()).await.status {
            StatusCode::ACCEPTED => Ok(()),
            other => Err(other),
        }
    })
    .await;
}

#[tokio::test]
async fn promised_bytes_take_no_memory_before_they_come() {
    let capture = Capture::start_with(narrow()).await;
    let mut waiting = Vec::new();
    for _ in 0..200 {
        waiting.push(half_a_request(&capture, 60_000, 10).await);
    }
    let answer = capture.capture(r#"{"event":"a","distinct_id":"1"}"#).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    for stream in &mut waiting {
        assert_eq!(status_of(stream).await, "408");
    }
}

#[tokio::test]
async fn a_client_that_sends_no_head_loses_its_connection() {
    let mut config = CaptureConfig::default();
    config.http.header_timeout = Duration::from_millis(200);
    let capture = Capture::start_with(config).await;
    for start in [
        "",
        "P",
        "PRI * HTTP/2.0",
        "POST /capture HTTP/1.1\r\nhost: x\r\nx-a",
    ] {
        let mut stream = TcpStream::connect(capture.address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let end =
            tokio::time::timeout(Duration::from_secs(120), stream.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "still open after {start:?}");
    }
}
