//! `/api/projects` and `/api/projects/{id}`: projects of the one who asks.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use identity::Role;
use identity::slug::{is_alias, is_slug, slug_of};
use identity::store::{NewProject, ProjectChange, ProjectRow};
use serde::{Deserialize, Serialize};
use service_kit::http::{FieldError, ValidatedJson};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::{Validate, ValidationError};

use super::logout::StatusResponse;
use crate::error::{Error, ErrorBody};
use crate::extract::{InProject, ProjectDelete, ProjectRead, ProjectWrite, SignedIn};
use crate::state::AppState;

/// How many aliases a project may have.
const ALIASES_MAX: u64 = 100;
/// How often another slug is tried when a suggested one is taken.
const SUGGESTIONS: usize = 5;

/// A project to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct ProjectRequest {
    /// 1 to 200 characters.
    #[validate(custom(function = is_name))]
    #[schema(example = "My shop")]
    pub name: String,
    /// Name in URLs: lower-case letters, digits, hyphens. Made from the name
    /// when it is left away.
    #[validate(custom(function = is_slug_text))]
    #[schema(required = false)]
    pub slug: Option<String>,
}

/// What is to change. What is left away stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectPatch {
    /// New name.
    #[validate(custom(function = is_name))]
    #[schema(required = false)]
    pub name: Option<String>,
    /// New slug.
    #[validate(custom(function = is_slug_text))]
    #[schema(required = false)]
    pub slug: Option<String>,
    /// All names that other systems use for the project.
    #[validate(length(max = "ALIASES_MAX"))]
    #[schema(required = false)]
    pub aliases: Option<Vec<String>>,
}

/// A project, as a member sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectResponse {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its name in URLs.
    pub slug: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// What the one who asks is in it: `owner`, `admin`, `member`, `viewer`.
    #[schema(value_type = String, example = "owner")]
    pub role: Role,
    /// What other systems call it.
    pub aliases: Vec<String>,
}

impl From<ProjectRow> for ProjectResponse {
    fn from(row: ProjectRow) -> Self {
        Self {
            id: row.id.0,
            name: row.name,
            slug: row.slug,
            created_at: row.created_at,
            role: row.role,
            aliases: row.aliases,
        }
    }
}

/// Makes a project; the one who asks is its owner.
#[utoipa::path(post, path = "/api/projects", tag = "projects", request_body = ProjectRequest,
    security(("token" = [])), responses(
        (status = 200, body = ProjectResponse),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "`name_taken`: the slug belongs to another project"),
    ))]
pub async fn create_project(
    State(state): State<AppState>,
    SignedIn { user, .. }: SignedIn,
    ValidatedJson(request): ValidatedJson<ProjectRequest>,
) -> Result<Json<ProjectResponse>, Error> {
    let project = create(
        &state,
        user.id,
        request.name.trim(),
        request.slug.as_deref(),
    )
    .await?;
    Ok(Json(project.into()))
}

/// Makes a project called `name` with `slug`, or with a free slug that suggests
/// itself.
pub(crate) async fn create(
    state: &AppState,
    owner: Uuid,
    name: &str,
    slug: Option<&str>,
) -> Result<ProjectRow, Error> {
    let suggestion = slug_of(name);
    let suffixed = || format!("{suggestion}-{:06x}", rand::random::<u32>() >> 8);
    let candidates = match slug {
        Some(slug) => vec![slug.to_owned()],
        None => std::iter::once(suggestion.clone())
            .chain(std::iter::repeat_with(suffixed).take(SUGGESTIONS))
            .collect(),
    };
    for slug in candidates {
        let id = ProjectId(Uuid::now_v7());
        let created_at = state.clock.now();
        let project = NewProject {
            id,
            name,
            slug: &slug,
            owner,
            created_at,
        };
        if state.store.create_project(&project).await? {
            let (name, role, aliases) = (name.to_owned(), Role::Owner, Vec::new());
            return Ok(ProjectRow {
                id,
                name,
                slug,
                aliases,
                created_at,
                role,
            });
        }
    }
    Err(Error::NameTaken)
}

