//! Identities: projects, events, persons.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

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
    let (project, person) = (project.0.as_bytes(), distinct_id.as_bytes());
    // Nearly all fit, and of one piece it costs a tenth.
    let mut piece = [0; 128];
    let length = project.len() + person.len();
    if let Some(piece) = piece.get_mut(..length) {
        piece[..project.len()].copy_from_slice(project);
        piece[project.len()..].copy_from_slice(person);
        return xxh3_64(piece);
    }
    let mut hash = Xxh3::new();
    hash.update(project);
    hash.update(person);
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

/// The request header by which a client of Bklit's paths names its event itself, with a [`queued_id`]: sent again
/// with the same one, it is the same event. (Its name is that of the IETF's draft.)
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Random characters at the end of a queued id, and the most digits of its time.
const QUEUED_RANDOM: usize = 9;
const QUEUED_MS_MAX: usize = 15;

/// A new id in Bklit's form, `evt_<ms>_<rand>`: the time and nine characters of base 36.
#[must_use]
pub fn queued_id(now_ms: i64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut random = Uuid::new_v4().as_u128();
    let mut id = format!("evt_{now_ms}_");
    for _ in 0..QUEUED_RANDOM {
        let digit = usize::try_from(random % 36).unwrap_or(0);
        id.push(DIGITS.get(digit).copied().map_or('0', char::from));
        random /= 36;
    }
    id
}

/// Whether a text has the form of [`queued_id`].
#[must_use]
pub fn is_queued_id(text: &str) -> bool {
    let parts = text
        .strip_prefix("evt_")
        .and_then(|rest| rest.split_once('_'));
    parts.is_some_and(|(ms, random)| {
        let is_digit = |byte: u8| byte.is_ascii_digit();
        (1..=QUEUED_MS_MAX).contains(&ms.len())
            && ms.bytes().all(is_digit)
            && random.len() == QUEUED_RANDOM
            && random
                .bytes()
                .all(|byte| is_digit(byte) || byte.is_ascii_lowercase())
    })
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

    #[test]
    fn queued_ids_have_their_form_and_differ() {
        let id = queued_id(1_700_000_000_000);
        assert!(id.starts_with("evt_1700000000000_"), "{id}");
        assert!(is_queued_id(&id), "{id}");
        assert_ne!(id, queued_id(1_700_000_000_000));
        for other in [
            "",
            "evt_",
            "evt_1_abc",
            "evt__abcdefghi",
            "evt_1x_abcdefghi",
            "evt_1_ABCDEFGHI",
            "evt_1_abcdefghij",
            "evt_1234567890123456_abcdefghi",
            "ev_1_abcdefghi",
        ] {
            assert!(!is_queued_id(other), "{other}");
        }
    }
}
