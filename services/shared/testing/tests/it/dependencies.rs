//! Who may depend on whom. The arrows point one way: schemas ← service-kit ←
//! transport, warehouse, identity ← services; no service knows another.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot read the workspace has failed"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// What each crate of ours may depend on, of ours.
const ALLOWED: &[(&str, &[&str])] = &[
    ("event-schema", &[]),
    ("service-kit", &[]),
    ("testing", &[]),
    ("clickhouse-embedded", &["service-kit"]),
    ("transport", &["event-schema", "service-kit"]),
    ("warehouse", &["event-schema", "service-kit"]),
    ("identity", &["event-schema", "service-kit"]),
    (
        "capture-api",
        &["event-schema", "service-kit", "transport", "identity"],
    ),
    (
        "consumer",
        &[
            "event-schema",
            "service-kit",
            "transport",
            "warehouse",
            "identity",
        ],
    ),
    (
        "query-api",
        &["event-schema", "service-kit", "warehouse", "identity"],
    ),
    ("auth-api", &["event-schema", "service-kit", "identity"]),
    (
        "realtime",
        &["event-schema", "service-kit", "transport", "identity"],
    ),
    ("dashboard", &["service-kit"]),
    // Trials know a stack only from outside, as its clients do.
    ("trials", &["testing"]),
    (
        "millrace",
        &["event-schema", "service-kit", "transport", "warehouse"],
    ),
];

/// Libraries that live in few places only.
const HOMES: &[(&str, &[&str])] = &[
    ("rdkafka", &["transport"]),
    ("rdkafka-sys", &["transport"]),
    ("clickhouse", &["warehouse"]),
    (
        "sqlx",
        &[
            "identity",
            "auth-api",
            "query-api",
            "consumer",
            "millrace",
            "testing",
        ],
    ),
];

fn packages() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let normal = |package: &Value| {
        let dependencies = package["dependencies"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        dependencies
            .iter()
            .filter(|one| one["kind"].is_null())
            .map(|one| text(&one["name"]))
            .collect()
    };
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| (text(&package["name"]), normal(package)))
        .collect()
}

#[test]
fn crates_depend_only_on_those_they_may() {
    let packages = packages();
    for (name, dependencies) in &packages {
        let (_, allowed) = ALLOWED
            .iter()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("{name} has no rule yet"));
        for dependency in dependencies
            .iter()
            .filter(|one| packages.contains_key(*one))
        {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{name} may not depend on {dependency}"
            );
        }
    }
}

#[test]
fn stores_and_brokers_are_reached_from_their_homes_only() {
    for (name, dependencies) in &packages() {
        for (library, homes) in HOMES {
            assert!(
                !dependencies.contains(*library) || homes.contains(&name.as_str()),
                "{name} may not use {library}: it lives in {homes:?}"
            );
        }
    }
}
