//! The examples beside the schemas: each is sent as it stands, and must get
//! the answer and leave the records that it names.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{Answer, Capture, KEY_A};

fn examples(folder: &str) -> Vec<(PathBuf, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../schemas/examples")
        .join(folder);
    let mut found: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let example =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            (path, example)
        })
        .collect();
    found.sort_by(|(one, _): &(PathBuf, Value), (other, _)| one.cmp(other));
    assert!(found.len() >= 10, "{folder:?} has {} examples", found.len());
    found
}

async fn send(capture: &Capture, example: &Value) -> Answer {
    let path = example["request"]["path"].as_str().unwrap_or("/capture");
    let mut request = capture.post(path);
    if example["request"]["without_key"] != true {
        request = request.header("x-api-key", KEY_A);
    }
    let body = match &example["request"]["text"] {
        Value::String(text) => text.clone(),
        _ => example["request"]["body"].to_string(),
    };
    Answer::of(request.body(body)).await
}

/// Whether `found` has everything that `expected` names.
#[track_caller]
fn assert_holds(path: &Path, found: &Value, expected: &Value) {
    match expected {
        Value::Object(members) => {
            for (name, value) in members {
                assert_holds(path, &found[name], value);
            }
        }
        Value::Array(items) => {
            assert_eq!(
                found.as_array().map(Vec::len),
                Some(items.len()),
                "{path:?}: {found}"
            );
            for (index, value) in items.iter().enumerate() {
                assert_holds(path, &found[index], value);
            }
        }
        other => assert_eq!(found, other, "{path:?}"),
    }
}

#[tokio::test]
async fn accepted_examples_are_accepted_as_they_say() {
    for (path, example) in examples("accepted") {
        let capture = Capture::start().await;
        let answer = send(&capture, &example).await;
        assert_eq!(
            answer.status.as_u16(),
            example["answer"]["status"].as_u64().unwrap() as u16,
            "{path:?} {}",
            answer.body
        );
        assert_holds(&path, &answer.body, &example["answer"]["body"]);
        let mut envelopes = capture.envelopes();
        envelopes.sort_by_key(|envelope| envelope["event"].to_string());
        let expected = example["envelopes"].as_array().unwrap();
        assert_eq!(envelopes.len(), expected.len(), "{path:?}");
        for (envelope, expected) in envelopes.iter().zip(expected) {
            assert_holds(&path, envelope, expected);
            assert_eq!(envelope["properties"], expected["properties"], "{path:?}");
        }
    }
}

#[tokio::test]
async fn rejected_examples_name_their_reason() {
    for (path, example) in examples("rejected") {
        let capture = Capture::start().await;
        let answer = send(&capture, &example).await;
        assert_eq!(
            answer.status.as_u16(),
            example["answer"]["status"].as_u64().unwrap() as u16,
            "{path:?} {}",
            answer.body
        );
        assert_eq!(
            answer.code(),
            example["answer"]["code"].as_str().unwrap(),
            "{path:?} {}",
            answer.body
        );
        assert!(capture.envelopes().is_empty(), "{path:?}");
    }
}
