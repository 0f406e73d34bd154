//! `GET /openapi.json`: the committed document, as it is.

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

const DOCUMENT: &str = include_str!("../../../../schemas/openapi/realtime.json");

pub(super) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::endpoints::{Guard, ROUTES};

    fn document() -> Value {
        serde_json::from_str(DOCUMENT).unwrap()
    }

    #[test]
    fn the_document_has_every_route_and_no_other() {
        let document = document();
        let documented: BTreeSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().keys();
                methods.map(|method| (method.to_uppercase(), path.clone()))
            })
            .collect();
        let routes: BTreeSet<_> = ROUTES
            .iter()
            .map(|route| (route.method.to_owned(), route.path.to_owned()))
            .collect();
        assert_eq!(documented, routes);
    }

    #[test]
    fn every_route_with_a_project_says_who_may() {
        let document = document();
        for route in ROUTES {
            let operation = &document["paths"][route.path][route.method.to_lowercase()];
            let credentials = match route.guard {
                Guard::Open => Value::Null,
                Guard::Read | Guard::ReadOnSocket => {
                    json!([{"key": []}, {"token": []}, {"token_in_query": []}, {"ticket": []}])
                }
            };
            assert_eq!(operation["security"], credentials, "{}", route.path);
            let names_project = operation["parameters"].as_array().is_some_and(|all| {
                all.contains(&json!({"$ref": "#/components/parameters/projectId"}))
            });
            assert_eq!(names_project, route.guard != Guard::Open, "{}", route.path);
        }
    }

    #[test]
    fn whatever_the_document_refers_to_is_there() {
        let document = document();
        for part in DOCUMENT.split("\"#/").skip(1) {
            let place = format!("/{}", part.split('"').next().unwrap());
            assert!(document.pointer(&place).is_some(), "{place}");
        }
    }
}
