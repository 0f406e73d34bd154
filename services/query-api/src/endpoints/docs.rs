//! `GET /docs`: the OpenAPI document for people, without anything from
//! elsewhere.

use axum::response::Html;

/// The page; it reads `/openapi.json` from where it came from.
pub(super) async fn docs() -> Html<&'static str> {
    Html(include_str!("docs.html"))
}
