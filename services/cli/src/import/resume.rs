//! How far a file was imported: a small file under the state folder, replaced whole after
//! each batch that the server has acknowledged. What is lost of it costs time only: rows
//! that are sent again are recognised by their uuids.

use std::fs::{self, DirBuilder, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::report::Tally;

/// What is remembered of one file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// The file, for people who look into this one.
    pub(crate) file: PathBuf,
    /// What became of the rows up to here; `rows` of them are done.
    pub(crate) tally: Tally,
    /// How long the list of rejected rows was then.
    pub(crate) rejected_bytes: u64,
    /// Whether the file was read to its end.
    pub(crate) is_done: bool,
}

/// Where the state of one file is kept.
#[derive(Debug)]
pub(crate) struct Bookmark {
    path: PathBuf,
}

impl Bookmark {
    /// The place for `file` as it is now: its path, size and time of change, together with
    /// everything that decides what is sent where (`circumstances`). Any difference is
    /// another import, which begins at the first row.
    ///
    /// # Errors
    /// When the folder cannot be made or the file is not there.
    pub(crate) fn of(folder: &Path, file: &Path, circumstances: &[&str]) -> anyhow::Result<Self> {
        let context = || format!("reading {}", file.display());
        let metadata = fs::metadata(file).with_context(context)?;
        let mut hash = Sha256::new();
        hash.update(
            fs::canonicalize(file)
                .with_context(context)?
                .as_os_str()
                .as_encoded_bytes(),
        );
        hash.update(metadata.len().to_be_bytes());
        hash.update(changed(&metadata).to_be_bytes());
        for circumstance in circumstances {
            hash.update(b"\0");
            hash.update(circumstance.as_bytes());
        }
        let name: String = hash
            .finalize()
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        make_private(folder).with_context(|| format!("creating {}", folder.display()))?;
        Ok(Self {
            path: folder.join(format!("{name}.json")),
        })
    }

    /// What was remembered; nothing when there is nothing that can be read.
    pub(crate) fn read(&self) -> Option<State> {
        serde_json::from_str(&fs::read_to_string(&self.path).ok()?).ok()
    }

    /// Forgets, so that the next import begins at the first row.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(crate) fn forget(&self) -> anyhow::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("removing {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }

    /// Remembers.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, state: &State) -> anyhow::Result<()> {
        let context = || format!("writing {}", self.path.display());
        let fresh = self.path.with_extension("new");
        fs::write(&fresh, serde_json::to_vec_pretty(state)?).with_context(context)?;
        fs::rename(&fresh, &self.path).with_context(context)
    }
}

/// Makes the folder for its owner only: examples of rejected rows are nobody else's
/// business. The folders above it stay open: other users' processes pass through them.
fn make_private(folder: &Path) -> io::Result<()> {
    if let Some(above) = folder.parent() {
        fs::create_dir_all(above)?;
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder)
}

/// When the file was changed last, in nanoseconds since 1970.
fn changed(metadata: &Metadata) -> u128 {
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    modified
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_or_another_target_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        fs::write(&file, "a").unwrap();
        let bookmark = |key: &str| {
            Bookmark::of(&folder.path().join("imports"), &file, &["http://x", key]).unwrap()
        };
        assert!(bookmark("k").read().is_none());
        let mut state = State::default();
        state.tally.rows = 7;
        bookmark("k").write(&state).unwrap();
        assert_eq!(bookmark("k").read().unwrap().tally.rows, 7);
        assert!(bookmark("other").read().is_none());
        fs::write(&bookmark("k").path, "{").unwrap();
        assert!(
            bookmark("k").read().is_none(),
            "what is broken is forgotten"
        );
        bookmark("k").write(&state).unwrap();
        fs::write(&file, "ab").unwrap();
        assert!(bookmark("k").read().is_none());
    }
}
