//! A small disk under a server's data, which can be filled.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use rustix::fs::{FallocateFlags, fallocate};

/// Large enough for what a run stores, with the parts of some minutes that the engine has merged and not removed
/// yet; small enough to lie in memory.
const BYTES: u64 = 2 << 30;

/// A file system of its own, mounted over a folder.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Mounts one over `folder`, which is made.
    ///
    /// # Errors
    /// When this process may not mount.
    pub fn mount(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        // Left over from a run that was killed.
        let _unmounted = Command::new("umount").arg("--quiet").arg(folder).status();
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o"])
            .arg(format!("size={BYTES},mode=755"))
            .arg("millrace-trial")
            .arg(folder)
            .output()
            .context("running mount")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(Self {
            folder: folder.to_path_buf(),
        })
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }

    /// Leaves no room at all.
    ///
    /// # Errors
    /// When the file that takes the room cannot be made.
    pub fn fill(&self) -> Result<()> {
        let file = File::create(self.filler())?;
        let mut step = BYTES;
        let mut taken = 0;
        while step >= 4096 {
            match fallocate(&file, FallocateFlags::empty(), taken, step) {
                Ok(()) => taken += step,
                Err(_full) => step /= 2,
            }
        }
        Ok(())
    }

    /// Gives the room back.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn empty(&self) -> Result<()> {
        Ok(fs::remove_file(self.filler())?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // What still holds a file there does not matter: the folder is free.
        let _status = Command::new("umount")
            .arg("--lazy")
            .arg(&self.folder)
            .status();
    }
}
