//! Everything that is needed to judge a credential.

use event_schema::ids::ProjectId;
use http::{HeaderMap, HeaderValue};
use service_kit::Clock;

use super::{AccessError, Caller, ProjectAccess, User, bearer};
use crate::directory::{KeyDirectory, KeyRefusal};
use crate::key::{ApiKey, Scope};
use crate::role::Permission;
use crate::store::{Membership, Store};
use crate::token::{TokenError, TokenVerifier};

/// Judges credentials. Cheap to clone; a service's state holds one.
#[derive(Clone, Debug)]
pub struct Authority {
    keys: KeyDirectory,
    users: Option<Users>,
}

#[derive(Clone, Debug)]
struct Users {
    tokens: TokenVerifier,
    store: Store,
    clock: Clock,
}

impl Authority {
    /// Accepts the keys of `keys` and users with tokens that `tokens` accepts,
    /// who are what `store` says.
    #[must_use]
    pub fn new(keys: KeyDirectory, tokens: TokenVerifier, store: Store, clock: Clock) -> Self {
        Self {
            keys,
            users: Some(Users {
                tokens,
                store,
                clock,
            }),
        }
    }

    /// Accepts keys only; every token is invalid.
    #[must_use]
    pub fn of_keys(keys: KeyDirectory) -> Self {
        Self { keys, users: None }
    }

    /// Who is asking: `X-API-Key`, else `Authorization: Bearer`. The first one
    /// present decides.
    ///
    /// # Errors
    /// [`AccessError`]: no credential, an invalid one, or no way to tell.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, AccessError> {
        if let Some(key) = headers.get("x-api-key") {
            return self.key(text(key)).await;
        }
        match bearer(headers) {
            Some(credential) if ApiKey::is_well_formed(credential) => self.key(credential).await,
            Some(credential) => self.user(credential).await.map(Caller::User),
            None => Err(AccessError::NoCredential),
        }
    }

    /// Whether `project` is there: not when it was deleted. For what is shown
    /// without a credential.
    #[must_use]
    pub fn knows(&self, project: ProjectId) -> bool {
        self.keys.project_named(&project.to_string()).is_some()
    }

    async fn key(&self, key: &str) -> Result<Caller, AccessError> {
        match self.keys.resolve(key).await {
            Ok(info) => Ok(Caller::Key(info)),
            Err(KeyRefusal::Unknown | KeyRefusal::Expired) => Err(AccessError::InvalidKey),
            Err(error @ KeyRefusal::NotLoaded) => Err(AccessError::Unavailable(error.to_string())),
        }
    }

    /// The user of an access token. Whether the session lasts is asked together
    /// with the membership.
    async fn user(&self, token: &str) -> Result<User, AccessError> {
        let users = self.users.as_ref().ok_or(AccessError::InvalidToken)?;
        match users.tokens.verify(token).await {
            Ok(claims) => Ok(User {
                id: claims.sub,
                session: claims.sid,
            }),
            Err(TokenError::Invalid) => Err(AccessError::InvalidToken),
            Err(TokenError::Expired) => Err(AccessError::ExpiredToken),
            Err(error @ TokenError::NoKeys(_)) => Err(AccessError::Unavailable(error.to_string())),
        }
    }

    /// Lets `caller` into the project it names. A key speaks for its own
    /// project and may leave the name away; it needs `scope`. A user must name
    /// a project (by id, slug or alias), belong to it, and have a role that
    /// allows `permission`.
    ///
    /// # Errors
    /// [`AccessError`] says why not.
    pub async fn project(
        &self,
        caller: &Caller,
        project: Option<&str>,
        scope: Scope,
        permission: Permission,
    ) -> Result<ProjectAccess, AccessError> {
        match caller {
            Caller::Key(key) if !key.may(scope) => Err(AccessError::NoScope(scope)),
            Caller::Key(key) if !key.speaks_for(project) => Err(AccessError::OtherProject),
            Caller::Key(key) => Ok(ProjectAccess::of_key(key)),
            Caller::User(user) => {
                let name = project
                    .filter(|name| !name.is_empty())
                    .ok_or(AccessError::NoProject)?;
                self.membership(*user, name, permission).await
            }
        }
    }

    async fn membership(
        &self,
        user: User,
        project: &str,
        permission: Permission,
    ) -> Result<ProjectAccess, AccessError> {
        let users = self.users.as_ref().ok_or(AccessError::InvalidToken)?;
        match users
            .store
            .membership(user.session, project, users.clock.now())
            .await?
        {
            Membership::NoSession => Err(AccessError::InvalidToken),
            Membership::Stranger => Err(AccessError::NotAMember),
            Membership::Member { role, .. } if !role.may(permission) => {
                Err(AccessError::NotAllowed)
            }
            Membership::Member { project, role } => {
                Ok(ProjectAccess::of_member(project, user.id, role))
            }
        }
    }
}

/// A header as text; what is no text is no valid credential either.
fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default().trim()
}
