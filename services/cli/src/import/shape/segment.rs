//! Messages of Segment and RudderStack as their raw exports have them: what the SDK sent and
//! what the server added. They become what the capture service makes of the same calls
//! (contract §1.4), so that history and live events fit together.

use event_schema::segment::{CONTEXT_PROPERTIES, VIEW_PROPERTIES};
use serde_json::value::RawValue;

use crate::import::mapping::Preset;
use crate::import::object::{Object, is_blank, raw_text, scalar_text};
use crate::import::row::Rejection;

/// The columns that [`translate`] makes.
pub(super) const PRESET: Preset = Preset {
    ignored: &[],
    ..super::plain::PRESET
};

/// Fields that are no properties: read by [`translate`], or said for the servers that wrote
/// the file.
const OWN_FIELDS: [&str; 30] = [
    "type",
    "event",
    "name",
    "category",
    "userId",
    "anonymousId",
    "previousId",
    "groupId",
    "messageId",
    "timestamp",
    "originalTimestamp",
    "receivedAt",
    "sentAt",
    "sent_at",
    "request_ip",
    "properties",
    "traits",
    "context",
    "project_id",
    "projectId",
    "writeKey",
    "api_key",
    "token",
    "integrations",
    "_metadata",
    "version",
    "batch",
    "rudderId",
    "sourceId",
    "workspaceId",
];

pub(super) fn is_message(row: &Object) -> bool {
    row.has("messageId")
        && ["type", "userId", "anonymousId", "rudderId"]
            .iter()
            .any(|name| row.has(name))
}

pub(super) fn translate(row: &Object) -> Result<Object, Rejection> {
    let call = text(row, "type").unwrap_or_default();
    let event = match call.as_str() {
        "track" => row.get("event").map(ToOwned::to_owned),
        "page" => Some(raw_text("$pageview")),
        "screen" => Some(raw_text("$screen")),
        "identify" => Some(raw_text("$identify")),
        "group" => Some(raw_text("$groupidentify")),
        "alias" => Some(raw_text("$create_alias")),
        _ => {
            return Err(Rejection::new(
                "field_invalid",
                "type: must be track, page, screen, identify, group or alias",
            ));
        }
    };
    let mut canonical = Object::default();
    let user = given(row, "userId");
    for (field, value) in [
        ("event", event.as_deref()),
        ("distinct_id", user.or_else(|| given(row, "anonymousId"))),
        ("timestamp", moment(row)),
        ("uuid", given(row, "messageId")),
    ] {
        if let Some(value) = value {
            canonical.set(field, value.to_owned());
        }
    }
    canonical.set(
        "properties",
        properties(row, &call, user.is_some())?.to_raw(),
    );
    Ok(canonical)
}

/// The time that the server of the export had corrected, else the client's.
fn moment(row: &Object) -> Option<&RawValue> {
    ["timestamp", "originalTimestamp", "sentAt", "receivedAt"]
        .iter()
        .find_map(|name| given(row, name))
}

fn properties(row: &Object, call: &str, has_user: bool) -> Result<Object, Rejection> {
    let own = object(row, "properties")?;
    let mut properties = own.clone().unwrap_or_default();
    let mut add = |name: &str, field: &str| {
        if let Some(value) = row.get(field).filter(|value| value.get() != "null") {
            properties.add(name, value.to_owned());
        }
    };
    match call {
        "page" => {
            add("name", "name");
            add("category", "category");
        }
        "screen" => {
            add("$screen_name", "name");
            add("category", "category");
        }
        "identify" => add("$set", "traits"),
        "group" => {
            add("$group_key", "groupId");
            add("$group_set", "traits");
        }
        "alias" => add("alias", "previousId"),
        _ => {}
    }
    if has_user {
        add("$anon_distinct_id", "anonymousId");
    }
    if call == "group" {
        properties.add_text("$group_type", "group");
    }
    for (name, value) in row.iter().filter(|(name, _)| !OWN_FIELDS.contains(name)) {
        properties.add(name, value.to_owned());
    }
    if let Some(context) = object(row, "context")? {
        let is_view = matches!(call, "page" | "screen");
        flatten(&context, own.filter(|_| is_view), &mut properties);
        properties.add("context", context.to_raw());
    }
    Ok(properties)
}

