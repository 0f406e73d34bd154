//! The keys and projects in memory.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use event_schema::ids::ProjectId;

use crate::key::{KeyHash, KeyInfo, ProjectNames};

/// When a key was last used, and up to where the database knows it.
#[derive(Debug, Default)]
pub(super) struct Usage {
    used_ms: AtomicI64,
    written_ms: AtomicI64,
}

impl Usage {
    /// Notes a use at `now_ms`.
    pub(super) fn touch(&self, now_ms: i64) {
        if self.used_ms.load(Ordering::Relaxed) < now_ms {
            self.used_ms.store(now_ms, Ordering::Relaxed);
        }
    }

    /// The last use, when the database has not been told of it.
    fn unwritten(&self) -> Option<i64> {
        let used = self.used_ms.load(Ordering::Relaxed);
        (used > self.written_ms.load(Ordering::Relaxed)).then_some(used)
    }

    /// Notes that the database knows of `used_ms`.
    pub(super) fn mark_written(&self, used_ms: i64) {
        self.written_ms.fetch_max(used_ms, Ordering::Relaxed);
    }
}

/// One key with what counts its use.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) info: Arc<KeyInfo>,
    pub(super) usage: Arc<Usage>,
}

/// What was read of some projects, or of all.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) projects: Vec<Arc<ProjectNames>>,
    pub(super) keys: Vec<(KeyHash, Arc<KeyInfo>)>,
}

/// All keys by their hash, and all projects by their names.
#[derive(Debug, Default)]
pub(super) struct Table {
    keys: HashMap<KeyHash, Entry>,
    keys_of: HashMap<ProjectId, Vec<KeyHash>>,
    projects: HashMap<ProjectId, Arc<ProjectNames>>,
    names: HashMap<String, ProjectId>,
}

impl Table {
    /// The key with this hash.
    pub(super) fn get(&self, hash: &KeyHash) -> Option<&Entry> {
        self.keys.get(hash)
    }

    /// The project that `name` stands for: an id, a slug or an alias.
    pub(super) fn project_named(&self, name: &str) -> Option<Arc<ProjectNames>> {
        let id = self
            .names
            .get(name)
            .copied()
            .or_else(|| name.parse().ok())?;
        self.projects.get(&id).cloned()
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// A table of `contents` alone that keeps the usage notes of `self`.
    pub(super) fn replaced_by(&self, contents: Contents) -> Self {
        let mut table = Self::default();
        table.insert(contents, |hash| {
            self.keys.get(hash).map(|entry| Arc::clone(&entry.usage))
        });
        table
    }

    /// Takes what is known of `projects` from `contents`: what is not in it is
    /// gone.
    pub(super) fn update(&mut self, projects: &[ProjectId], contents: Contents) {
        let mut usages = HashMap::new();
        for project in projects {
            for hash in self.keys_of.remove(project).unwrap_or_default() {
                if let Some(entry) = self.keys.remove(&hash) {
                    usages.insert(hash, entry.usage);
                }
            }
            if let Some(names) = self.projects.remove(project) {
                for name in names.aliases.iter().chain([&names.slug]) {
                    // An alias may lose its name to another project's slug.
                    if self.names.get(name) == Some(project) {
                        self.names.remove(name);
                    }
                }
            }
        }
        self.insert(contents, |hash| usages.get(hash).cloned());
    }

    fn insert(&mut self, contents: Contents, usage_of: impl Fn(&KeyHash) -> Option<Arc<Usage>>) {
        for project in contents.projects {
            for alias in &project.aliases {
                self.names.entry(alias.clone()).or_insert(project.id);
            }
            self.names.insert(project.slug.clone(), project.id);
            self.projects.insert(project.id, project);
        }
        for (hash, info) in contents.keys {
            self.keys_of
                .entry(info.project_id())
                .or_default()
                .push(hash);
            self.keys.insert(
                hash,
                Entry {
                    usage: usage_of(&hash).unwrap_or_default(),
                    info,
                },
            );
        }
    }

    /// Everything, as it is saved.
    pub(super) fn contents(&self) -> Contents {
        Contents {
            projects: self.projects.values().cloned().collect(),
            keys: self
                .keys
                .iter()
                .map(|(hash, entry)| (*hash, Arc::clone(&entry.info)))
                .collect(),
        }
    }

    /// The keys that were used since the database was last told, each with the
    /// time of its last use in milliseconds since the epoch.
    pub(super) fn unwritten_uses(&self) -> Vec<(Entry, i64)> {
        self.keys
            .values()
            .filter_map(|entry| Some((entry.clone(), entry.usage.unwritten()?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::key::Scopes;

    fn project(number: u128, slug: &str, aliases: &[&str]) -> Arc<ProjectNames> {
        let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
        Arc::new(ProjectNames {
            id: ProjectId(Uuid::from_u128(number)),
            slug: slug.to_owned(),
            aliases,
        })
    }

    fn key(text: &str, project: &Arc<ProjectNames>) -> (KeyHash, Arc<KeyInfo>) {
        let info = KeyInfo {
            project: Arc::clone(project),
            ..KeyInfo::new(project.id, "", Scopes::CAPTURE)
        };
        (KeyHash::of(text), Arc::new(info))
    }

    #[test]
    fn an_update_replaces_only_the_projects_it_names() {
        let (a, b) = (project(1, "a", &["old-a"]), project(2, "b", &[]));
        let mut table = Table::default().replaced_by(Contents {
            projects: vec![Arc::clone(&a), Arc::clone(&b)],
            keys: vec![key("a1", &a), key("a2", &a), key("b1", &b)],
        });
        let renamed = project(1, "alpha", &[]);
        table.update(
            &[a.id],
            Contents {
                projects: vec![Arc::clone(&renamed)],
                keys: vec![key("a2", &renamed)],
            },
        );
        assert!(table.get(&KeyHash::of("a1")).is_none());
        assert_eq!(
            table.get(&KeyHash::of("a2")).unwrap().info.project.slug,
            "alpha"
        );
        assert!(table.get(&KeyHash::of("b1")).is_some());
        assert_eq!(table.len(), 2);
        assert_eq!(table.project_named("alpha").unwrap().id, a.id);
        assert_eq!(table.project_named(&a.id.to_string()).unwrap().id, a.id);
        assert!(table.project_named("a").is_none() && table.project_named("old-a").is_none());
    }

    #[test]
    fn a_slug_wins_over_another_projects_alias() {
        let (a, b) = (project(1, "a", &["b"]), project(2, "b", &[]));
        for projects in [
            vec![Arc::clone(&a), Arc::clone(&b)],
            vec![Arc::clone(&b), Arc::clone(&a)],
        ] {
            let table = Table::default().replaced_by(Contents {
                projects,
                keys: Vec::new(),
            });
            assert_eq!(table.project_named("b").unwrap().id, b.id);
        }
    }

    #[test]
    fn uses_survive_a_reload_and_are_told_once() {
        let a = project(1, "a", &[]);
        let contents = || Contents {
            projects: vec![Arc::clone(&a)],
            keys: vec![key("k", &a)],
        };
        let mut table = Table::default().replaced_by(contents());
        table.get(&KeyHash::of("k")).unwrap().usage.touch(1_000);
        table = table.replaced_by(contents());
        table.update(&[a.id], contents());
        let uses = table.unwritten_uses();
        assert_eq!((uses.len(), uses[0].1), (1, 1_000));
        uses[0].0.usage.mark_written(1_000);
        assert!(table.unwritten_uses().is_empty());
    }
}
