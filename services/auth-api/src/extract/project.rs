//! The project that a path names, for those who belong to it.

use std::marker::PhantomData;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use identity::Permission;
use identity::access::AccessError;
use identity::store::{ProjectRow, UserRow};
use service_kit::http::ApiError;

use super::SignedIn;
use crate::error::Error;
use crate::state::AppState;

/// The project of `/api/projects/{id}` (an id or a slug), as a member with the
/// permission that `N` names. Whoever does not belong to it learns nothing but
/// "not found"; taking the extractor is the check.
#[derive(Clone, Debug)]
pub struct InProject<N: Needed> {
    /// The project, and the caller's role in it.
    pub project: ProjectRow,
    /// The caller.
    pub user: UserRow,
    needed: PhantomData<N>,
}

/// What a route needs of a role.
pub trait Needed: Send + Sync + 'static {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! needed {
    ($($name:ident: $meaning:literal = $permission:ident,)*) => {$(
        #[doc = $meaning]
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl Needed for $name {
            const PERMISSION: Permission = Permission::$permission;
        }
    )*};
}

needed! {
    ProjectRead: "Seeing the project." = ReadProject,
    ProjectWrite: "Changing the project." = WriteProject,
    ProjectDelete: "Deleting the project." = DeleteProject,
    MembersRead: "Seeing its members." = ReadMembers,
    MembersWrite: "Changing its members." = WriteMembers,
    KeysRead: "Seeing its keys." = ReadKeys,
    KeysWrite: "Making and revoking keys." = WriteKeys,
}

impl<N: Needed> FromRequestParts<AppState> for InProject<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let SignedIn { user, .. } = SignedIn::from_request_parts(parts, state).await?;
        let params = RawPathParams::from_request_parts(parts, state).await;
        let name = params.ok().and_then(|params| {
            params
                .iter()
                .find(|(name, _)| *name == "id")
                .map(|(_, value)| value.to_owned())
        });
        let project = match name {
            Some(name) => state
                .store
                .project_of(user.id, &name)
                .await
                .map_err(Error::from)?,
            None => None,
        };
        let project = project.ok_or(Error::ProjectNotFound)?;
        if !project.role.may(N::PERMISSION) {
            return Err(AccessError::NotAllowed.into());
        }
        Ok(Self {
            project,
            user,
            needed: PhantomData,
        })
    }
}