/// The context under the names of the standard properties.
fn flatten(context: &Object, view: Option<Object>, properties: &mut Object) {
    for (property, path) in CONTEXT_PROPERTIES {
        let value = match path {
            [name] => context.get(name).map(ToOwned::to_owned),
            path => inner(context, path),
        };
        if let Some(value) = value {
            add_scalar(properties, property, &value);
        }
    }
    for (property, name) in VIEW_PROPERTIES {
        if let Some(value) = view.as_ref().and_then(|view| view.get(name)) {
            add_scalar(properties, property, value);
        }
    }
}

fn inner(context: &Object, path: &[&str]) -> Option<Box<RawValue>> {
    let (name, rest) = path.split_first()?;
    let value = context.get(name)?;
    if rest.is_empty() {
        return Some(value.to_owned());
    }
    inner(&Object::parse(value.get()).ok()?, rest)
}

pub(super) fn add_scalar(properties: &mut Object, property: &str, value: &RawValue) {
    let is_scalar = !matches!(value.get().as_bytes().first(), Some(b'{' | b'['));
    if is_scalar && !is_blank(value) {
        properties.add(property, value.to_owned());
    }
}

fn object(row: &Object, name: &str) -> Result<Option<Object>, Rejection> {
    match row.get(name).filter(|value| value.get() != "null") {
        None => Ok(None),
        Some(value) => Object::parse(value.get()).map(Some).map_err(|_| {
            Rejection::new("properties_invalid", format!("{name}: must be an object"))
        }),
    }
}

fn given<'a>(row: &'a Object, name: &str) -> Option<&'a RawValue> {
    row.get(name).filter(|value| !is_blank(value))
}

fn text(row: &Object, name: &str) -> Option<String> {
    row.get(name).and_then(scalar_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(json: &str) -> String {
        translate(&Object::parse(json).unwrap())
            .unwrap()
            .to_raw()
            .get()
            .to_owned()
    }

    #[test]
    fn a_track_call_keeps_its_properties_and_its_context() {
        let told = canonical(
            r#"{"type":"track","event":"Paid","messageId":"m1","userId":"ada","anonymousId":"x","timestamp":"2024-01-31T12:00:00Z","receivedAt":"z","properties":{"amount":1.50,"$os":"own"},"context":{"page":{"url":"u"},"os":{"name":"OS"},"ip":"1.2.3.4"},"integrations":{},"extra":1}"#,
        );
        assert_eq!(
            told,
            r#"{"event":"Paid","distinct_id":"ada","timestamp":"2024-01-31T12:00:00Z","uuid":"m1","properties":{"amount":1.50,"$os":"own","$anon_distinct_id":"x","extra":1,"$current_url":"u","$ip":"1.2.3.4","context":{"page":{"url":"u"},"os":{"name":"OS"},"ip":"1.2.3.4"}}}"#
        );
    }

    #[test]
    fn the_other_calls_have_names_of_their_own() {
        assert!(canonical(r#"{"type":"page","name":"Home","messageId":"m","anonymousId":"x","properties":{"url":"u"},"context":{}}"#)
            .contains(r#"{"event":"$pageview","distinct_id":"x","uuid":"m","properties":{"url":"u","name":"Home","$current_url":"u","context":{}}"#));
        assert!(
            canonical(r#"{"type":"identify","userId":"a","traits":{"plan":"x"}}"#)
                .contains(r#""properties":{"$set":{"plan":"x"}}"#)
        );
        assert!(
            canonical(r#"{"type":"group","userId":"a","groupId":"g","traits":{"n":1}}"#).contains(
                r#""properties":{"$group_key":"g","$group_set":{"n":1},"$group_type":"group"}"#
            )
        );
        assert!(
            canonical(r#"{"type":"alias","userId":"a","previousId":"b"}"#).contains(
                r#""event":"$create_alias","distinct_id":"a","properties":{"alias":"b"}"#
            )
        );
        let unknown = Object::parse(r#"{"type":"delete","messageId":"m"}"#).unwrap();
        assert_eq!(translate(&unknown).unwrap_err().code, "field_invalid");
    }
}
