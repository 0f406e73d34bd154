//! The old form of a funnel: steps by name, `strict` or not, a window in days.

use super::{Form, Translated, breakdown};
use crate::query::Fault;
use serde_json::{Map, Value, json};

/// Days of the window unless the request says otherwise.
const WINDOW_DAYS: u64 = 30;
/// Days of the window at most.
const WINDOW_DAYS_MAX: u64 = 365;
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// How a funnel's result is given back.
#[derive(Debug, Clone, PartialEq)]
pub struct FunnelForm {
    is_strict: bool,
    window_days: Value,
    order: Option<Value>,
    /// The field that the window was given in.
    window_field: &'static str,
}

pub(super) fn translate(mut fields: Map<String, Value>, faults: &mut Vec<Fault>) -> Translated {
    let is_strict = match fields.remove("strict") {
        None | Some(Value::Null) => true,
        Some(Value::Bool(strict)) => strict,
        Some(_) => {
            faults.push(fault(
                "strict",
                "wrong_type",
                "strict must be true or false",
            ));
            true
        }
    };
    let days = window_days(fields.remove("conversion_window_days"), faults);
    let seconds = fields
        .remove("conversion_window_seconds")
        .filter(|value| !value.is_null());
    let window_field = if seconds.is_some() {
        "conversion_window_seconds"
    } else {
        "conversion_window_days"
    };
    let window_days = match seconds.as_ref().and_then(Value::as_u64) {
        Some(seconds) if seconds % DAY_SECONDS == 0 => json!(seconds / DAY_SECONDS),
        #[expect(clippy::cast_precision_loss, reason = "shown to people, in days")]
        Some(seconds) => json!(seconds as f64 / DAY_SECONDS as f64),
        None => json!(days),
    };
    let order = fields
        .get("order")
        .filter(|value| !value.is_null())
        .cloned();
    if order.is_none() {
        let order = if is_strict { "ordered" } else { "simple" };
        fields.insert("order".to_owned(), order.into());
    }
    fields.insert(
        "window_seconds".to_owned(),
        seconds.unwrap_or_else(|| json!(days * DAY_SECONDS)),
    );
    if let Some(value) = fields.get_mut("breakdown") {
        *value = breakdown(value.take());
    }
    translate_steps(&mut fields, faults);
    Translated {
        kind: "funnels",
        params: Value::Object(fields),
        form: Form::Funnel(FunnelForm {
            is_strict,
            window_days,
            order,
            window_field,
        }),
    }
}

fn window_days(value: Option<Value>, faults: &mut Vec<Fault>) -> u64 {
    match value {
        None | Some(Value::Null) => WINDOW_DAYS,
        Some(value) => match value.as_u64() {
            Some(days) if (1..=WINDOW_DAYS_MAX).contains(&days) => days,
            _ => {
                let detail = format!(
                    "conversion_window_days must be a whole number from 1 to {WINDOW_DAYS_MAX}"
                );
                faults.push(fault("conversion_window_days", "out_of_range", &detail));
                WINDOW_DAYS
            }
        },
    }
}

/// A step that is only a name becomes an object.
fn translate_steps(fields: &mut Map<String, Value>, faults: &mut Vec<Fault>) {
    match fields.get_mut("steps") {
        Some(Value::Array(steps)) => {
            for step in steps {
                if step.is_string() || step.is_null() {
                    *step = json!({"event": step.take()});
                }
            }
        }
        Some(_) => faults.push(fault("steps", "wrong_type", "steps must be a list")),
        None => {}
    }
}

fn fault(field: &str, code: &'static str, detail: &str) -> Fault {
    Fault {
        path: format!("params.{field}"),
        code,
        detail: detail.to_owned(),
    }
}

impl FunnelForm {
    pub(super) fn shape(&self, result: Value) -> Map<String, Value> {
        let mut shaped = match result {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let mode = if self.is_strict { "strict" } else { "simple" };
        shaped.insert("mode".to_owned(), mode.into());
        if self.is_strict {
            shaped.insert(
                "conversion_window_days".to_owned(),
                self.window_days.clone(),
            );
        }
        if let Some(order) = &self.order {
            shaped.insert("order".to_owned(), order.clone());
        }
        shaped
    }

    pub(super) fn path(&self, path: &str) -> String {
        let path = path.strip_prefix("params.").unwrap_or(path);
        if path == "window_seconds" {
            return self.window_field.to_owned();
        }
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(params: Value) -> (Translated, Vec<String>) {
        let mut faults = Vec::new();
        let Value::Object(fields) = params else {
            unreachable!()
        };
        let translated = translate(fields, &mut faults);
        (
            translated,
            faults.into_iter().map(|fault| fault.path).collect(),
        )
    }

    #[test]
    fn strict_is_an_ordered_funnel_in_a_window() {
        let (translated, faults) =
            translated(json!({"steps": ["a", {"event": "b"}], "conversion_window_days": 7}));
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(
            translated.params,
            json!({"steps": [{"event": "a"}, {"event": "b"}], "order": "ordered", "window_seconds": 604_800})
        );
        let shaped = translated.form.shape(json!({"steps": []}));
        assert_eq!(
            Value::Object(shaped),
            json!({"steps": [], "mode": "strict", "conversion_window_days": 7})
        );
    }

    #[test]
    fn not_strict_is_simple_and_names_no_window() {
        let (translated, _) = translated(json!({"steps": ["a", "b"], "strict": false}));
        assert_eq!(translated.params["order"], "simple");
        let shaped = translated.form.shape(json!({"steps": []}));
        assert_eq!(
            Value::Object(shaped),
            json!({"steps": [], "mode": "simple"})
        );
    }

    #[test]
    fn our_order_wins_and_is_answered() {
        let (translated, _) = translated(
            json!({"steps": ["a", "b"], "order": "unordered", "conversion_window_seconds": 60}),
        );
        assert_eq!(translated.params["order"], "unordered");
        assert_eq!(translated.params["window_seconds"], 60);
        assert_eq!(translated.form.shape(json!({}))["order"], "unordered");
        assert_eq!(
            translated.form.path("params.window_seconds"),
            "conversion_window_seconds"
        );
    }

    #[test]
    fn windows_out_of_range_and_wrong_types_are_faults() {
        for (params, path) in [
            (
                json!({"steps": ["a", "b"], "conversion_window_days": 0}),
                "params.conversion_window_days",
            ),
            (
                json!({"steps": ["a", "b"], "conversion_window_days": 366}),
                "params.conversion_window_days",
            ),
            (
                json!({"steps": ["a", "b"], "conversion_window_days": "x"}),
                "params.conversion_window_days",
            ),
            (
                json!({"steps": ["a", "b"], "strict": "yes"}),
                "params.strict",
            ),
            (json!({"steps": 3}), "params.steps"),
        ] {
            assert_eq!(translated(params).1, [path]);
        }
    }
}
