//! What the directory reads from PostgreSQL, and the one column it writes.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use sqlx::FromRow;
use sqlx::postgres::PgListener;
use uuid::Uuid;

use super::table::Contents;
use crate::key::{AllowedDomain, KeyHash, KeyInfo, ProjectNames, Scope, Scopes};

#[derive(FromRow)]
struct ProjectRow {
    id: Uuid,
    slug: String,
    aliases: Vec<String>,
}

#[derive(FromRow)]
struct KeyRow {
    id: Uuid,
    project_id: Uuid,
    key_hash: Vec<u8>,
    scopes: Vec<String>,
    allowed_domains: Vec<String>,
    events_per_second_max: Option<i64>,
    expires_at: Option<DateTime<Utc>>,
}

/// Which rows are read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Selection<'a> {
    /// Everything.
    All,
    /// These projects.
    Projects(&'a [Uuid]),
}

impl Selection<'_> {
    fn ids(self) -> Option<Vec<Uuid>> {
        match self {
            Self::All => None,
            Self::Projects(ids) => Some(ids.to_vec()),
        }
    }
}

/// The projects of the selection with their valid keys.
pub(super) async fn fetch(
    connection: &mut PgListener,
    selection: Selection<'_>,
) -> Result<Contents, sqlx::Error> {
    let projects: Vec<ProjectRow> = sqlx::query_as(
        "SELECT p.id, p.slug,
                ARRAY(SELECT a.alias FROM accounts.project_aliases a WHERE a.project_id = p.id ORDER BY a.alias) AS aliases
           FROM accounts.projects p
          WHERE $1::uuid[] IS NULL OR p.id = ANY($1)",
    )
    .bind(selection.ids())
    .fetch_all(&mut *connection)
    .await?;
    let keys: Vec<KeyRow> = sqlx::query_as(
        "SELECT id, project_id, key_hash, scopes, allowed_domains, events_per_second_max, expires_at
           FROM accounts.api_keys
          WHERE revoked_at IS NULL AND ($1::uuid[] IS NULL OR project_id = ANY($1))",
    )
    .bind(selection.ids())
    .fetch_all(&mut *connection)
    .await?;
    Ok(contents(projects, keys))
}

/// The projects of those of the `hashes` that are keys.
pub(super) async fn projects_of_keys(
    connection: &mut PgListener,
    hashes: &[KeyHash],
) -> Result<Vec<Uuid>, sqlx::Error> {
    let hashes: Vec<&[u8]> = hashes.iter().map(KeyHash::as_bytes).collect();
    sqlx::query_scalar("SELECT DISTINCT project_id FROM accounts.api_keys WHERE key_hash = ANY($1) AND revoked_at IS NULL")
        .bind(hashes)
        .fetch_all(connection)
        .await
}

/// Writes when keys were last used: one statement for all of them.
pub(super) async fn write_uses(
    connection: &mut PgListener,
    keys: &[Uuid],
    used_at: &[DateTime<Utc>],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE accounts.api_keys AS k
            SET last_used_at = u.used_at
           FROM unnest($1::uuid[], $2::timestamptz[]) AS u (id, used_at)
          WHERE k.id = u.id AND (k.last_used_at IS NULL OR k.last_used_at < u.used_at)",
    )
    .bind(keys)
    .bind(used_at)
    .execute(connection)
    .await?;
    Ok(())
}

fn contents(projects: Vec<ProjectRow>, keys: Vec<KeyRow>) -> Contents {
    let projects: Vec<Arc<ProjectNames>> = projects
        .into_iter()
        .map(|row| {
            Arc::new(ProjectNames {
                id: ProjectId(row.id),
                slug: row.slug,
                aliases: row.aliases,
            })
        })
        .collect();
    let names: HashMap<ProjectId, &Arc<ProjectNames>> = projects
        .iter()
        .map(|project| (project.id, project))
        .collect();
    let keys = keys
        .into_iter()
        // A key of a project that appeared between the two statements comes
        // with the notification of that project.
        .filter_map(|row| key_info(&row, names.get(&ProjectId(row.project_id))?))
        .collect();
    Contents { projects, keys }
}

/// `None` for a row that says nothing this version understands: such a key
/// must not open more than it was made for.
fn key_info(row: &KeyRow, project: &Arc<ProjectNames>) -> Option<(KeyHash, Arc<KeyInfo>)> {
    let scopes: Scopes = row
        .scopes
        .iter()
        .filter_map(|name| name.parse::<Scope>().ok())
        .collect();
    let allowed_domains: Result<Vec<_>, _> = row
        .allowed_domains
        .iter()
        .map(|text| AllowedDomain::parse(text))
        .collect();
    let info = KeyInfo {
        key_id: row.id,
        project: Arc::clone(project),
        scopes,
        allowed_domains: allowed_domains.ok()?,
        expires_at: row.expires_at,
        events_per_second_max: row
            .events_per_second_max
            .map(|max| u32::try_from(max).unwrap_or(u32::MAX)),
    };
    Some((KeyHash::from_slice(&row.key_hash)?, Arc::new(info)))
}