/// The projects of the one who asks, oldest first.
#[utoipa::path(get, path = "/api/projects", tag = "projects", security(("token" = [])), responses(
    (status = 200, body = [ProjectResponse]),
    (status = 401, body = ErrorBody),
))]
pub async fn list_projects(
    State(state): State<AppState>,
    SignedIn { user, .. }: SignedIn,
) -> Result<Json<Vec<ProjectResponse>>, Error> {
    let projects = state.store.projects_of(user.id).await?;
    Ok(Json(
        projects.into_iter().map(ProjectResponse::from).collect(),
    ))
}

/// One project, by id or slug.
#[utoipa::path(get, path = "/api/projects/{id}", tag = "projects", security(("token" = [])),
    params(("id" = String, Path, description = "Id or slug")), responses(
        (status = 200, body = ProjectResponse),
        (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such project, or not a member"),
    ))]
pub async fn get_project(inside: InProject<ProjectRead>) -> Json<ProjectResponse> {
    Json(inside.project.into())
}

/// Changes a project's name, slug or aliases. Needs the role `admin`.
#[utoipa::path(patch, path = "/api/projects/{id}", tag = "projects", request_body = ProjectPatch,
    security(("token" = [])), params(("id" = String, Path, description = "Id or slug")), responses(
        (status = 200, body = ProjectResponse),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such project, or not a member"),
        (status = 409, body = ErrorBody, description = "`name_taken`"),
    ))]
pub async fn change_project(
    State(state): State<AppState>,
    inside: InProject<ProjectWrite>,
    ValidatedJson(patch): ValidatedJson<ProjectPatch>,
) -> Result<Json<ProjectResponse>, Error> {
    let wrong = wrong_aliases(patch.aliases.as_deref().unwrap_or_default());
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let name = patch.name.map(|name| name.trim().to_owned());
    let change = ProjectChange {
        name,
        slug: patch.slug,
        aliases: patch.aliases,
    };
    if !state
        .store
        .change_project(inside.project.id, &change, state.clock.now())
        .await?
    {
        return Err(Error::NameTaken);
    }
    let id = inside.project.id.to_string();
    let changed = state
        .store
        .project_of(inside.user.id, &id)
        .await?
        .ok_or(Error::ProjectNotFound)?;
    Ok(Json(changed.into()))
}

/// Deletes a project with its members and keys. Needs the role `owner`. Within a
/// second no service accepts its keys or shows anything of it; its id never
/// comes back. Events already stored are unreachable from then on; the operator
/// removes them (`millrace erase`).
#[utoipa::path(delete, path = "/api/projects/{id}", tag = "projects", security(("token" = [])),
    params(("id" = String, Path, description = "Id or slug")), responses(
        (status = 200, body = StatusResponse, description = "`{\"status\":\"deleted\"}`"),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such project, or not a member"),
    ))]
pub async fn delete_project(
    State(state): State<AppState>,
    inside: InProject<ProjectDelete>,
) -> Result<Json<StatusResponse>, Error> {
    let project = inside.project.id;
    if !state
        .store
        .delete_project(project, state.clock.now())
        .await?
    {
        return Err(Error::ProjectNotFound);
    }
    tracing::info!(%project, by = %inside.user.id, "project deleted");
    Ok(Json(StatusResponse { status: "deleted" }))
}

fn wrong_aliases(aliases: &[String]) -> Vec<FieldError> {
    let wrong = aliases
        .iter()
        .enumerate()
        .filter(|(_, alias)| !is_alias(alias));
    wrong
        .map(|(index, _)| {
            let detail =
                "must be 1 to 200 visible ASCII characters, and neither `default` nor a UUID";
            FieldError::at(format!("aliases[{index}]"), "alias", detail)
        })
        .collect()
}

/// Names of projects and keys: 1 to 200 characters that people can see.
pub(crate) fn is_name(text: &str) -> Result<(), ValidationError> {
    let count = text.trim().chars().count();
    if (1..=200).contains(&count) && !text.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(ValidationError::new("name")
            .with_message("must have 1 to 200 characters, none of them a control character".into()))
    }
}

fn is_slug_text(text: &str) -> Result<(), ValidationError> {
    if is_slug(text) {
        Ok(())
    } else {
        Err(ValidationError::new("slug").with_message(
            "must have 1 to 63 lower-case letters, digits and single hyphens between them, and not read as a UUID".into(),
        ))
    }
}
