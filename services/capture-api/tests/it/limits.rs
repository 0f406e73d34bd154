//! What is too much: bytes, events, levels, events a second.

use capture_api::config::{CaptureConfig, LimitsConfig};
use reqwest::StatusCode;
use serde_json::json;

use crate::harness::{Answer, Capture, KEY_A, KEY_SLOW};

fn small() -> CaptureConfig {
    CaptureConfig {
        limits: LimitsConfig {
            body_max: bytesize::ByteSize(4_000),
            event_max: bytesize::ByteSize(500),
            batch_events_max: 3,
            ..LimitsConfig::default()
        },
        ..CaptureConfig::default()
    }
}

fn event(padding: usize) -> serde_json::Value {
    json!({"event":"a","distinct_id":"1","properties":{"x":"y".repeat(padding)}})
}

#[tokio::test]
async fn a_large_body_is_a_413_with_or_without_its_length() {
    let capture = Capture::start_with(small()).await;
    let body = event(5_000).to_string();
    let answer = capture.capture(body.clone()).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.code(), "body_too_large");
    let pieces = futures::stream::iter(
        body.into_bytes()
            .chunks(1_000)
            .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
            .collect::<Vec<_>>(),
    );
    let answer = capture.capture(reqwest::Body::wrap_stream(pieces)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_body_in_pieces_is_put_together() {
    let capture = Capture::start_with(small()).await;
    let pieces = futures::stream::iter(
        event(300)
            .to_string()
            .into_bytes()
            .chunks(7)
            .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
            .collect::<Vec<_>>(),
    );
    let answer = capture.capture(reqwest::Body::wrap_stream(pieces)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(capture.envelope()["properties"]["x"], "y".repeat(300));
}

#[tokio::test]
async fn a_large_event_is_refused_and_its_neighbours_stored() {
    let capture = Capture::start_with(small()).await;
    let answer = capture
        .capture(json!({"batch":[event(1),event(600),event(2)]}).to_string())
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.body["accepted"], 2);
    assert_eq!(answer.code(), "event_too_large");
    let answer = capture.capture(event(600).to_string()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.code(), "event_too_large");
}

#[tokio::test]
async fn too_many_events_are_a_413() {
    let capture = Capture::start_with(small()).await;
    let batch = |count: usize| json!({"batch":vec![event(1); count]}).to_string();
    assert_eq!(capture.capture(batch(3)).await.status, StatusCode::ACCEPTED);
    let answer = capture.capture(batch(4)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.code(), "too_many_events");
}

#[tokio::test]
async fn the_defaults_take_what_the_contract_says() {
    let capture = Capture::start().await;
    let whole = |length: usize| {
        let empty = event(0).to_string().len();
        event(length - empty).to_string()
    };
    let answer = capture.capture(whole(1024 * 1024)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    let answer = capture.capture(whole(1024 * 1024 + 1)).await;
    assert_eq!(answer.code(), "event_too_large");
    let tiny = json!({"event":"a","distinct_id":"1"});
    let answer = capture
        .capture(json!({"batch":vec![tiny.clone(); 10_000]}).to_string())
        .await;
    assert_eq!(answer.body["accepted"], 10_000);
    let answer = capture
        .capture(json!({"batch":vec![tiny; 10_001]}).to_string())
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let nested = |depth: usize| {
        format!(
            r#"{{"event":"a","distinct_id":"1","properties":{{"x":{}1{}}}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    assert_eq!(
        capture.capture(nested(64)).await.status,
        StatusCode::ACCEPTED
    );
    let answer = capture.capture(nested(65)).await;
    assert_eq!(answer.code(), "nesting_too_deep");
    assert_eq!(
        answer.body["detail"],
        "properties.x: nests deeper than 64 levels"
    );
}

#[tokio::test]
async fn a_key_over_its_rate_is_a_429() {
    let capture = Capture::start().await;
    let send = async |key: &str| {
        Answer::of(
            capture
                .post("/capture")
                .header("x-api-key", key)
                .body(event(1).to_string()),
        )
        .await
    };
    let mut limited = None;
    for _ in 0..8 {
        let answer = send(KEY_SLOW).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            limited = Some(answer);
            break;
        }
        assert_eq!(answer.status, StatusCode::ACCEPTED);
    }
    let limited = limited.expect("no request was limited");
    assert_eq!(limited.body["detail"], "Rate limit exceeded");
    assert_eq!(limited.headers["retry-after"], "1");
    assert_eq!(send(KEY_A).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_client_that_sends_everything_first_still_reads_the_answer() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let capture = Capture::start().await;
    let piece = vec![b' '; 1 << 20];
    for (name, key, pieces, status) in [
        ("over the limit", KEY_A, 40, "413"),
        ("a bad key", "ak_bad", 15, "401"),
    ] {
        for is_chunked in [false, true] {
            let mut stream = tokio::net::TcpStream::connect(capture.address)
                .await
                .unwrap();
            let length = match is_chunked {
                true => "transfer-encoding: chunked".to_owned(),
                false => format!("content-length: {}", pieces << 20),
            };
            let head = format!(
                "POST /capture HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\n{length}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            for _ in 0..pieces {
                if is_chunked {
                    stream.write_all(b"100000\r\n").await.unwrap();
                }
                stream.write_all(&piece).await.unwrap();
                if is_chunked {
                    stream.write_all(b"\r\n").await.unwrap();
                }
            }
            if is_chunked {
                stream.write_all(b"0\r\n\r\n").await.unwrap();
            }
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await.unwrap();
            let answer = String::from_utf8_lossy(&answer);
            assert_eq!(answer, format!("HTTP/1.1 {status}"), "{name}, {is_chunked}");
        }
    }
}
