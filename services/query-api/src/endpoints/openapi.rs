//! `GET /openapi.json`: made of the table of routes and the schemas beside it.

use super::{Guard, ROUTES, Route};
use axum::Json;
use serde_json::{Map, Value, json};

/// What requests and answers look like: components, and for each operation its
/// parameters, body and answer.
const SCHEMAS: &str = include_str!("../../../../schemas/openapi/query-api.json");

/// The document.
pub(super) async fn openapi() -> Json<Value> {
    Json(document())
}

/// The OpenAPI document: every route of the table, described.
pub fn document() -> Value {
    let mut schemas: Value = serde_json::from_str(SCHEMAS).unwrap_or_default();
    let mut operations = schemas["operations"].take();
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let detail = operations[format!("{} {}", route.method, route.path)].take();
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.to_lowercase()] = operation(route, detail);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Millrace query API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "One query model over the events of a project. The project always comes from the credential.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas["schemas"].take(),
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    })
}

fn operation(route: &Route, detail: Value) -> Value {
    let mut operation = json!({"summary": route.summary, "responses": responses(route, &detail)});
    let mut parameters: Vec<Value> = places(route.path)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    if matches!(route.guard, Guard::Read | Guard::Write) {
        operation["security"] = json!([{"key": []}, {"token": []}]);
        parameters.push(json!({
            "name": "project_id", "in": "query", "schema": {"type": "string"},
            "description": "Required with a token; with a key only its own project.",
        }));
    }
    for parameter in detail["parameters"].as_array().into_iter().flatten() {
        parameters.push(parameter.clone());
    }
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(body) = detail["body"].as_str() {
        operation["requestBody"] = json!({"required": true, "content": content(body)});
    }
    operation
}

/// The answers of a route: those that its details name, and the errors that
/// every route of its kind may give.
fn responses(route: &Route, detail: &Value) -> Value {
    let mut responses = Map::new();
    match detail["responses"].as_object() {
        Some(named) => {
            for (status, schema) in named {
                let content = content(schema.as_str().unwrap_or("Any"));
                responses.insert(
                    status.clone(),
                    json!({"description": status, "content": content}),
                );
            }
        }
        None => {
            responses.insert("200".to_owned(), json!({"description": "OK"}));
        }
    }
    if route.guard != Guard::Open {
        let error = json!({"description": "What is wrong.", "content": content("Error")});
        responses.insert("default".to_owned(), error);
    }
    Value::Object(responses)
}

fn content(schema: &str) -> Value {
    json!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{schema}")}}})
}

/// The `{places}` of a path.
fn places(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_described_is_a_route_and_every_schema_named_is_there() {
        let schemas: Value = serde_json::from_str(SCHEMAS).unwrap();
        for name in schemas["operations"].as_object().unwrap().keys() {
            let (method, path) = name.split_once(' ').unwrap();
            assert!(
                ROUTES
                    .iter()
                    .any(|route| (route.method, route.path) == (method, path)),
                "{name}"
            );
        }
        let text = document().to_string();
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(schemas["schemas"][name].is_object(), "{name}");
        }
    }

    #[test]
    fn every_route_with_a_project_says_so() {
        let document = document();
        for route in ROUTES {
            let operation = &document["paths"][route.path][route.method.to_lowercase()];
            assert_eq!(operation["summary"], route.summary);
            assert_eq!(
                operation["security"].is_array(),
                matches!(route.guard, Guard::Read | Guard::Write)
            );
        }
    }
}
