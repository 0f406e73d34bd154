//! Segment's `context` under the names of the standard properties, so that
//! browsers, pages and campaigns fill the same columns whatever SDK sent them.

use super::additions::Additions;
use crate::json::{Kind, Value};

/// Where a standard property stands in `context`.
const PROPERTIES: [(&str, &[&str]); 35] = [
    ("$current_url", &["page", "url"]),
    ("$pathname", &["page", "path"]),
    ("$referrer", &["page", "referrer"]),
    ("$title", &["page", "title"]),
    ("utm_campaign", &["campaign", "name"]),
    ("utm_source", &["campaign", "source"]),
    ("utm_medium", &["campaign", "medium"]),
    ("utm_term", &["campaign", "term"]),
    ("utm_content", &["campaign", "content"]),
    ("$lib", &["library", "name"]),
    ("$lib_version", &["library", "version"]),
    ("$locale", &["locale"]),
    ("$timezone", &["timezone"]),
    ("$ip", &["ip"]),
    ("$raw_user_agent", &["userAgent"]),
    ("$session_id", &["sessionId"]),
    ("$browser", &["browser", "name"]),
    ("$browser_version", &["browser", "version"]),
    ("$os", &["os", "name"]),
    ("$os_version", &["os", "version"]),
    ("$device_id", &["device", "id"]),
    ("$device_type", &["device", "type"]),
    ("$device_name", &["device", "name"]),
    ("$device_model", &["device", "model"]),
    ("$device_manufacturer", &["device", "manufacturer"]),
    ("$app_name", &["app", "name"]),
    ("$app_version", &["app", "version"]),
    ("$app_build", &["app", "build"]),
    ("$app_namespace", &["app", "namespace"]),
    ("$screen_width", &["screen", "width"]),
    ("$screen_height", &["screen", "height"]),
    ("$screen_density", &["screen", "density"]),
    ("$network_wifi", &["network", "wifi"]),
    ("$network_cellular", &["network", "cellular"]),
    ("$network_carrier", &["network", "carrier"]),
];

/// Where a page or screen call says it in its own properties.
const VIEW_PROPERTIES: [(&str, &str); 4] = [
    ("$current_url", "url"),
    ("$pathname", "path"),
    ("$referrer", "referrer"),
    ("$screen_name", "name"),
];

/// Adds what `context` tells, and for a page or screen what its own properties
/// tell where the context does not.
pub(super) fn flatten<'a>(context: Value<'a>, view: Option<Value<'a>>, added: &mut Additions<'a>) {
    context.for_each_member(|key, value| {
        let group = key.lossy();
        for (property, path) in PROPERTIES {
            match path {
                [name] if *name == group => add_scalar(added, property, value),
                [name, inner] if *name == group => {
                    if let Some(value) = value.member(inner) {
                        add_scalar(added, property, value);
                    }
                }
                _ => {}
            }
        }
    });
    for (property, name) in VIEW_PROPERTIES {
        if !added.has(property)
            && let Some(value) = view.and_then(|view| view.member(name))
        {
            add_scalar(added, property, value);
        }
    }
}

fn add_scalar<'a>(added: &mut Additions<'a>, property: &'static str, value: Value<'a>) {
    let is_scalar = matches!(value.kind, Kind::String | Kind::Number | Kind::Bool);
    if is_scalar && value.raw != b"\"\"" {
        added.add(property, value.raw);
    }
}
