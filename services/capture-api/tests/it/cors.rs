//! Browsers on any page may send, and may read every answer.

use reqwest::{Method, StatusCode};

use crate::harness::{Answer, Capture};

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let capture = Capture::start().await;
    for (method, path) in [
        (Method::POST, "/capture"),
        (Method::POST, "/e/"),
        (Method::POST, "/v1/batch"),
        (Method::POST, "/track"),
        (Method::GET, "/capture"),
        (Method::GET, "/nowhere"),
        (Method::GET, "/health"),
        (Method::GET, "/array/x/config"),
    ] {
        let request = capture
            .request(method.clone(), path)
            .header("origin", "https://shop.test");
        let answer = Answer::of(request).await;
        assert_eq!(
            answer.headers["access-control-allow-origin"], "https://shop.test",
            "{method} {path}"
        );
        assert_eq!(
            answer.headers["access-control-allow-methods"],
            "GET, POST, OPTIONS"
        );
    }
}

#[tokio::test]
async fn a_preflight_is_answered_and_cached() {
    let capture = Capture::start().await;
    let request = capture
        .request(Method::OPTIONS, "/capture")
        .header("origin", "https://shop.test")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "x-api-key, content-type");
    let answer = Answer::of(request).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(
        answer.headers["access-control-allow-origin"],
        "https://shop.test"
    );
    assert_eq!(
        answer.headers["access-control-allow-headers"],
        "x-api-key, content-type"
    );
    assert_eq!(answer.headers["access-control-max-age"], "86400");
    assert!(answer.headers["vary"].to_str().unwrap().contains("Origin"));
}
