//! Walks `schemas/examples`. The capture API answers the same files in its own
//! tests; here they are held against the JSON Schemas.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot read its examples has failed"
)]

use std::fs;
use std::path::{Path, PathBuf};

use event_schema::envelope::{Envelope, EnvelopeRef};
use event_schema::ids::ProjectId;
use event_schema::reason::RejectReason;
use jsonschema::Validator;
use serde_json::Value;
use uuid::Uuid;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(path: &Path) -> Value {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn schema(name: &str) -> Validator {
    let schema = read(&folder("json").join(name));
    jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn examples(name: &str) -> Vec<(String, Value)> {
    let mut found: Vec<_> = fs::read_dir(folder("examples").join(name))
        .expect("a folder of examples")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            (
                path.file_stem()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned(),
                read(&path),
            )
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(found.len() > 10, "there are examples in {name}");
    found
}

/// Whether the example is a request of the native form.
fn is_native(example: &Value) -> bool {
    example["request"]
        .get("path")
        .is_none_or(|path| path == "/capture")
}

#[test]
fn accepted_requests_fit_the_schema_of_requests() {
    let schema = schema("request.schema.json");
    for (name, example) in examples("accepted")
        .iter()
        .filter(|(_, example)| is_native(example))
    {
        if let Some(body) = example["request"].get("body") {
            let faults: Vec<_> = schema
                .iter_errors(body)
                .map(|fault| fault.to_string())
                .collect();
            assert!(faults.is_empty(), "{name}: {faults:?}");
        }
    }
}

#[test]
fn what_capture_publishes_fits_the_schema_of_envelopes() {
    let schema = schema("envelope.schema.json");
    let mut seen = 0;
    for (name, example) in examples("accepted") {
        for envelope in example["envelopes"].as_array().into_iter().flatten() {
            let mut envelope = envelope.clone();
            // Examples leave out ids that capture makes up.
            envelope["uuid"] = envelope
                .get("uuid")
                .cloned()
                .unwrap_or_else(|| Uuid::nil().to_string().into());
            let faults: Vec<_> = schema
                .iter_errors(&envelope)
                .map(|fault| fault.to_string())
                .collect();
            assert!(faults.is_empty(), "{name}: {faults:?}");
            assert!(
                Envelope::parse(envelope.to_string().as_bytes()).is_ok(),
                "{name}"
            );
            seen += 1;
        }
    }
    assert!(seen > 10);
}

#[test]
fn what_the_writer_writes_fits_the_schema_of_envelopes() {
    let mut bytes = Vec::new();
    let envelope = EnvelopeRef {
        project_id: ProjectId(Uuid::from_u128(1)),
        uuid: Uuid::from_u128(2),
        event: "e",
        distinct_id: "d",
        timestamp: 0,
        received_at: 1,
        sent_at: Some(2),
        ip: Some(std::net::Ipv4Addr::LOCALHOST.into()),
        user_agent: Some("agent"),
        properties: "{}",
    };
    envelope.write_to(&mut bytes).unwrap();
    let json: Value = serde_json::from_slice(&bytes).unwrap();
    assert!(schema("envelope.schema.json").is_valid(&json), "{json}");
}

#[test]
fn rejected_examples_name_a_known_reason() {
    for (name, example) in examples("rejected") {
        let status = example["answer"]["status"].as_u64();
        assert!(
            status.is_some_and(|status| (400..500).contains(&status)),
            "{name}: a refusal is a 4xx"
        );
        if let Some(code) = example["answer"].get("code") {
            let known = serde_json::from_value::<RejectReason>(code.clone());
            let is_credential = [401, 403].contains(&status.unwrap_or_default());
            assert!(
                known.is_ok() || is_credential,
                "{name}: {code} is no reason of ours"
            );
        }
    }
}

#[test]
fn requests_that_lack_what_they_need_do_not_fit() {
    let schema = schema("request.schema.json");
    for name in [
        "array",
        "distinct-id-missing",
        "distinct-id-undefined",
        "empty-batch",
        "event-name-missing",
    ] {
        let example = read(&folder("examples/rejected").join(format!("{name}.json")));
        assert!(!schema.is_valid(&example["request"]["body"]), "{name}");
    }
}

#[test]
fn every_schema_is_one() {
    for entry in fs::read_dir(folder("json")).unwrap() {
        let path = entry.expect("an entry").path();
        assert!(
            jsonschema::meta::is_valid(&read(&path)),
            "{}",
            path.display()
        );
    }
}
