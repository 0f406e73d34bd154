//! What is known of a key once it has been recognised.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::domain::{AllowedDomain, is_site_allowed};
use super::scope::{Scope, Scopes};

/// The word that stands for "the key's own project" wherever a client may name
/// a project.
pub const OWN_PROJECT: &str = "default";

/// The names of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectNames {
    /// Its id.
    pub id: ProjectId,
    /// The name in URLs, unique among slugs and aliases.
    pub slug: String,
    /// What other systems call it.
    #[serde(default)]
    pub aliases: Vec<String>,
}

impl ProjectNames {
    /// Whether `name` is the id, the slug or an alias of this project.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        name == self.slug
            || name.parse::<ProjectId>().is_ok_and(|id| id == self.id)
            || self.aliases.iter().any(|alias| alias == name)
    }
}

/// A key that was recognised: whom it speaks for and what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyInfo {
    /// The key's id (not a secret).
    pub key_id: Uuid,
    /// The project it speaks for.
    pub project: Arc<ProjectNames>,
    /// What it may do.
    pub scopes: Scopes,
    /// The sites it may be used from; empty: any.
    #[serde(default)]
    pub allowed_domains: Vec<AllowedDomain>,
    /// When it stops being valid.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
    /// Its own limit in events a second; `None`: the service's default.
    #[serde(default)]
    pub events_per_second_max: Option<u32>,
}

impl KeyInfo {
    /// A key of `project` with `scopes` and no restriction.
    #[must_use]
    pub fn new(project: ProjectId, slug: &str, scopes: Scopes) -> Self {
        Self {
            key_id: Uuid::now_v7(),
            project: Arc::new(ProjectNames {
                id: project,
                slug: slug.to_owned(),
                aliases: Vec::new(),
            }),
            scopes,
            allowed_domains: Vec::new(),
            expires_at: None,
            events_per_second_max: None,
        }
    }

    /// The id of the project the key speaks for.
    #[must_use]
    pub fn project_id(&self) -> ProjectId {
        self.project.id
    }

    /// Whether the key may do `scope`.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(scope)
    }

    /// Whether the key has run out at `now`.
    #[must_use]
    pub fn is_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether a client with this key may name `project`: absent, `default`, or
    /// the key's own project by id, slug or alias. Everything else is a 403.
    #[must_use]
    pub fn speaks_for(&self, project: Option<&str>) -> bool {
        project.is_none_or(|name| name == OWN_PROJECT || self.project.is_named(name))
    }

    /// Whether a request from this site (its Origin and Referer headers) may
    /// use the key.
    #[must_use]
    pub fn is_site_allowed(&self, origin: Option<&str>, referer: Option<&str>) -> bool {
        is_site_allowed(&self.allowed_domains, origin, referer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_speaks_for_its_own_project_only() {
        let id = ProjectId(Uuid::from_u128(0xabc));
        let mut key = KeyInfo::new(id, "shop", Scopes::CAPTURE);
        Arc::make_mut(&mut key.project)
            .aliases
            .push("clx0old".to_owned());
        let own = id.to_string();
        let upper = own.to_uppercase();
        for name in [
            None,
            Some("default"),
            Some("shop"),
            Some("clx0old"),
            Some(own.as_str()),
            Some(upper.as_str()),
        ] {
            assert!(key.speaks_for(name), "{name:?}");
        }
        let other = Uuid::from_u128(0xdef).to_string();
        for name in ["", "Shop", "other", "null", other.as_str()] {
            assert!(!key.speaks_for(Some(name)), "{name:?}");
        }
    }

    #[test]
    fn a_key_expires_at_its_instant() {
        let end = DateTime::from_timestamp(1_000, 0).unwrap();
        let key = KeyInfo {
            expires_at: Some(end),
            ..KeyInfo::new(ProjectId(Uuid::nil()), "p", Scopes::READ)
        };
        assert!(!key.is_expired(end - chrono::TimeDelta::milliseconds(1)));
        assert!(key.is_expired(end));
    }
}
