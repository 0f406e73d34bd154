//! The document at `/openapi.json`.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// What the document says beside the routes.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Millrace accounts",
        description = "Accounts, sessions, projects, members and API keys.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "accounts", description = "Signing up, in and out"),
        (name = "projects", description = "Projects of the one who asks"),
        (name = "keys", description = "API keys of a project"),
        (name = "members", description = "Who belongs to a project"),
        (name = "service", description = "The service itself"),
    ),
    modifiers(&Token)
)]
pub struct Document;

/// Says what `token` is in the routes' `security`.
#[derive(Debug)]
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.bearer_format = Some("JWT".to_owned());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}
