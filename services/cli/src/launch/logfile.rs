//! Log files that stay small. Processes write to them directly, so that they
//! never wait for the launcher; a full file is copied aside and emptied in
//! place (they append, so they go on at its new end).

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// A file larger than this is rotated.
const LARGEST: u64 = 16 * 1024 * 1024;
/// How many older parts are kept.
const KEPT: u32 = 4;

/// Opens a log file for appending.
///
/// # Errors
/// When that is impossible.
pub(super) fn open(path: &Path) -> anyhow::Result<File> {
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("opening {}", path.display()))
}

/// Rotates every log file of the folder that has grown too large.
pub(super) fn rotate_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "log")
            && entry.metadata()?.len() > LARGEST
        {
            rotate(&path)?;
        }
    }
    Ok(())
}

fn rotate(path: &Path) -> io::Result<()> {
    for number in (1..KEPT).rev() {
        match fs::rename(part(path, number), part(path, number + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::copy(path, part(path, 1))?;
    File::options().write(true).open(path)?.set_len(0)
}

/// The older part of that number, 1 the newest: `kafka.log.1`.
fn part(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_writer_goes_on_after_rotation_and_old_parts_are_limited() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut writer = open(&path).unwrap();
        for round in 0..6 {
            writeln!(writer, "round {round}").unwrap();
            rotate(&path).unwrap();
        }
        writeln!(writer, "last").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "last\n");
        assert_eq!(fs::read_to_string(part(&path, 1)).unwrap(), "round 5\n");
        assert_eq!(fs::read_to_string(part(&path, 4)).unwrap(), "round 2\n");
        assert!(!part(&path, 5).exists());
    }

    #[test]
    fn small_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.log"), "a").unwrap();
        rotate_all(folder.path()).unwrap();
        assert!(!folder.path().join("x.log.1").exists());
    }
}
