//! The wall clock of our services, moved by a small library that is loaded into
//! them.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The library, compiled when it is needed.
const SOURCE: &str = include_str!("wall_clock.c");

/// A file that says how far the clocks are off.
#[derive(Debug)]
pub struct WallClock {
    library: PathBuf,
    path: PathBuf,
    file: File,
}

impl WallClock {
    /// A clock that is right, said in a file in `folder`.
    ///
    /// # Errors
    /// When there is no C compiler, or the folder cannot be written.
    pub fn new(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let folder = std::path::absolute(folder)?;
        let path = folder.join("clock");
        let clock = Self {
            library: compile(&folder)?,
            file: File::create(&path)?,
            path,
        };
        clock.set(0)?;
        Ok(clock)
    }

    /// Puts the clocks so far off; they follow at once.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set(&self, seconds: i64) -> Result<()> {
        // In one piece, as the processes see the file in their memory.
        Ok(self.file.write_all_at(&seconds.to_ne_bytes(), 0)?)
    }

    /// What `millrace up` is told, so that capture and consumer follow it.
    #[must_use]
    pub fn options(&self) -> [String; 2] {
        ["--preload".to_owned(), self.library.display().to_string()]
    }

    /// What the stack is started with so that its clocks follow.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let path = self.path.display().to_string();
        vec![("TRIALS_CLOCK".to_owned(), path)]
    }
}

fn compile(folder: &Path) -> Result<PathBuf> {
    let (source, library) = (folder.join("wall_clock.c"), folder.join("wall_clock.so"));
    fs::write(&source, SOURCE)?;
    let output = Command::new("cc")
        .args(["-O2", "-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .output()
        .context("running cc")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(library)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_follows_the_clock() {
        let folder = tempfile::tempdir().unwrap();
        let clock = WallClock::new(folder.path()).unwrap();
        let year = || {
            let mut date = Command::new("date");
            date.arg("+%Y")
                .env("LD_PRELOAD", &clock.library)
                .envs(clock.environment());
            String::from_utf8(date.output().unwrap().stdout).unwrap()
        };
        let now: i64 = year().trim().parse().unwrap();
        clock.set(20 * 366 * 86_400).unwrap();
        let later: i64 = year().trim().parse().unwrap();
        assert_eq!(later - now, 20);
    }
}
