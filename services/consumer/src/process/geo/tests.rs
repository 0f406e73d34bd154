use event_schema::ids::ProjectId;
use uuid::Uuid;

use super::*;

/// The few types of the MMDB format that these tests need.
enum Value<'a> {
    Text(&'a str),
    Short(u16),
    Number(u32),
    Long(u64),
    Map(Vec<(&'a str, Value<'a>)>),
    List(Vec<Value<'a>>),
}

use Value::{List, Long, Map, Number, Short, Text};

fn put(out: &mut Vec<u8>, value: &Value<'_>) {
    let size = |length: usize| u8::try_from(length).unwrap();
    match value {
        Text(text) => {
            assert!(text.len() < 29, "longer texts are written differently");
            out.push(2 << 5 | size(text.len()));
            out.extend_from_slice(text.as_bytes());
        }
        Short(number) => {
            out.push(5 << 5 | 2);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Long(number) => {
            out.extend_from_slice(&[8, 9 - 7]);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Number(number) => {
            out.push(6 << 5 | 4);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Map(members) => {
            out.push(7 << 5 | size(members.len()));
            for (name, value) in members {
                put(out, &Text(name));
                put(out, value);
            }
        }
        List(values) => {
            out.extend_from_slice(&[size(values.len()), 11 - 7]);
            values.iter().for_each(|value| put(out, value));
        }
    }
}

/// A database that knows one place, at 81.0.0.0/8.
fn database(place: &Value<'_>) -> Vec<u8> {
    const NODES: u32 = 8;
    let record = |to: u32| to.to_be_bytes()[1..].to_vec();
    let mut out = Vec::new();
    for node in 0..NODES {
        let onward = if node == NODES - 1 {
            NODES + 16
        } else {
            node + 1
        };
        let is_right = 81 >> (7 - node) & 1 == 1;
        let (left, right) = if is_right {
            (NODES, onward)
        } else {
            (onward, NODES)
        };
        out.extend(record(left));
        out.extend(record(right));
    }
    out.extend([0; 16]);
    put(&mut out, place);
    out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let about = Map(vec![
        ("binary_format_major_version", Short(2)),
        ("binary_format_minor_version", Short(0)),
        ("build_epoch", Long(0)),
        ("database_type", Text("test")),
        ("description", Map(Vec::new())),
        ("ip_version", Short(4)),
        ("languages", List(Vec::new())),
        ("node_count", Number(NODES)),
        ("record_size", Short(24)),
    ]);
    put(&mut out, &about);
    out
}

fn derived(place: &Value<'_>, properties: &str, ip: &str) -> Vec<Option<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("places.mmdb");
    std::fs::write(&file, database(place)).unwrap();
    let geo = Geo::open(&[file]).unwrap().unwrap();
    let mut row = EventRow::new(ProjectId(Uuid::nil()), Uuid::nil(), "e", "p", 0);
    row.set_properties(properties).unwrap();
    geo.derive(&mut row, Some(ip.parse().unwrap()));
    [
        "$geoip_country_code",
        "$geoip_subdivision_1_name",
        "$geoip_city_name",
    ]
    .map(|name| row.hot_property(name).map(str::to_owned))
    .to_vec()
}

fn flat() -> Value<'static> {
    Map(vec![
        ("country_code", Text("DE")),
        ("state1", Text("Berlin")),
        ("city", Text("Pankow")),
    ])
}

#[test]
fn both_layouts_are_read() {
    let nested = Map(vec![
        ("country", Map(vec![("iso_code", Text("DE"))])),
        (
            "subdivisions",
            List(vec![Map(vec![(
                "names",
                Map(vec![("en", Text("Berlin"))]),
            )])]),
        ),
        (
            "city",
            Map(vec![("names", Map(vec![("en", Text("Pankow"))]))]),
        ),
    ]);
    let expected = ["DE", "Berlin", "Pankow"].map(|text| Some(text.to_owned()));
    assert_eq!(derived(&nested, "{}", "81.2.3.4"), expected);
    assert_eq!(derived(&flat(), "{}", "81.2.3.4"), expected);
}

#[test]
fn the_clients_word_wins_and_its_wish_is_heard() {
    let none = vec![None; 3];
    assert_eq!(derived(&flat(), "{}", "9.9.9.9"), none);
    assert_eq!(
        derived(&flat(), r#"{"$geoip_disable":true}"#, "81.2.3.4"),
        none
    );
    assert_eq!(derived(&flat(), r#"{"$ip":"9.9.9.9"}"#, "81.2.3.4"), none);
    let sent = derived(&flat(), r#"{"$geoip_country_code":"FR"}"#, "81.2.3.4");
    assert_eq!(sent[0].as_deref(), Some("FR"));
    assert_eq!(sent[2].as_deref(), Some("Pankow"));
}

#[test]
fn without_files_there_are_no_places() {
    assert!(Geo::open(&[]).unwrap().is_none());
    assert!(Geo::open(&["/nowhere.mmdb".into()]).is_err());
}
