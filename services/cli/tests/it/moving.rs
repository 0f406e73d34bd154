//! Events out of one project and into another on a running stack, in every format.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use testing::eventually;

use crate::stack::{SOON, Stack};

/// Values that formats like to change; each must come back with the same spelling.
const PROPERTIES: [&str; 6] = [
    r#"{"text":"ünï \"q\" \\ \u0041\n\t","emoji":"👩‍🚀","empty":"","number as text":"1.0","true as text":"true","null as text":"null"}"#,
    r#"{"one":1,"one.zero":1.0,"exp":1e5,"neg":-0.0,"tiny":1e-7,"third":0.3333333333333333,"big":9007199254740993,"huge":123456789012345678901234567890}"#,
    r#"{"yes":true,"no":false,"nothing":null,"list":[1,2.50,"x",null,[],{}],"deep":{"a":{"ü.b":{"c":[{"d":1.0}]}}}}"#,
    r#"{"$browser":"Own","$os":null,"$current_url":"https://shop.example/ä?b=c#d","utm_source":true,"a.b":1,"quote\"name":2,"":3}"#,
    r#"{"$set":{"plan":"team"},"$set_once":{"first":1.0}}"#,
    "{}",
];

/// Exports, imports into another project, compares; then the same again counts once.
pub(crate) async fn events_move_in_and_out(stack: &Stack) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("first.ndjson"), lines()).unwrap();
    succeeds(
        stack,
        &["import", &path("first.ndjson"), "--rejected", &path("")],
    );
    let count = PROPERTIES.len();
    let original = exported(stack, &path("original.ndjson"), count, &[]).await;
    for (row, properties) in PROPERTIES.iter().enumerate() {
        let (_, found) = &original[&uuid(row)];
        let found = format!("{{{}}}", sorted(found));
        let expected = format!("{{{}}}", sorted(properties));
        assert_eq!(found, expected);
    }

    let other = OtherProject::make(stack);
    for format in ["parquet", "ndjson.zst"] {
        let file = path(&format!("all.{format}"));
        succeeds(stack, &["export", &file, "--event", "moved"]);
        succeeds(
            stack,
            &[
                "import",
                &file,
                "--api-key",
                &other.write,
                "--rejected",
                &path(""),
            ],
        );
        let name = path(&format!("back.{format}"));
        let back = exported(stack, &name, count, &["--api-key", &other.read]).await;
        assert_eq!(back, original, "{format}");
    }
    a_half_is_never_there(stack, &path("all.parquet"), &path("none.ndjson"));
    segment_is_mapped_as_capture_maps_it(stack, &other, folder.path()).await;
}

fn uuid(row: usize) -> String {
    format!("0190a6b0-0000-7000-8000-00000000000{row}")
}

fn lines() -> String {
    let line = |(row, properties): (usize, &&str)| {
        format!(
            "{{\"uuid\":\"{}\",\"event\":\"moved\",\"distinct_id\":\"pérson {}\",\"timestamp\":\"2026-0{}-01T12:00:00.12{row}Z\",\"properties\":{properties}}}\n",
            uuid(row),
            row % 2,
            row + 1,
        )
    };
    PROPERTIES.iter().enumerate().map(line).collect()
}

/// The entries of an object in the order of their names, spelled as they are.
fn sorted(object: &str) -> String {
    let entries: BTreeMap<String, Box<RawValue>> = serde_json::from_str(object).unwrap();
    let canonical = |value: &str| {
        // Texts may be escaped in different ways; numbers, lists and objects may not change.
        match serde_json::from_str::<Value>(value) {
            Ok(Value::String(text)) => json!(text).to_string(),
            _ => value.to_owned(),
        }
    };
    let spelled = entries
        .iter()
        .map(|(name, value)| format!("{name:?}:{}", canonical(value.get())));
    spelled.collect::<Vec<_>>().join(",")
}

/// Everything of an event but its properties, and those as they are spelled.
type Exported = BTreeMap<String, (Value, String)>;

/// What an export holds, once it holds `count` events.
async fn exported(stack: &Stack, file: &str, count: usize, with: &[&str]) -> Exported {
    eventually(SOON, || {
        let arguments = [
            &[
                "export", file, "--event", "moved", "--format", "ndjson", "--force",
            ],
            with,
        ]
        .concat();
        succeeds(stack, &arguments);
        let events = read(Path::new(file));
        std::future::ready(if events.len() == count {
            Ok(events)
        } else {
            Err(events.len())
        })
    })
    .await
}

