//! `/api/projects/{id}/api-keys`: the keys of a project.

use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use event_schema::ids::ProjectId;
use identity::key::AllowedDomain;
use identity::store::{KeyRow, NewKey};
use identity::{ApiKey, Scope, Scopes};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use service_kit::http::FieldError;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::logout::StatusResponse;
use super::projects::is_name;
use crate::error::{Error, ErrorBody};
use crate::extract::{InProject, KeysRead, KeysWrite, OptionalJson};
use crate::state::AppState;

/// The name of a key that was given none.
const NAME: &str = "default";
/// How many domains a key may list.
const DOMAINS_MAX: usize = 100;

/// A key to be. Everything may be left away.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// What people call it.
    #[validate(custom(function = is_name))]
    #[schema(required = false)]
    pub name: Option<String>,
    /// What it may do: `capture`, `read`. Without: `capture`.
    #[schema(required = false)]
    pub scopes: Option<Vec<String>>,
    /// The sites it may be used from: `example.com` with everything below it,
    /// or `.example.com`. Without, or empty: any.
    #[schema(required = false)]
    pub allowed_domains: Option<Vec<String>>,
    /// When it ends: RFC 3339, or without an offset (UTC), or a date (its
    /// beginning). Without: never.
    #[schema(required = false, example = "2027-01-31T00:00:00Z")]
    pub expires_at: Option<String>,
    /// Its own limit in events a second. Without: the service's.
    #[validate(range(min = 1, message = "must be at least 1"))]
    #[schema(required = false)]
    pub events_per_second_max: Option<u32>,
    /// A key that another system issued (`bk_live_…`), or an earlier one of
    /// ours: it is taken over instead of making a new one.
    #[schema(required = false, value_type = String)]
    pub api_key: Option<SecretString>,
}

/// A new key. This answer is the only one that holds the key itself.
#[derive(Serialize, ToSchema)]
pub struct NewKeyResponse {
    /// The key.
    #[serde(flatten)]
    pub key: KeyResponse,
    /// Its text, for `X-API-Key`.
    #[schema(example = "ak_…")]
    pub api_key: String,
}

impl std::fmt::Debug for NewKeyResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKeyResponse")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// A key, less the key itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyResponse {
    /// Its id.
    pub id: Uuid,
    /// Its first characters.
    pub key_prefix: String,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The sites it may be used from; empty: any.
    pub allowed_domains: Vec<String>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// Its own limit in events a second.
    pub events_per_second_max: Option<u32>,
    /// When it was last used, to the minute or so.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl From<KeyRow> for KeyResponse {
    fn from(row: KeyRow) -> Self {
        Self {
            id: row.id,
            key_prefix: row.key_prefix,
            name: row.name,
            created_at: row.created_at,
            scopes: row.scopes,
            allowed_domains: row.allowed_domains,
            expires_at: row.expires_at,
            events_per_second_max: row
                .events_per_second_max
                .and_then(|max| u32::try_from(max).ok()),
            last_used_at: row.last_used_at,
        }
    }
}

/// Makes a key. Needs the role `admin`.
#[utoipa::path(post, path = "/api/projects/{id}/api-keys", tag = "keys", request_body = Option<KeyRequest>,
    security(("token" = [])), params(("id" = String, Path, description = "Id or slug of the project")), responses(
        (status = 200, body = NewKeyResponse),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such project, or not a member"),
        (status = 409, body = ErrorBody, description = "`key_taken`: the key is, or was, a key here"),
    ))]
pub async fn create_key(
    State(state): State<AppState>,
    inside: InProject<KeysWrite>,
    OptionalJson(request): OptionalJson<KeyRequest>,
) -> Result<Json<NewKeyResponse>, Error> {
    let now = state.clock.now();
    let wanted = Wanted::parse(&request, now).map_err(Error::Invalid)?;
    let name = request.name.as_deref().map_or(NAME, str::trim);
    let (project, by) = (inside.project.id, Some(inside.user.id));
    let (key, row) = match existing(&request)? {
        None => create(&state, project, by, name, wanted).await?,
        Some(key) => {
            let row = register(&state, &key, project, by, name, &wanted).await?;
            (key, row.ok_or(Error::KeyTaken)?)
        }
    };
    Ok(Json(NewKeyResponse {
        key: row.into(),
        api_key: key.expose().to_owned(),
    }))
}

