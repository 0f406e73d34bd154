//! `GET /docs`: a service's OpenAPI document for people.

use axum::response::Html;

/// The page. It needs nothing from elsewhere, and reads `openapi.json` from
/// beside where it came from.
pub async fn docs_page() -> Html<&'static str> {
    Html(include_str!("docs.html"))
}
