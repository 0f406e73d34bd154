//! API keys: the secret text, what is stored of it, and what it allows.

mod secret;

mod scope;

mod domain;

mod info;

pub use domain::{AllowedDomain, NotADomain, is_site_allowed};
pub use info::{KeyInfo, OWN_PROJECT, ProjectNames};
pub use scope::{Scope, Scopes, UnknownScope};
pub(crate) use secret::random_text;
pub use secret::{ApiKey, KeyHash};
