//! Files of every kind that `import` reads, rehearsed: nothing is sent, no server is there.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn import(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_millrace"))
        .args(["import", "--dry-run", "--json", "--show", "9"])
        .args(arguments)
        .env("MILLRACE_HOME", home.path())
        .current_dir(home.path())
        .output()
        .unwrap()
}

/// The report on one file, and the exit code.
fn rehearse(file: &Path, arguments: &[&str]) -> (Value, Option<i32>) {
    let file = file.to_str().unwrap();
    let output = import(&[&[file], arguments].concat());
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (report["files"][0].clone(), output.status.code())
}

#[test]
fn posthog_in_lines_in_json_and_in_parquet() {
    let (lines, code) = rehearse(&data("posthog.ndjson"), &[]);
    assert_eq!(code, Some(1), "a row without a person is rejected");
    assert_eq!(
        (
            &lines["format"],
            &lines["from"],
            &lines["rows"],
            &lines["sent"]
        ),
        (&json!("ndjson"), &json!("posthog"), &json!(3), &json!(2))
    );
    let example = &lines["reasons"]["distinct_id_missing"]["examples"][0];
    assert_eq!(example["line"], 3);
    let first = &lines["first_events"][0];
    assert_eq!(first["uuid"], "0190a6b0-0000-7000-8000-000000000001");
    assert_eq!(first["timestamp"], "2026-01-31T12:00:00.123Z");
    assert_eq!(first["properties"]["tags"], json!(["new", 1, null, true]));
    let second = &lines["first_events"][1]["properties"];
    assert_eq!(second["$elements_chain"], "button.buy:text=\"Buy\"");

    let (answer, code) = rehearse(&data("posthog-api.json"), &[]);
    assert_eq!((code, &answer["sent"]), (Some(0), &json!(2)));
    assert_eq!(answer["first_events"][0]["uuid"], first["uuid"]);
    assert_eq!(
        answer["first_events"][1]["timestamp"],
        "2026-01-31T12:00:02.000Z"
    );

    let (parquet, code) = rehearse(&data("posthog.parquet"), &[]);
    assert_eq!((code, &parquet["from"]), (Some(0), &json!("posthog")));
    assert_eq!(
        parquet["first_events"][0],
        json!({
            "event": "$pageview", "distinct_id": "ada", "timestamp": "2026-01-31T12:00:00.123Z",
            "uuid": "0190a6b0-0000-7000-8000-000000000001",
            "properties": {"$browser": "Firefox", "price": 4.5, "deep": {"ü": {"x": 1.0}}},
        })
    );
}

#[test]
fn posthog_in_tables() {
    for name in ["posthog.csv", "posthog-list.csv"] {
        let (table, code) = rehearse(&data(name), &[]);
        assert_eq!(
            (code, &table["from"]),
            (Some(0), &json!("posthog")),
            "{name}"
        );
        let event = &table["first_events"][0];
        assert_eq!(event["uuid"], "0190a6b0-0000-7000-8000-000000000001");
        assert_eq!(event["timestamp"], "2026-01-31T12:00:00.123Z");
        let properties = &event["properties"];
        assert_eq!(properties["$browser"], "Firefox", "{name}");
        assert_eq!(properties["price"], 4.5, "{name}");
        assert!(properties.get("person_id").is_none(), "{name}");
    }
}

