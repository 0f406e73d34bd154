//! A dashboard, and what a client may write into one.

use crate::query::Fault;
use crate::store::millis;
use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use uuid::Uuid;

/// Characters of a name at most.
const NAME_CHARS_MAX: usize = 200;

/// What a layout may hold at most.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LayoutLimits {
    /// Widgets.
    pub widgets_max: usize,
    /// Bytes of JSON.
    pub bytes_max: usize,
}

impl Default for LayoutLimits {
    fn default() -> Self {
        Self {
            widgets_max: 100,
            bytes_max: 1 << 20,
        }
    }
}

/// A dashboard in the store.
#[derive(Debug, Clone, Serialize)]
pub struct Dashboard {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    #[serde(skip)]
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// Its widgets, as they were written.
    pub layout: Box<RawValue>,
    /// When it was made.
    #[serde(serialize_with = "millis")]
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    #[serde(serialize_with = "millis")]
    pub updated_at: DateTime<Utc>,
}

/// One widget of a layout.
#[derive(Debug, Clone, PartialEq)]
pub struct Widget {
    /// The type of query.
    pub kind: String,
    /// Its params.
    pub params: Value,
}

/// The widgets of a dashboard, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout(pub Vec<Widget>);

impl Dashboard {
    /// Its widgets. A stored layout was checked when it was written.
    pub fn widgets(&self) -> Layout {
        let items: Vec<Map<String, Value>> =
            serde_json::from_str(self.layout.get()).unwrap_or_default();
        Layout(items.into_iter().map(widget_of).collect())
    }
}

fn widget_of(mut item: Map<String, Value>) -> Widget {
    Widget {
        kind: item
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        params: item
            .remove("params")
            .unwrap_or_else(|| Value::Object(Map::new())),
    }
}

/// Reads a name; its faults go to `faults`.
pub fn parse_name(value: Option<&Value>, faults: &mut Vec<Fault>) -> Option<String> {
    let Some(text) = value.and_then(Value::as_str) else {
        let code = if value.is_none() {
            "missing"
        } else {
            "wrong_type"
        };
        faults.push(fault("name", code, "name must be text"));
        return None;
    };
    let name = text.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.contains('\0') {
        let detail = format!("name must have 1 to {NAME_CHARS_MAX} characters");
        faults.push(fault("name", "out_of_range", &detail));
        return None;
    }
    Some(name.to_owned())
}

/// Reads a layout: an array of objects with `type` and `params`. What else a
/// widget carries (its place, its title) is the client's and is kept. Whether
/// the params make a query shows when the widget is run.
pub fn parse_layout(
    value: &Value,
    limits: &LayoutLimits,
    faults: &mut Vec<Fault>,
) -> Option<String> {
    let Some(items) = value.as_array() else {
        faults.push(fault(
            "layout",
            "wrong_type",
            "layout must be an array of widgets",
        ));
        return None;
    };
    let before = faults.len();
    if items.len() > limits.widgets_max {
        let detail = format!("a dashboard has at most {} widgets", limits.widgets_max);
        faults.push(fault("layout", "too_many", &detail));
    }
    for (index, item) in items.iter().enumerate() {
        check_widget(item, &format!("layout[{index}]"), faults);
    }
    let text = value.to_string();
    if text.len() > limits.bytes_max {
        let detail = format!("a layout has at most {} bytes", limits.bytes_max);
        faults.push(fault("layout", "too_large", &detail));
    }
    (faults.len() == before).then_some(text)
}

/// Reads one widget as a layout holds it.
pub fn parse_widget(
    value: &Value,
    limits: &LayoutLimits,
    faults: &mut Vec<Fault>,
) -> Option<String> {
    let before = faults.len();
    check_widget(value, "widget", faults);
    let text = value.to_string();
    if text.len() > limits.bytes_max {
        let detail = format!("a widget has at most {} bytes", limits.bytes_max);
        faults.push(fault("widget", "too_large", &detail));
    }
    (faults.len() == before).then_some(text)
}

fn check_widget(item: &Value, path: &str, faults: &mut Vec<Fault>) {
    let Some(widget) = item.as_object() else {
        faults.push(fault(path, "wrong_type", "a widget must be an object"));
        return;
    };
    match widget.get("type") {
        Some(Value::String(kind)) if !kind.is_empty() => {}
        None => faults.push(fault(
            &format!("{path}.type"),
            "missing",
            "a widget needs a type",
        )),
        Some(_) => faults.push(fault(
            &format!("{path}.type"),
            "wrong_type",
            "type must be text",
        )),
    }
    if widget
        .get("params")
        .is_some_and(|params| !params.is_object())
    {
        faults.push(fault(
            &format!("{path}.params"),
            "wrong_type",
            "params must be an object",
        ));
    }
}

fn fault(path: &str, code: &'static str, detail: &str) -> Fault {
    Fault {
        path: path.to_owned(),
        code,
        detail: detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn layout(value: &Value) -> (Option<String>, Vec<String>) {
        let mut faults = Vec::new();
        let text = parse_layout(value, &LayoutLimits::default(), &mut faults);
        (text, faults.into_iter().map(|fault| fault.path).collect())
    }

    #[test]
    fn a_widget_keeps_what_the_client_adds() {
        let value = json!([{"type": "trend", "params": {"event": "x"}, "w": 6}]);
        assert_eq!(layout(&value).0, Some(value.to_string()));
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let value = json!([{"params": {}}, 7, {"type": "trend", "params": []}, {"type": 1}]);
        let (text, paths) = layout(&value);
        assert_eq!(text, None);
        assert_eq!(
            paths,
            [
                "layout[0].type",
                "layout[1]",
                "layout[2].params",
                "layout[3].type"
            ]
        );
        assert_eq!(layout(&json!({})).1, ["layout"]);
    }

    #[test]
    fn a_name_is_trimmed_and_bounded() {
        let mut faults = Vec::new();
        assert_eq!(
            parse_name(Some(&json!("  a ")), &mut faults),
            Some("a".to_owned())
        );
        for wrong in [
            json!(""),
            json!("  "),
            json!("x".repeat(201)),
            json!("a\u{0}"),
            json!(1),
        ] {
            assert_eq!(parse_name(Some(&wrong), &mut faults), None, "{wrong}");
        }
        assert_eq!(parse_name(None, &mut faults), None);
        assert_eq!(faults.len(), 6);
    }
}