/// The key that the request brings along.
fn existing(request: &KeyRequest) -> Result<Option<ApiKey>, Error> {
    let Some(text) = &request.api_key else {
        return Ok(None);
    };
    let key = ApiKey::parse(text.expose_secret()).ok_or_else(|| {
        let detail =
            "must be `bk_live_` and 64 hexadecimal digits, or `ak_` and 43 URL-safe characters";
        Error::Invalid(vec![FieldError::at("api_key", "invalid", detail)])
    })?;
    Ok(Some(key))
}

/// What a key shall be able to do.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) scopes: Scopes,
    pub(crate) allowed_domains: Vec<AllowedDomain>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) events_per_second_max: Option<u32>,
}

impl Wanted {
    /// A key for `scopes` without any restriction.
    pub(crate) const fn unrestricted(scopes: Scopes) -> Self {
        Self {
            scopes,
            allowed_domains: Vec::new(),
            expires_at: None,
            events_per_second_max: None,
        }
    }

    /// What the request asks for, or all its faults.
    fn parse(request: &KeyRequest, now: DateTime<Utc>) -> Result<Self, Vec<FieldError>> {
        let mut faults = Vec::new();
        let names = request.scopes.as_deref();
        let scopes: Scopes = match names {
            None => Scopes::CAPTURE,
            Some(names) => each(names, "scopes", "unknown_scope", &mut faults, |name| {
                name.parse::<Scope>()
            })
            .collect(),
        };
        if names.is_some_and(<[String]>::is_empty) {
            faults.push(FieldError::at(
                "scopes",
                "required",
                "needs at least one of `capture`, `read`",
            ));
        }
        let domains = request.allowed_domains.as_deref().unwrap_or_default();
        if domains.len() > DOMAINS_MAX {
            let detail = format!("must have at most {DOMAINS_MAX} entries");
            faults.push(FieldError::at("allowed_domains", "too_many", detail));
        }
        let allowed_domains = each(domains, "allowed_domains", "domain", &mut faults, |text| {
            AllowedDomain::parse(text)
        })
        .collect();
        let expires_at = request.expires_at.as_deref().map(parse_instant);
        let wrong_end = match expires_at {
            Some(None) => Some(("invalid", "must be a time as in RFC 3339, or a date")),
            Some(Some(end)) if end <= now => Some(("past", "must be in the future")),
            _ => None,
        };
        faults.extend(wrong_end.map(|(code, detail)| FieldError::at("expires_at", code, detail)));
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            scopes,
            allowed_domains,
            expires_at: expires_at.flatten(),
            events_per_second_max: request.events_per_second_max,
        })
    }
}

/// An instant as people write it: with an offset, without one (UTC), or a date.
fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.to_utc());
    }
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f");
    let date =
        || NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|date| date.and_time(NaiveTime::MIN));
    local
        .or_else(|_| date())
        .ok()
        .map(|instant| instant.and_utc())
}

/// Parses each item; what does not parse becomes a fault at its place.
fn each<T, E: std::fmt::Display>(
    items: &[String],
    path: &str,
    code: &str,
    faults: &mut Vec<FieldError>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> std::vec::IntoIter<T> {
    let mut parsed = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match parse(item) {
            Ok(value) => parsed.push(value),
            Err(error) => faults.push(FieldError::at(
                format!("{path}[{index}]"),
                code,
                error.to_string(),
            )),
        }
    }
    parsed.into_iter()
}

