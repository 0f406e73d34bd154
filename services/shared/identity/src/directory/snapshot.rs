//! The directory on disk, so that a service starts while PostgreSQL is away.
//!
//! The file holds hashes of keys, never keys, and is readable by its owner only.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::table::Contents;
use crate::key::{KeyHash, KeyInfo, ProjectNames};

/// The form of the file; a file of another form is not read.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Snapshot {
    format: u32,
    saved_at: DateTime<Utc>,
    projects: Vec<Arc<ProjectNames>>,
    keys: Vec<SavedKey>,
}

#[derive(Serialize, Deserialize)]
struct SavedKey {
    hash: KeyHash,
    #[serde(flatten)]
    info: Arc<KeyInfo>,
}

/// Reads `file`; `None` when there is none.
///
/// # Errors
/// When it cannot be read, or is not a snapshot of this form.
pub(super) fn read(file: &Path) -> io::Result<Option<(Contents, DateTime<Utc>)>> {
    let reader = match File::open(file) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let snapshot: Snapshot = serde_json::from_reader(reader)?;
    if snapshot.format != FORMAT {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("format {} is not known", snapshot.format),
        ));
    }
    let keys = snapshot
        .keys
        .into_iter()
        .map(|key| (key.hash, key.info))
        .collect();
    Ok(Some((
        Contents {
            projects: snapshot.projects,
            keys,
        },
        snapshot.saved_at,
    )))
}

/// Replaces `file` by `contents`, all or nothing.
///
/// # Errors
/// When the folder cannot be written to.
pub(super) fn write(file: &Path, contents: Contents, saved_at: DateTime<Utc>) -> io::Result<()> {
    let keys = contents
        .keys
        .into_iter()
        .map(|(hash, info)| SavedKey { hash, info })
        .collect();
    let snapshot = Snapshot {
        format: FORMAT,
        saved_at,
        projects: contents.projects,
        keys,
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let fresh = file.with_extension(format!("{}.new", std::process::id()));
    let mut writer = BufWriter::new(
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh)?,
    );
    serde_json::to_writer(&mut writer, &snapshot)?;
    writer.flush()?;
    writer.get_ref().sync_all()?;
    std::fs::rename(&fresh, file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use event_schema::ids::ProjectId;
    use uuid::Uuid;

    use super::*;
    use crate::key::{AllowedDomain, Scopes};

    #[test]
    fn gives_back_what_was_saved_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep").join("keys.json");
        assert!(read(&file).unwrap().is_none());
        let info = KeyInfo {
            allowed_domains: vec![AllowedDomain::parse("example.com").unwrap()],
            expires_at: DateTime::from_timestamp(5_000, 0),
            events_per_second_max: Some(7),
            ..KeyInfo::new(ProjectId(Uuid::from_u128(1)), "shop", Scopes::ALL)
        };
        let contents = Contents {
            projects: vec![Arc::clone(&info.project)],
            keys: vec![(KeyHash::of("k"), Arc::new(info.clone()))],
        };
        let now = DateTime::from_timestamp(9_000, 0).unwrap();
        write(&file, contents, now).unwrap();
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let (back, saved_at) = read(&file).unwrap().unwrap();
        assert_eq!(saved_at, now);
        assert_eq!(back.keys.len(), 1);
        assert_eq!(
            (back.keys[0].0, &*back.keys[0].1),
            (KeyHash::of("k"), &info)
        );
        assert_eq!(
            std::fs::read_dir(file.parent().unwrap()).unwrap().count(),
            1
        );
    }

    #[test]
    fn a_damaged_file_is_an_error_and_not_an_empty_directory() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        std::fs::write(&file, "{\"format\":1,").unwrap();
        assert!(read(&file).is_err());
        std::fs::write(
            &file,
            r#"{"format":2,"saved_at":"2026-01-01T00:00:00Z","projects":[],"keys":[]}"#,
        )
        .unwrap();
        assert!(read(&file).is_err());
    }
}
