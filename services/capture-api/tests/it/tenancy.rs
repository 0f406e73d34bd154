//! A key of project A never writes into B, on any path: the cases come from the
//! router's own list, so a new path without a case fails here.

use capture_api::endpoints::{ROUTES, RouteKind};
use serde_json::{Value, json};

use crate::harness::{Answer, Capture, KEY_A, KEY_B, PROJECT_A, PROJECT_B};

/// Bodies that try to reach `project`, valid but for that.
fn attempts(kind: RouteKind, project: &Value) -> Vec<Value> {
    let event =
        json!({"event": "e", "distinct_id": "d", "uuid": "0190163d-8694-739b-aea5-966c26f8ad91"});
    let with = |mut body: Value, field: &str, value: &Value| {
        body[field] = value.clone();
        body
    };
    let call = json!({"type": "track", "event": "e", "userId": "d"});
    let report = json!({"trackingId": "t", "sessionId": "d"});
    match kind {
        RouteKind::Native | RouteKind::PostHog | RouteKind::PostHogV1 => vec![
            with(event.clone(), "project_id", project),
            with(
                event.clone(),
                "properties",
                &json!({"project_id": project, "token": KEY_B}),
            ),
            with(event.clone(), "api_key", &json!(KEY_B)),
            json!({"batch": [event], "project_id": project}),
            json!({"batch": [with(event.clone(), "project_id", project)]}),
            json!({"batch": [with(event.clone(), "token", &json!(KEY_B))], "api_key": KEY_B}),
        ],
        RouteKind::SegmentBatch | RouteKind::SegmentCall => vec![
            with(call.clone(), "project_id", project),
            with(call.clone(), "writeKey", &json!(KEY_B)),
            with(call.clone(), "context", &json!({"project_id": project})),
            json!({"batch": [call], "project_id": project, "writeKey": KEY_B}),
            json!({"batch": [with(call.clone(), "project_id", project)]}),
        ],
        RouteKind::Bklit => vec![
            with(report.clone(), "projectId", project),
            with(report.clone(), "project_id", project),
            with(report, "metadata", &json!({"projectId": project})),
        ],
        RouteKind::StartUp => vec![with(event, "project_id", project)],
    }
}

#[tokio::test]
async fn no_path_lets_a_key_write_elsewhere() {
    for route in ROUTES {
        let capture = Capture::start().await;
        let path = route.path.replace("{token}", KEY_B);
        let mut accepted = 0;
        for project in [json!(PROJECT_B.to_string()), json!("blog")] {
            for body in attempts(route.kind, &project) {
                let request = capture
                    .post(&path)
                    .bearer_auth(KEY_A)
                    .body(body.to_string());
                let answer = Answer::of(request).await;
                let is_expected = answer.status.is_success()
                    || answer.status == 403
                    || (answer.status == 405 && route.kind == RouteKind::StartUp);
                assert!(
                    is_expected,
                    "{path} {body}: {} {}",
                    answer.status, answer.body
                );
                accepted += usize::from(answer.status.is_success());
            }
        }
        let stored = capture.envelopes();
        assert_eq!(
            stored.is_empty(),
            route.kind == RouteKind::StartUp || accepted == 0,
            "{path}"
        );
        for envelope in stored {
            assert_eq!(envelope["project_id"], PROJECT_A.to_string(), "{path}");
        }
    }
}
