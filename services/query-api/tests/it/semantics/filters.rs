//! Filters.

use super::{Case, case, hold};
use serde_json::{Value, json};

/// One event for each kind of value of `p`; the person says which.
const VALUES: &str = r#"
a absent 2025-01-01
a null 2025-01-01 {"p": null}
a empty 2025-01-01 {"p": ""}
a pro 2025-01-01 {"p": "pro"}
a PRO 2025-01-01 {"p": "PRO"}
a street 2025-01-01 {"p": "Straße"}
a yes 2025-01-01 {"p": true}
a text-yes 2025-01-01 {"p": "true"}
a one 2025-01-01 {"p": 1.0}
a ninety 2025-01-01 {"p": 95}
a text-ninety 2025-01-01 {"p": "95"}
a half 2025-01-01 {"p": 1.5}
a long 2025-01-01 {"p": 9007199254740993}
a list 2025-01-01 {"p": [1, "x y"]}
a object 2025-01-01 {"p": {"k": "v"}}
a lines 2025-01-01 {"p": "x\ny"}
"#;

/// The persons whose event passes, by the breakdown of who they are.
fn passing(sentence: &'static str, filters: Value, persons: &[&str]) -> Case {
    let mut rows: Vec<&str> = persons.to_vec();
    rows.sort_unstable();
    let params = json!({
        "series": [{"event": "a"}], "filters": filters, "display": "total_value",
        "date_from": "2025-01-01", "date_to": "2025-01-01", "breakdown": {"properties": ["distinct_id"]},
    });
    let rows: Vec<Value> = rows
        .iter()
        .map(|person| json!({"series": "A", "label": "a", "breakdown": [person], "data": 1}))
        .collect();
    case(
        sentence,
        VALUES,
        ("trends", params),
        vec![("/series", json!(rows))],
    )
}

fn one(op: &str, value: Value) -> Value {
    json!([{"property": "p", "op": op, "value": value}])
}

const SET: &[&str] = &[
    "empty",
    "pro",
    "PRO",
    "street",
    "yes",
    "text-yes",
    "one",
    "ninety",
    "text-ninety",
    "half",
    "long",
    "list",
    "object",
    "lines",
];

fn all_but(gone: &[&str]) -> Vec<&'static str> {
    let all = ["absent", "null"].into_iter().chain(SET.iter().copied());
    all.filter(|person| !gone.contains(person)).collect()
}