#[test]
fn segment_packed_and_from_a_warehouse() {
    let folder = tempfile::tempdir().unwrap();
    let packed = folder.path().join("1769860800000.gz");
    let file = std::fs::File::create(&packed).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    gzip.write_all(&std::fs::read(data("segment.ndjson")).unwrap())
        .unwrap();
    gzip.finish().unwrap();
    let project = ["--project", "01960000-0000-7000-8000-000000000001"];
    let (messages, code) = rehearse(&packed, &project);
    assert_eq!((code, &messages["from"]), (Some(0), &json!("segment")));
    let names: Vec<&Value> = messages["first_events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["event"])
        .collect();
    assert_eq!(
        names,
        [
            "Order Completed",
            "$pageview",
            "$identify",
            "$groupidentify",
            "$create_alias"
        ]
    );
    let (without, code) = rehearse(&packed, &[]);
    assert_eq!(code, Some(1));
    assert_eq!(without["reasons"]["project_unknown"]["count"], 4);

    let (pages, code) = rehearse(&data("pages.csv"), &project);
    assert_eq!((code, &pages["sent"]), (Some(0), &json!(2)));
    let page = &pages["first_events"][0];
    assert_eq!(
        (&page["event"], &page["distinct_id"]),
        (&json!("$pageview"), &json!("ada"))
    );
    assert_eq!(
        page["properties"]["$current_url"],
        "https://shop.example/cart"
    );
    assert_eq!(page["properties"]["title"], "Cart, full");

    let (orders, code) = rehearse(&data("order_completed.parquet"), &project);
    assert_eq!((code, &orders["from"]), (Some(0), &json!("segment")));
    let order = &orders["first_events"][0];
    assert_eq!(order["event"], "Order Completed");
    assert_eq!(
        order["properties"],
        json!({
            "$current_url": "https://shop.example/cart", "utm_source": "letter", "total": 27.5, "gift": true,
            "$anon_distinct_id": "anon-1",
        })
    );

    let (rudder, code) = rehearse(&data("rudderstack.ndjson"), &["--from", "rudderstack"]);
    assert_eq!((code, &rudder["sent"]), (Some(0), &json!(1)));
    assert_eq!(rudder["first_events"][0]["properties"]["$os"], "Linux");
}

#[test]
fn tables_with_a_mapping() {
    let mapping = data("orders.toml");
    let mapping = ["--mapping", mapping.to_str().unwrap()];
    let (orders, code) = rehearse(&data("orders.csv"), &mapping);
    assert_eq!((code, &orders["sent"]), (Some(1), &json!(2)));
    assert_eq!(
        orders["reasons"]["wrong_number_of_columns"]["examples"][0]["line"],
        7
    );
    assert_eq!(
        orders["reasons"]["timestamp_invalid"]["examples"][0]["line"],
        6
    );
    let first = &orders["first_events"][0];
    assert_eq!(first["timestamp"], "2026-01-31T11:00:00.000Z");
    assert_eq!(
        first["properties"],
        json!({"source": "import", "amount": 27.5, "paid": true, "zip": "01067", "details": {"gift": true, "items": [1, 2]}})
    );
    let (flags, _) = rehearse(
        &data("orders.csv"),
        &[
            &mapping[..],
            &[
                "--event-name",
                "bought",
                "--map",
                "distinct_id=order_id",
                "--all-text",
            ],
        ]
        .concat(),
    );
    let first = &flags["first_events"][0];
    assert_eq!(
        (&first["event"], &first["distinct_id"]),
        (&json!("bought"), &json!("1001"))
    );
    assert_eq!(first["properties"]["amount"], "27.5");

    let mapping = data("bklit.toml");
    let (bklit, code) = rehearse(
        &data("bklit-tracked-events.csv"),
        &["--mapping", mapping.to_str().unwrap()],
    );
    assert_eq!(code, Some(0));
    assert_eq!(
        bklit["first_events"][0]["properties"],
        json!({"label": "Start", "$event_type": "click", "$session_id": "s-1"})
    );

    let columns = [
        "--map",
        "distinct_id=who",
        "--map",
        "uuid=id",
        "--timestamp-column",
        "at",
        "--event-name",
        "order",
    ];
    let (parquet, code) = rehearse(&data("orders.parquet"), &columns);
    assert_eq!((code, &parquet["sent"]), (Some(0), &json!(2)));
    assert_eq!(
        parquet["first_events"][0],
        json!({
            "event": "order", "distinct_id": "ada", "timestamp": "2026-01-31T12:00:00.123Z",
            "uuid": "00000000-0000-0000-0000-000000000001",
            "properties": {
                "total": 27.5, "day": "2026-01-31", "n": i64::MAX, "u": u64::MAX, "f": 0.1, "g": 0.1,
                "ok": true, "tags": ["a", "b"], "deep": {"x": 1, "y": ["z"]}, "map": {"k": "v"}, "bytes": "/wA=",
            },
        })
    );
}

#[test]
fn a_wrong_command_line_is_told_before_anything_is_read() {
    for (arguments, told) in [
        (vec!["none.csv", "--mapping", "none.toml"], "none.toml"),
        (vec!["none.csv", "--map", "user_id"], "FIELD=COLUMN"),
        (vec!["none.csv", "--timestamp-format", "soon"], "unix_ms"),
        (vec!["none.csv", "--timezone", "Mars"], "Mars"),
    ] {
        let output = import(&arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(told), "{arguments:?}: {error}");
    }
    assert_eq!(import(&["none.csv"]).status.code(), Some(1));
}

#[test]
fn a_mapping_that_fits_nothing_is_given_up_early() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ndjson");
    std::fs::write(&file, "{\"user\":1}\n".repeat(5_000)).unwrap();
    let output = import(&[file.to_str().unwrap()]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains("none of the first 1000 rows"), "{error}");
}