/// Makes a key of `project`.
pub(crate) async fn create(
    state: &AppState,
    project: ProjectId,
    by: Option<Uuid>,
    name: &str,
    wanted: Wanted,
) -> Result<(ApiKey, KeyRow), Error> {
    loop {
        let key = ApiKey::generate();
        // Two equal keys of 256 random bits do not happen; if they do, the
        // second is made again.
        if let Some(row) = register(state, &key, project, by, name, &wanted).await? {
            return Ok((key, row));
        }
    }
}

/// Stores `key` as a key of `project`. `None` when the same key exists.
pub(crate) async fn register(
    state: &AppState,
    key: &ApiKey,
    project: ProjectId,
    by: Option<Uuid>,
    name: &str,
    wanted: &Wanted,
) -> Result<Option<KeyRow>, Error> {
    let prefix = key.shown_prefix();
    let new = NewKey {
        id: Uuid::now_v7(),
        project,
        name,
        hash: key.hash(),
        prefix: &prefix,
        scopes: wanted.scopes,
        allowed_domains: &wanted.allowed_domains,
        events_per_second_max: wanted.events_per_second_max,
        created_by: by,
        created_at: state.clock.now(),
        expires_at: wanted.expires_at,
    };
    if !state.store.create_key(&new).await? {
        return Ok(None);
    }
    Ok(Some(KeyRow {
        id: new.id,
        project_id: project.0,
        name: name.to_owned(),
        key_prefix: prefix.clone(),
        scopes: wanted.scopes.names(),
        allowed_domains: wanted
            .allowed_domains
            .iter()
            .map(|domain| domain.as_str().to_owned())
            .collect(),
        events_per_second_max: wanted.events_per_second_max.map(i64::from),
        created_at: new.created_at,
        expires_at: wanted.expires_at,
        last_used_at: None,
    }))
}

/// The keys of a project, oldest first, without those that were revoked. Needs
/// the role `member`.
#[utoipa::path(get, path = "/api/projects/{id}/api-keys", tag = "keys", security(("token" = [])),
    params(("id" = String, Path, description = "Id or slug of the project")), responses(
        (status = 200, body = [KeyResponse]),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such project, or not a member"),
    ))]
pub async fn list_keys(
    State(state): State<AppState>,
    inside: InProject<KeysRead>,
) -> Result<Json<Vec<KeyResponse>>, Error> {
    let keys = state.store.keys_of(inside.project.id).await?;
    Ok(Json(keys.into_iter().map(KeyResponse::from).collect()))
}

/// The part of the path that names a key.
#[derive(Debug, Deserialize)]
pub struct KeyPath {
    key_id: String,
}

/// Revokes a key: within a second no service accepts it. Needs the role `admin`.
#[utoipa::path(delete, path = "/api/projects/{id}/api-keys/{key_id}", tag = "keys", security(("token" = [])),
    params(
        ("id" = String, Path, description = "Id or slug of the project"),
        ("key_id" = Uuid, Path, description = "Id of the key"),
    ), responses(
        (status = 200, body = StatusResponse, description = "`{\"status\":\"revoked\"}`"),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such project or key, or not a member"),
    ))]
pub async fn revoke_key(
    State(state): State<AppState>,
    inside: InProject<KeysWrite>,
    Path(path): Path<KeyPath>,
) -> Result<Json<StatusResponse>, Error> {
    let key = Uuid::parse_str(&path.key_id).map_err(|_| Error::KeyNotFound)?;
    if !state
        .store
        .revoke_key(inside.project.id, key, state.clock.now())
        .await?
    {
        return Err(Error::KeyNotFound);
    }
    Ok(Json(StatusResponse { status: "revoked" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_instant_in_the_ways_people_write_it() {
        let expected = DateTime::from_timestamp(1_801_353_600, 0);
        for text in [
            "2027-01-31T00:00:00Z",
            "2027-01-31T01:00:00+01:00",
            "2027-01-31T00:00:00",
            "2027-01-31T00:00:00.000000",
            "2027-01-31",
        ] {
            assert_eq!(parse_instant(text), expected, "{text}");
        }
        for text in ["", "tomorrow", "2027-02-30", "1801353600"] {
            assert_eq!(parse_instant(text), None, "{text}");
        }
    }
}
