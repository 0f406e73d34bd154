//! `/api/projects/{id}/members`: who belongs to a project.
//!
//! An address without an account is a member-to-be; the answers are the same,
//! so they tell nobody whether an address has an account.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use http::Uri;
use identity::access::AccessError;
use identity::store::{MemberChange, MemberRow};
use identity::{Email, Permission, Role};
use serde::{Deserialize, Serialize};
use service_kit::http::{FieldError, ValidatedJson};
use utoipa::ToSchema;
use validator::Validate;

use super::register::{email_of, is_email};
use crate::error::{Error, ErrorBody};
use crate::extract::{InProject, MembersRead, MembersWrite, OptionalJson};
use crate::state::AppState;

/// Who shall be what.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRequest {
    /// Address.
    #[validate(custom(function = is_email))]
    pub email: String,
    /// `owner`, `admin`, `member` or `viewer`.
    #[schema(value_type = String, example = "member")]
    pub role: Role,
}

/// Who shall leave. The address may stand in the query string instead.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct RemoveRequest {
    /// Address.
    #[validate(custom(function = is_email))]
    #[schema(required = false)]
    pub email: Option<String>,
}

/// Somebody who belongs to a project.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberResponse {
    /// Address.
    pub email: String,
    /// `owner`, `admin`, `member` or `viewer`.
    #[schema(value_type = String, example = "member")]
    pub role: Role,
    /// Since when.
    pub added_at: DateTime<Utc>,
}

/// That a member was removed.
#[derive(Debug, Serialize, ToSchema)]
pub struct RemovedResponse {
    /// `removed`
    pub status: &'static str,
    /// Who.
    pub email: String,
}

impl From<MemberRow> for MemberResponse {
    fn from(row: MemberRow) -> Self {
        Self {
            email: row.email,
            role: row.role,
            added_at: row.added_at,
        }
    }
}

/// Everybody who belongs to the project, in the order in which they came.
#[utoipa::path(get, path = "/api/projects/{id}/members", tag = "members", security(("token" = [])),
    params(("id" = String, Path, description = "Id or slug of the project")), responses(
        (status = 200, body = [MemberResponse]),
        (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such project, or not a member"),
    ))]
pub async fn list_members(
    State(state): State<AppState>,
    inside: InProject<MembersRead>,
) -> Result<Json<Vec<MemberResponse>>, Error> {
    let members = state.store.members_of(inside.project.id).await?;
    Ok(Json(
        members.into_iter().map(MemberResponse::from).collect(),
    ))
}

/// Brings somebody in, in a role up to one's own. Needs the role `admin`.
#[utoipa::path(post, path = "/api/projects/{id}/members", tag = "members", request_body = MemberRequest,
    security(("token" = [])), params(("id" = String, Path, description = "Id or slug of the project")), responses(
        (status = 200, body = MemberResponse),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such project, or not a member"),
        (status = 409, body = ErrorBody, description = "`already_a_member`"),
    ))]
pub async fn add_member(
    State(state): State<AppState>,
    inside: InProject<MembersWrite>,
    ValidatedJson(request): ValidatedJson<MemberRequest>,
) -> Result<Json<MemberResponse>, Error> {
    let email = email_of(&request.email)?;
    if !inside.project.role.may_assign(request.role) {
        return Err(AccessError::NotAllowed.into());
    }
    let outcome = state
        .store
        .add_member(inside.project.id, &email, request.role, state.clock.now())
        .await?;
    Ok(Json(done(outcome)?.into()))
}

/// Gives a member another role, up to one's own. Needs the role `admin`.
#[utoipa::path(patch, path = "/api/projects/{id}/members", tag = "members", request_body = MemberRequest,
    security(("token" = [])), params(("id" = String, Path, description = "Id or slug of the project")), responses(
        (status = 200, body = MemberResponse),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such project or member, or not a member"),
        (status = 409, body = ErrorBody, description = "`last_owner`"),
    ))]
pub async fn change_member(
    State(state): State<AppState>,
    inside: InProject<MembersWrite>,
    ValidatedJson(request): ValidatedJson<MemberRequest>,
) -> Result<Json<MemberResponse>, Error> {
    let email = email_of(&request.email)?;
    let by = inside.project.role;
    let outcome = state
        .store
        .change_member(inside.project.id, &email, request.role, by)
        .await?;
    Ok(Json(done(outcome)?.into()))
}

/// Removes a member whose role is not above one's own. Needs the role `admin`;
/// oneself everybody may remove.
#[utoipa::path(delete, path = "/api/projects/{id}/members", tag = "members", request_body = Option<RemoveRequest>,
    security(("token" = [])), params(
        ("id" = String, Path, description = "Id or slug of the project"),
        ("email" = Option<String>, Query, description = "Who, when there is no body"),
    ), responses(
        (status = 200, body = RemovedResponse),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such project or member, or not a member"),
        (status = 409, body = ErrorBody, description = "`last_owner`"),
    ))]
pub async fn remove_member(
    State(state): State<AppState>,
    inside: InProject<MembersRead>,
    uri: Uri,
    OptionalJson(request): OptionalJson<RemoveRequest>,
) -> Result<Json<RemovedResponse>, Error> {
    let email = leaving(&uri, request)?;
    let is_oneself = email.as_str() == inside.user.email;
    let role = inside.project.role;
    if !is_oneself && !role.may(Permission::WriteMembers) {
        return Err(AccessError::NotAllowed.into());
    }
    let by = (!is_oneself).then_some(role);
    let removed = done(
        state
            .store
            .remove_member(inside.project.id, &email, by)
            .await?,
    )?;
    Ok(Json(RemovedResponse {
        status: "removed",
        email: removed.email,
    }))
}

/// The address in the body, else in the query string.
fn leaving(uri: &Uri, request: RemoveRequest) -> Result<Email, Error> {
    let in_query = || {
        let query = uri.query().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "email")
            .map(|(_, value)| value.into_owned())
    };
    let Some(text) = request.email.or_else(in_query) else {
        return Err(Error::Invalid(vec![FieldError::at(
            "email",
            "required",
            "is required",
        )]));
    };
    email_of(&text)
}

fn done(outcome: MemberChange) -> Result<MemberRow, Error> {
    match outcome {
        MemberChange::Done(row) => Ok(row),
        MemberChange::Exists(_) => Err(Error::MemberExists),
        MemberChange::NotFound => Err(Error::MemberNotFound),
        MemberChange::AboveOneself => Err(AccessError::NotAllowed.into()),
        MemberChange::LastOwner => Err(Error::LastOwner),
    }
}
