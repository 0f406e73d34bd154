//! What visitors say, what they are told, and what is handed on of it.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

/// A message of a visitor.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Said<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) api_key: Option<Cow<'a, str>>,
}

/// `{"type":"error", …}`
pub(super) fn error(code: &str, message: &str, kind: Option<&str>) -> Bytes {
    let mut answer = json!({"type": "error", "code": code, "message": message});
    if let Some(kind) = kind {
        // Whatever the client called it, within reason.
        answer["messageType"] = kind.chars().take(64).collect::<String>().into();
    }
    Bytes::from(answer.to_string())
}

/// Codes as values of a label: a closed set, whatever capture answers.
pub(super) fn code_label(code: &str) -> &'static str {
    match code {
        "unavailable" => "unavailable",
        "invalid_api_key" | "wrong_project" | "scope_missing" | "unauthorized_origin" => {
            "unauthorized"
        }
        "rate_limited" => "rate_limited",
        _ => "refused",
    }
}

/// The data with the socket's session in it, whatever session it names itself:
/// the last member of a name counts. Nothing else is touched.
pub(super) fn with_session(data: Option<&RawValue>, session: &str) -> Option<Vec<u8>> {
    let text = data.map_or("{}", RawValue::get).trim();
    let text = if text == "null" { "{}" } else { text };
    let members = text.strip_prefix('{')?.strip_suffix('}')?.trim_end();
    let session = serde_json::to_string(session).ok()?;
    let comma = if members.trim_start().is_empty() {
        ""
    } else {
        ","
    };
    Some(format!(r#"{{{members}{comma}"sessionId":{session}}}"#).into_bytes())
}

/// The visitor that an event names.
pub(super) fn visitor_id(data: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        visitor_id: Option<String>,
    }
    let named: Named = serde_json::from_str(data.get()).ok()?;
    named.visitor_id.filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn body(data: Option<&str>) -> Option<String> {
        let raw: Option<Box<RawValue>> = data.map(|text| serde_json::from_str(text).unwrap());
        let bytes = with_session(raw.as_deref(), "s\"1")?;
        Some(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn the_sockets_session_is_the_events_and_nothing_else_changes() {
        for (data, expected) in [
            (None, r#"{"sessionId":"s\"1"}"#),
            (Some("null"), r#"{"sessionId":"s\"1"}"#),
            (Some("{}"), r#"{"sessionId":"s\"1"}"#),
            (Some("{ }"), r#"{"sessionId":"s\"1"}"#),
            (
                Some(r#"{"n": 1.0, "sessionId":"x"}"#),
                r#"{"n": 1.0, "sessionId":"x","sessionId":"s\"1"}"#,
            ),
        ] {
            assert_eq!(body(data).as_deref(), Some(expected));
        }
        assert_eq!(body(Some("[1]")), None);
        assert_eq!(body(Some("\"{}\"")), None);
        let last: Value =
            serde_json::from_str(&body(Some(r#"{"sessionId":"x"}"#)).unwrap()).unwrap();
        assert_eq!(last["sessionId"], "s\"1");
    }

    #[test]
    fn an_error_names_what_it_answers() {
        let long = "x".repeat(1_000);
        let answer: Value =
            serde_json::from_slice(&error("unknown_type", "no", Some(&long))).unwrap();
        assert_eq!(answer["messageType"].as_str().map(str::len), Some(64));
        let plain: Value = serde_json::from_slice(&error("a", "b", None)).unwrap();
        assert_eq!(plain, json!({"type": "error", "code": "a", "message": "b"}));
    }
}
