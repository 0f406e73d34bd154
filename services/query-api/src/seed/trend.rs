//! The old form of a trend: one event, a list of numbers.

use super::{Form, Translated, breakdown, structured};
use crate::query::Fault;
use serde_json::{Map, Value, json};

/// What the breakdown's place says where the property is not set.
const NOT_SET: &str = "(not set)";
/// The label of the row for the rest.
const OTHER: &str = "other";

/// How a trend's result is given back.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendForm {
    /// One series without breakdown: bare numbers.
    is_plain: bool,
}

pub(super) fn translate(mut fields: Map<String, Value>, faults: &mut Vec<Fault>) -> Translated {
    for name in ["filters", "series"] {
        if let Some(value) = fields.get_mut(name) {
            *value = structured(name, value.take(), faults);
        }
    }
    if let Some(value) = fields.get_mut("breakdown") {
        *value = breakdown(value.take());
    }
    let has_breakdown = fields
        .get("breakdown")
        .is_some_and(|value| !value.is_null());
    let has_series = fields.contains_key("series");
    let mut series = Map::new();
    for name in ["event", "math", "property"] {
        if let Some(value) = fields.remove(name) {
            series.insert(name.to_owned(), value);
        }
    }
    if !has_series && !series.contains_key("event") {
        faults.push(Fault {
            path: "params.event".to_owned(),
            code: "missing",
            detail: "event is required".to_owned(),
        });
        series.insert("event".to_owned(), Value::Null);
    }
    if !has_series {
        fields.insert("series".to_owned(), json!([series]));
    } else if let Some(name) = series.keys().next() {
        faults.push(Fault {
            path: format!("params.{name}"),
            code: "conflict",
            detail: format!("{name} goes into the series when series is given"),
        });
    }
    let count = fields
        .get("series")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    let has_formula = fields.get("formula").is_some_and(|value| !value.is_null());
    Translated {
        kind: "trends",
        params: Value::Object(fields),
        form: Form::Trend(TrendForm {
            is_plain: count == 1 && !has_breakdown && !has_formula,
        }),
    }
}

impl TrendForm {
    pub(super) fn shape(&self, mut result: Value) -> Map<String, Value> {
        let mut shaped = Map::new();
        let rows = match result["series"].take() {
            Value::Array(rows) => rows,
            _ => Vec::new(),
        };
        let labels = result["labels"].take();
        if self.is_plain {
            let mut data = rows
                .into_iter()
                .next()
                .map_or_else(|| json!([]), |mut row| row["data"].take());
            if !data.is_array() {
                data = json!([data]);
            }
            shaped.insert("series".to_owned(), data);
        } else {
            let several = rows
                .iter()
                .any(|row| row["series"] != "A" && row["series"] != "formula");
            let results = rows.into_iter().map(|row| labelled(row, several)).collect();
            shaped.insert("results".to_owned(), results);
        }
        shaped.insert("labels".to_owned(), labels);
        shaped
    }

    pub(super) fn path(&self, path: &str) -> String {
        let path = path.strip_prefix("params.").unwrap_or(path);
        match path.strip_prefix("series[0].") {
            Some(field) => field.to_owned(),
            None => path.to_owned(),
        }
    }
}

/// A row with the one label that old charts show.
fn labelled(mut row: Value, several: bool) -> Value {
    let value = if row["other"] == true {
        Some(OTHER.to_owned())
    } else {
        row["breakdown"].as_array().map(|places| {
            let texts: Vec<&str> = places
                .iter()
                .map(|place| place.as_str().unwrap_or(NOT_SET))
                .collect();
            texts.join(", ")
        })
    };
    let own = row["label"].as_str().unwrap_or_default().to_owned();
    let label = match value {
        None => own,
        Some(value) if several => format!("{own}: {value}"),
        Some(value) => value,
    };
    if let Some(fields) = row.as_object_mut() {
        fields.insert("label".to_owned(), label.into());
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(params: Value) -> (Translated, Vec<Fault>) {
        let mut faults = Vec::new();
        let Value::Object(fields) = params else {
            unreachable!()
        };
        (translate(fields, &mut faults), faults)
    }

    #[test]
    fn one_event_becomes_one_series() {
        let (translated, faults) =
            translated(json!({"event": "a", "math": "sum", "property": "p", "interval": "week"}));
        assert_eq!(faults, []);
        assert_eq!(
            translated.params,
            json!({"interval": "week", "series": [{"event": "a", "math": "sum", "property": "p"}]})
        );
        let shaped = translated
            .form
            .shape(json!({"labels": ["2025-01-06"], "series": [{"series": "A", "data": [3]}]}));
        assert_eq!(
            Value::Object(shaped),
            json!({"series": [3], "labels": ["2025-01-06"]})
        );
    }

    #[test]
    fn a_breakdown_comes_as_labelled_results() {
        let (translated, _) = translated(json!({"event": "a", "breakdown": "plan"}));
        let shaped = translated.form.shape(json!({"labels": ["d"], "series": [
            {"series": "A", "label": "a", "breakdown": ["pro"], "data": [2]},
            {"series": "A", "label": "a", "breakdown": [null], "data": [1]},
            {"series": "A", "label": "a", "breakdown": null, "other": true, "data": [5]},
        ]}));
        let labels: Vec<_> = shaped["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["label"].as_str().unwrap())
            .collect();
        assert_eq!(labels, ["pro", "(not set)", "other"]);
    }

    #[test]
    fn an_event_is_required_and_null_is_any() {
        let (_, faults) = translated(json!({}));
        assert_eq!(faults[0].path, "params.event");
        let (any, faults) = translated(json!({"event": null}));
        assert_eq!(faults, []);
        assert_eq!(any.params["series"], json!([{"event": null}]));
    }

    #[test]
    fn faults_are_named_as_the_client_wrote_them() {
        let (translated, _) = translated(json!({"event": "a"}));
        assert_eq!(
            translated.form.path("params.series[0].property"),
            "property"
        );
        assert_eq!(translated.form.path("params.date_from"), "date_from");
    }
}