fn read(file: &Path) -> Exported {
    #[derive(serde::Deserialize)]
    struct Line {
        uuid: String,
        event: String,
        distinct_id: String,
        timestamp: String,
        properties: Box<RawValue>,
    }
    let mut bytes = std::fs::read(file).unwrap();
    if file.extension().is_some_and(|ending| ending == "zst") {
        bytes = zstd::decode_all(bytes.as_slice()).unwrap();
    }
    let text = String::from_utf8(bytes).unwrap();
    let event = |line: &str| {
        let line: Line = serde_json::from_str(line).unwrap();
        let rest = json!([line.event, line.distinct_id, line.timestamp]);
        (line.uuid, (rest, line.properties.get().to_owned()))
    };
    text.lines().map(event).collect()
}

fn succeeds(stack: &Stack, arguments: &[&str]) {
    let output = stack.run(arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {error}");
}

/// A second project and its keys.
struct OtherProject {
    id: String,
    write: String,
    read: String,
}

impl OtherProject {
    fn make(stack: &Stack) -> Self {
        succeeds(stack, &["login"]);
        let project = stack.json(&["projects", "create", "Moved", "--json"]);
        let id = project["id"].as_str().unwrap().to_owned();
        let key = |scope| {
            let arguments = [
                "keys",
                "create",
                "--project",
                &id,
                "--scopes",
                scope,
                "--json",
            ];
            stack.json(&arguments)["api_key"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        Self {
            write: key("capture"),
            read: key("read"),
            id,
        }
    }
}

/// An export that cannot be written to its end leaves nothing; a file is not replaced unasked.
fn a_half_is_never_there(stack: &Stack, there: &str, none: &str) {
    let refused = stack.run(&["export", none, "--property", "n>x"]);
    assert_eq!(refused.status.code(), Some(2));
    let unreachable = [
        "export",
        none,
        "--query-url",
        "http://127.0.0.1:9",
        "--patience",
        "0s",
    ];
    assert_eq!(stack.run(&unreachable).status.code(), Some(3));
    let folder = Path::new(none).parent().unwrap();
    let names = std::fs::read_dir(folder).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        !names
            .iter()
            .any(|name| name.to_string_lossy().starts_with("none")),
        "{names:?}"
    );
    assert_eq!(stack.run(&["export", there]).status.code(), Some(2));
}

/// The same calls sent by a client and found in an export are the same events.
async fn segment_is_mapped_as_capture_maps_it(stack: &Stack, other: &OtherProject, folder: &Path) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/segment.ndjson");
    let text = std::fs::read_to_string(&sample).unwrap();
    let calls: Vec<Value> = text
        .lines()
        .map(|line| {
            let mut call: Value = serde_json::from_str(line).unwrap();
            // A client knows nothing of what the server adds, and its clock is not corrected here.
            for added in [
                "writeKey",
                "projectId",
                "receivedAt",
                "sentAt",
                "originalTimestamp",
            ] {
                call.as_object_mut().unwrap().remove(added);
            }
            call
        })
        .collect();
    let sent = Command::new("curl")
        .args(["-sS", "--fail", "-u", &format!("{}:", other.write), "-d"])
        .arg(json!({ "batch": calls }).to_string())
        .arg(format!(
            "{}/v1/batch",
            stack.status()["capture_url"].as_str().unwrap()
        ))
        .output()
        .unwrap();
    assert!(
        sent.status.success(),
        "{}",
        String::from_utf8_lossy(&sent.stderr)
    );
    let file = folder.join("segment.out").to_str().unwrap().to_owned();
    let export = |key: Option<&str>| {
        let key = key.map_or(vec![], |key| vec!["--api-key", key]);
        let arguments = [
            &["export", &file, "--force", "--distinct-id", "ada"],
            &key[..],
        ]
        .concat();
        succeeds(stack, &arguments);
        let events = read(Path::new(&file)).into_iter();
        events
            .map(|(uuid, (rest, properties))| (uuid, rest, sorted(&properties)))
            .collect::<Vec<_>>()
    };
    let arrived = |key: Option<String>| {
        eventually(SOON, move || {
            let events = export(key.as_deref());
            std::future::ready(if events.len() == 4 {
                Ok(events)
            } else {
                Err(events.len())
            })
        })
    };
    let live = arrived(Some(other.read.clone())).await;
    let sample = sample.to_str().unwrap();
    let import = ["import", sample, "--restart"];
    // Into the same project: nothing new. Into another: the same but for the uuids.
    let same = ["--api-key", &other.write, "--project", &other.id];
    succeeds(stack, &[&import[..], &same].concat());
    succeeds(stack, &import);
    let imported = arrived(None).await;
    assert_eq!(export(Some(&other.read)), live);
    let of = |events: &[(String, Value, String)]| {
        let mut events: Vec<_> = events
            .iter()
            .map(|(_, rest, properties)| (rest.to_string(), properties.clone()))
            .collect();
        events.sort();
        events
    };
    assert_eq!(of(&imported), of(&live));
}
