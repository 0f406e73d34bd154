//! Compressed bodies, labelled rightly, wrongly and not at all.

use std::io::Write;

use reqwest::StatusCode;

use crate::harness::{Answer, Capture, KEY_A};

const EVENT: &[u8] =
    br#"{"event":"a","distinct_id":"1","properties":{"city":"Z\u00fcrich \u2603"}}"#;

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(text).unwrap();
    out.finish().unwrap()
}

pub(crate) fn zlib(text: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text).unwrap();
    out.finish().unwrap()
}

fn deflate(text: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text).unwrap();
    out.finish().unwrap()
}

pub(crate) fn brotli(text: &[u8]) -> Vec<u8> {
    let mut out = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
    out.write_all(text).unwrap();
    out.into_inner()
}

pub(crate) fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 3).unwrap()
}

async fn send(
    capture: &Capture,
    encoding: Option<&str>,
    kind: Option<&str>,
    body: Vec<u8>,
) -> Answer {
    let mut request = capture
        .post("/capture")
        .header("x-api-key", KEY_A)
        .body(body);
    if let Some(encoding) = encoding {
        request = request.header("content-encoding", encoding);
    }
    if let Some(kind) = kind {
        request = request.header("content-type", kind);
    }
    Answer::of(request).await
}

#[tokio::test]
async fn every_encoding_is_undone() {
    let capture = Capture::start().await;
    let cases = [
        (None, None, EVENT.to_vec()),
        (Some("identity"), None, EVENT.to_vec()),
        (Some("gzip"), Some("application/json"), gzip(EVENT)),
        (None, Some("text/plain"), gzip(EVENT)),
        (None, Some("application/x-www-form-urlencoded"), gzip(EVENT)),
        (Some("deflate"), None, zlib(EVENT)),
        (Some("deflate"), None, deflate(EVENT)),
        (Some("BR"), None, brotli(EVENT)),
        (Some("zstd"), None, zstd(EVENT)),
        (Some("gzip, br"), None, brotli(&gzip(EVENT))),
        (None, Some("image/png"), EVENT.to_vec()),
    ];
    let count = cases.len();
    for (encoding, kind, body) in cases {
        let answer = send(&capture, encoding, kind, body).await;
        assert_eq!(
            answer.status,
            StatusCode::ACCEPTED,
            "{encoding:?} {kind:?} {}",
            answer.body
        );
    }
    let stored = capture.envelopes();
    assert_eq!(stored.len(), count);
    for envelope in stored {
        assert_eq!(envelope["properties"]["city"], "Zürich ☃");
    }
}

#[tokio::test]
async fn broken_and_unknown_encodings_are_told() {
    let capture = Capture::start().await;
    let mut cut = gzip(EVENT);
    cut.truncate(cut.len() - 5);
    for (encoding, body, status) in [
        (Some("gzip"), cut, 400),
        (Some("br"), b"no brotli at all".to_vec(), 400),
        (Some("deflate"), b"\x00\x01\x02".to_vec(), 400),
        (Some("zstd"), b"\x28\xb5\x2f\xfd\x00".to_vec(), 400),
        (Some("compress"), EVENT.to_vec(), 415),
        (Some("gzip"), b"not json either".to_vec(), 400),
    ] {
        let answer = send(&capture, encoding, None, body).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{encoding:?} {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_bomb_is_a_413() {
    let capture = Capture::start().await;
    let zeros = vec![b' '; 70 * 1024 * 1024];
    for (encoding, body) in [
        ("gzip", gzip(&zeros)),
        ("deflate", zlib(&zeros)),
        ("br", brotli(&zeros)),
        ("zstd", zstd(&zeros)),
    ] {
        assert!(body.len() < 1024 * 1024);
        let answer = send(&capture, Some(encoding), None, body).await;
        assert_eq!(
            answer.status,
            StatusCode::PAYLOAD_TOO_LARGE,
            "{encoding} {}",
            answer.body
        );
    }
}