#[tokio::test]
async fn operators() {
    hold(vec![
        passing("exact (value)", one("exact", json!("pro")), &["pro"]),
        passing(
            "exact is the default operator",
            json!([{"property": "p", "value": "pro"}]),
            &["pro"],
        ),
        passing(
            "exact (list)",
            one("exact", json!(["pro", "PRO", 95])),
            &["pro", "PRO", "ninety", "text-ninety"],
        ),
        passing(
            "is_not: not set makes every negative operator true",
            one("is_not", json!("pro")),
            &all_but(&["pro"]),
        ),
        passing("in", one("in", json!(["", "pro"])), &["empty", "pro"]),
        passing(
            "not_in",
            one("not_in", json!(["", "pro"])),
            &all_but(&["empty", "pro"]),
        ),
        passing("an empty list holds nothing", one("in", json!([])), &[]),
        passing("icontains", one("icontains", json!("pro")), &["pro", "PRO"]),
        passing(
            "icontains folds Unicode case",
            one("icontains", json!("STRASSE")),
            &["street"],
        ),
        passing(
            "not_icontains",
            one("not_icontains", json!("PRO")),
            &all_but(&["pro", "PRO"]),
        ),
        passing(
            "regex is RE2, unanchored",
            one("regex", json!("r")),
            &["pro", "street", "yes", "text-yes"],
        ),
        passing(
            "regex is case-sensitive",
            one("regex", json!("^PR")),
            &["PRO"],
        ),
        passing(
            "regex: a dot is no line's end",
            one("regex", json!("x.y")),
            &["list"],
        ),
        passing(
            "not_regex",
            one("not_regex", json!("r")),
            &all_but(&["pro", "street", "yes", "text-yes"]),
        ),
        passing(
            "is_set: absent and null are the same",
            json!([{"property": "p", "op": "is_set"}]),
            SET,
        ),
        passing(
            "is_not_set",
            json!([{"property": "p", "op": "is_not_set"}]),
            &["absent", "null"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn comparisons() {
    hold(vec![
        passing(
            "everything compares as text: true",
            one("exact", json!(true)),
            &["yes", "text-yes"],
        ),
        passing(
            "everything compares as text: 95",
            one("exact", json!("95")),
            &["ninety", "text-ninety"],
        ),
        passing(
            "numbers in their shortest decimal form, so 1.0 is 1",
            one("exact", json!("1")),
            &["one"],
        ),
        passing(
            "1.0 of a filter is 1, too",
            one("exact", json!(1.0)),
            &["one"],
        ),
        passing("1.5", one("exact", json!(1.5)), &["half"]),
        passing(
            "an integer keeps all its digits",
            one("exact", json!(9_007_199_254_740_993_i64)),
            &["long"],
        ),
        passing(
            "an integer keeps all its digits and is no other",
            one("exact", json!(9_007_199_254_740_992_i64)),
            &[],
        ),
        passing(
            "gt takes numeric text as a number",
            one("gt", json!(94)),
            &["ninety", "text-ninety", "long"],
        ),
        passing(
            "gte",
            one("gte", json!("95")),
            &["ninety", "text-ninety", "long"],
        ),
        passing(
            "lt: what is no number is false there (booleans too)",
            one("lt", json!(2)),
            &["one", "half"],
        ),
        passing("lte", one("lte", json!(1)), &["one"]),
        passing(
            "gt of long integers",
            one("gt", json!(9_007_199_254_740_992_i64)),
            &["long"],
        ),
        passing(
            "gt of what is no number is false",
            one("gt", json!("abc")),
            &[],
        ),
        passing(
            "an array compares as its compact JSON",
            one("exact", json!("[1,\"x y\"]")),
            &["list"],
        ),
        passing(
            "an object compares as its compact JSON",
            one("exact", json!({"k": "v"})),
            &["object"],
        ),
        passing(
            "an object contains the text of its JSON",
            one("icontains", json!("\"K\":")),
            &["object"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn groups() {
    let pro = json!({"property": "p", "value": "pro"});
    let upper = json!({"property": "p", "value": "PRO"});
    let set = json!({"property": "p", "op": "is_set"});
    hold(vec![
        passing("filters are ANDed", json!([set, pro]), &["pro"]),
        passing(
            "filters are ANDed unless grouped: any",
            json!([{"any": [pro, upper]}]),
            &["pro", "PRO"],
        ),
        passing(
            "all inside any",
            json!([{"any": [{"all": [pro, upper]}, pro]}]),
            &["pro"],
        ),
        passing("a group alone", json!({"any": [upper]}), &["PRO"]),
    ])
    .await;
}

const DATES: &str = r#"
a before 2025-01-01 {"p": "2025-03-29T22:59:59Z"}
a start 2025-01-01 {"p": "2025-03-29T23:00:00Z"}
a day 2025-01-01 {"p": "2025-03-30"}
a last 2025-01-01 {"p": "2025-03-30T21:59:59.999Z"}
a next 2025-01-01 {"p": "2025-03-30T22:00:00Z"}
a after 2025-01-01 {"p": "2025-03-31"}
a none 2025-01-01 {"p": "soon"}
a absent 2025-01-01
"#;

fn dated(sentence: &'static str, op: &str, value: &str, persons: &[&str]) -> Case {
    let mut made = passing(sentence, one(op, json!(value)), persons);
    made.events = DATES;
    made.params["timezone"] = json!("Europe/Berlin");
    made
}

#[tokio::test]
async fn dates() {
    hold(vec![
        dated(
            "a bare date in is_date_before is its local start",
            "is_date_before",
            "2025-03-30",
            &["before"],
        ),
        dated(
            "a bare date in is_date_after is its local end",
            "is_date_after",
            "2025-03-30",
            &["next", "after"],
        ),
        dated(
            "a date with a time is exact",
            "is_date_before",
            "2025-03-29T23:00:00Z",
            &["before"],
        ),
        dated(
            "a date with a time is local without an offset",
            "is_date_after",
            "2025-03-30T23:59:59.999",
            &["next", "after"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn names() {
    let odd = r#"
a x 2025-01-01 {"a.b 'c' \"d\"": 1, "event": "other", "日本": "はい", "$weird": 2, "props['a']": 3, "timestamp": 4}
"#;
    let ask = |sentence, name: &str, value: Value, count: i64| {
        let params = json!({
            "series": [{"event": "a"}], "filters": [{"property": name, "value": value}],
            "display": "total_value", "date_from": "2025-01-01", "date_to": "2025-01-01",
        });
        case(
            sentence,
            odd,
            ("trends", params),
            vec![("/series/0/data", json!(count))],
        )
    };
    hold(vec![
        ask(
            "property names are data: dots, quotes, spaces",
            "a.b 'c' \"d\"",
            json!(1),
            1,
        ),
        ask("property names are data: unicode", "日本", json!("はい"), 1),
        ask("property names are data: $", "$weird", json!(2), 1),
        ask("property names are data: SQL", "props['a']", json!(3), 1),
        ask("property names are exact", "$Weird", json!(2), 0),
        ask(
            "built-in names mean the event's own fields: event",
            "event",
            json!("a"),
            1,
        ),
        ask(
            "built-in names never mean a property of that name",
            "event",
            json!("other"),
            0,
        ),
        ask(
            "built-in names mean the event's own fields: distinct_id",
            "distinct_id",
            json!("x"),
            1,
        ),
    ])
    .await;
}
