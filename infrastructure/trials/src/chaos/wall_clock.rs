//! The wall clock of our services, moved by `libfaketime` where it is installed.
//! The clock that counts time spans is left alone, as it is when a machine's
//! clock is set.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// A file that says how far the clocks are off.
#[derive(Debug)]
pub struct WallClock {
    library: PathBuf,
    file: PathBuf,
}

impl WallClock {
    /// A clock that is right, said in a file in `folder`.
    ///
    /// # Errors
    /// When the library is not installed.
    pub fn new(folder: &Path) -> Result<Self> {
        let Some(library) = library() else {
            bail!("libfaketime is not installed");
        };
        let file = std::path::absolute(folder)?.join("clock");
        fs::create_dir_all(folder)?;
        let clock = Self { library, file };
        clock.set(0)?;
        Ok(clock)
    }

    /// Puts the clocks so far off; they follow within a second.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set(&self, seconds: i64) -> Result<()> {
        // Replaced whole: it may be read at any moment.
        let next = self.file.with_extension("next");
        fs::write(&next, format!("{seconds:+}\n"))?;
        Ok(fs::rename(next, &self.file)?)
    }

    /// What `millrace up` is told, so that capture and consumer follow it. The
    /// servers do not: the library and their memory allocator do not agree.
    #[must_use]
    pub fn options(&self) -> [String; 2] {
        ["--preload".to_owned(), self.library.display().to_string()]
    }

    /// What the stack is started with so that its clocks follow.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        [
            ("FAKETIME_TIMESTAMP_FILE", self.file.display().to_string()),
            ("FAKETIME_CACHE_DURATION", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("FAKETIME_DISABLE_SHM", "1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }
}

/// `/usr/lib/<machine>/faketime/libfaketime.so.1`.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    folders
        .map(|folder| folder.path().join("faketime/libfaketime.so.1"))
        .find(|library| library.is_file())
}
