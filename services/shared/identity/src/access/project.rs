//! Having been let into a project.

use std::marker::PhantomData;

use axum::extract::{FromRef, FromRequestParts};
use event_schema::ids::ProjectId;
use http::request::Parts;
use service_kit::http::ApiError;
use uuid::Uuid;

use super::{Authority, Caller};
use crate::key::{KeyInfo, Scope};
use crate::role::{Permission, Role};

/// The proof that somebody was let into a project. Only an
/// [`Authority`] makes one, from a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProjectAccess {
    project: ProjectId,
    by: By,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Key(Uuid),
    User(Uuid, Role),
}

impl ProjectAccess {
    pub(super) fn of_key(key: &KeyInfo) -> Self {
        Self {
            project: key.project_id(),
            by: By::Key(key.key_id),
        }
    }

    pub(super) const fn of_member(project: ProjectId, user: Uuid, role: Role) -> Self {
        Self {
            project,
            by: By::User(user, role),
        }
    }

    /// The project.
    #[must_use]
    pub const fn project_id(&self) -> ProjectId {
        self.project
    }

    /// The user who was let in, when it was not a key.
    #[must_use]
    pub const fn user_id(&self) -> Option<Uuid> {
        match self.by {
            By::User(user, _) => Some(user),
            By::Key(_) => None,
        }
    }

    /// The user's role, when it was not a key.
    #[must_use]
    pub const fn role(&self) -> Option<Role> {
        match self.by {
            By::User(_, role) => Some(role),
            By::Key(_) => None,
        }
    }
}

/// What a route needs from a caller.
pub trait Need: Send + Sync + 'static {
    /// The scope that a key must have.
    const SCOPE: Scope;
    /// The permission that a user's role must give.
    const PERMISSION: Permission;
}

/// Asking questions.
#[derive(Clone, Copy, Debug)]
pub enum Read {}

impl Need for Read {
    const SCOPE: Scope = Scope::Read;
    const PERMISSION: Permission = Permission::ReadProject;
}

/// Making and changing dashboards.
#[derive(Clone, Copy, Debug)]
pub enum Write {}

impl Need for Write {
    const SCOPE: Scope = Scope::Read;
    const PERMISSION: Permission = Permission::WriteInsights;
}

/// Extractor for routes whose project is named by `project_id` in the query
/// string (or by the key alone). Taking it is the check.
#[derive(Clone, Copy, Debug)]
pub struct Access<N: Need> {
    /// The proof.
    pub project: ProjectAccess,
    need: PhantomData<N>,
}

impl<S, N: Need> FromRequestParts<S> for Access<N>
where
    Authority: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let named = project_in_query(parts.uri.query().unwrap_or_default());
        let authority = Authority::from_ref(state);
        let project = authority
            .project(&caller, named.as_deref(), N::SCOPE, N::PERMISSION)
            .await?;
        Ok(Self {
            project,
            need: PhantomData,
        })
    }
}

/// The value of `project_id`. Where it stands twice, the two must agree: the
/// last one must not slip past a check of the first.
fn project_in_query(query: &str) -> Option<String> {
    let mut values =
        form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "project_id");
    let first = values.next()?.1.into_owned();
    let is_one = values.all(|(_, value)| value == first);
    // Two different names are no project's name.
    Some(if is_one { first } else { "\0".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_project_in_the_query_string() {
        assert_eq!(
            project_in_query("a=1&project_id=my%20shop"),
            Some("my shop".to_owned())
        );
        assert_eq!(project_in_query("project_id="), Some(String::new()));
        assert_eq!(project_in_query("a=1"), None);
        assert_eq!(
            project_in_query("project_id=a&project_id=a"),
            Some("a".to_owned())
        );
        assert_eq!(
            project_in_query("project_id=a&project_id=b"),
            Some("\0".to_owned())
        );
    }
}
