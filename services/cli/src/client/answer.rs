//! From a request to its answer, or to an error that says what to do.

use anyhow::anyhow;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

use crate::output::Failure;

/// Sends the request and reads its JSON.
///
/// # Errors
/// When the service does not answer, refuses the credentials, or refuses the request.
pub(crate) async fn call(request: RequestBuilder) -> anyhow::Result<Value> {
    let (client, request) = request.build_split();
    let request = request?;
    let origin = request.url().origin().ascii_serialization();
    let response = client.execute(request).await.map_err(|error| {
        Failure::unreachable(format!("{origin} does not answer: {}", root_of(&error)))
    })?;
    let status = response.status();
    let text = response.text().await?;
    let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    if status.is_success() {
        return Ok(body);
    }
    let told = describe(&body).unwrap_or_else(|| text.chars().take(300).collect());
    Err(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Failure::refused(format!("{origin} refuses: {told}"))
        }
        StatusCode::SERVICE_UNAVAILABLE => Failure::unreachable(format!("{origin}: {told}")),
        _ => anyhow!("{origin} answers {}: {told}", status.as_u16()),
    })
}

/// What the contract's error body says, faults of single fields included.
fn describe(body: &Value) -> Option<String> {
    let mut text = body.get("detail")?.as_str()?.to_owned();
    for error in body
        .get("errors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let place = match (error.get("path"), error.get("index")) {
            (Some(Value::String(path)), _) => path.clone(),
            (_, Some(index)) => format!("event {index}"),
            _ => continue,
        };
        let detail = error
            .get("detail")
            .and_then(Value::as_str)
            .unwrap_or_default();
        text.push_str(&format!("\n  {place}: {detail}"));
    }
    Some(text)
}

/// What a failed request failed by: the last of its causes.
pub(crate) fn root_of(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn faults_are_listed_with_their_places() {
        let body = json!({"detail": "2 faults", "code": "invalid", "errors": [
            {"path": "params.steps[1]", "code": "x", "detail": "is empty"},
            {"index": 3, "code": "y", "detail": "too long"},
        ]});
        assert_eq!(
            describe(&body).unwrap(),
            "2 faults\n  params.steps[1]: is empty\n  event 3: too long"
        );
        assert_eq!(describe(&Value::Null), None);
    }
}
