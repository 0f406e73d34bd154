//! Identities: projects, events, persons.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use xxhash_rust::xxh3::Xxh3;

/// A project: the unit of tenancy. It always comes from a credential.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectId(pub Uuid);

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProjectId({})", self.0)
    }
}

impl FromStr for ProjectId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

impl From<Uuid> for ProjectId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

/// The stable 64-bit hash of (project, `distinct_id`) that queries count
/// persons by: XXH3 of the project's 16 bytes followed by the text's bytes.
#[must_use]
pub fn person_id(project: ProjectId, distinct_id: &str) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(project.0.as_bytes());
    hash.update(distinct_id.as_bytes());
    hash.digest()
}

/// The name space of ids that other systems sent in a form that is no UUID
/// (Segment's `messageId`, Bklit's `evt_…`): the same text in the same project
/// gives the same UUID, so a client's retry is recognised.
const FOREIGN_IDS: Uuid = Uuid::from_u128(0x6d1a_c5b0_7c1f_5a6e_9f0e_2b7d_4c88_31aa);

/// The UUID (version 5) that stands for `foreign`, an id of another form, in
/// `project`.
#[must_use]
pub fn uuid_of_foreign_id(project: ProjectId, foreign: &str) -> Uuid {
    let space = Uuid::new_v5(&FOREIGN_IDS, project.0.as_bytes());
    Uuid::new_v5(&space, foreign.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ProjectId = ProjectId(Uuid::from_u128(1));
    const B: ProjectId = ProjectId(Uuid::from_u128(2));

    #[test]
    fn a_person_is_a_distinct_id_within_a_project() {
        assert_eq!(person_id(A, "ada"), person_id(A, "ada"));
        assert_ne!(person_id(A, "ada"), person_id(B, "ada"));
        assert_ne!(person_id(A, "ada"), person_id(A, "Ada"));
    }

    #[test]
    fn the_person_hash_never_changes() {
        // Stored rows depend on it: a different value here is a migration.
        assert_eq!(person_id(A, "ada"), 15816451690537013819);
    }

    #[test]
    fn a_foreign_id_maps_to_one_uuid_per_project() {
        let id = uuid_of_foreign_id(A, "evt_1_abc");
        assert_eq!(id, uuid_of_foreign_id(A, "evt_1_abc"));
        assert_ne!(id, uuid_of_foreign_id(B, "evt_1_abc"));
        assert_eq!(id.get_version_num(), 5);
    }
}
