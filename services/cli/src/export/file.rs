//! A file that has its name only when it is complete.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::output::Failure;

use super::sink::Target;

/// A file in the making, under its name with `.partial` behind it; removed unless it is
/// completed.
#[derive(Debug)]
pub(crate) struct NewFile {
    path: PathBuf,
    partial: PathBuf,
    is_complete: bool,
}

impl NewFile {
    /// Begins a file.
    ///
    /// # Errors
    /// When it is there already and may not be replaced, or cannot be made.
    pub(crate) fn create(path: &Path, may_replace: bool) -> anyhow::Result<(Self, Target)> {
        if !may_replace && path.exists() {
            return Err(Failure::usage(format!(
                "{} is there already: --force replaces it",
                path.display()
            )));
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file =
            File::create(&partial).with_context(|| format!("creating {}", partial.display()))?;
        let new = Self {
            path: path.to_owned(),
            partial,
            is_complete: false,
        };
        Ok((new, Target::File(BufWriter::new(file))))
    }

    /// Gives the file its name, once its content is on the disk.
    ///
    /// # Errors
    /// When that cannot be done.
    pub(crate) fn complete(mut self) -> anyhow::Result<()> {
        let context = || format!("writing {}", self.path.display());
        let file = File::open(&self.partial).with_context(context)?;
        file.sync_all().with_context(context)?;
        fs::rename(&self.partial, &self.path).with_context(context)?;
        self.is_complete = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_complete {
            // Whoever reads the folder must not take it for an export.
            let _gone_already = fs::remove_file(&self.partial);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_is_there_when_it_is_complete_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let names = || -> Vec<_> {
            let entries = fs::read_dir(folder.path()).unwrap();
            entries.map(|entry| entry.unwrap().file_name()).collect()
        };
        let (file, mut target) = NewFile::create(&path, false).unwrap();
        target.write_all(b"half").unwrap();
        assert_eq!(names(), ["a.ndjson.partial"]);
        drop((target, file));
        assert!(names().is_empty());
        let (file, mut target) = NewFile::create(&path, false).unwrap();
        target.write_all(b"whole").unwrap();
        target.flush().unwrap();
        file.complete().unwrap();
        assert_eq!(names(), ["a.ndjson"]);
        assert!(NewFile::create(&path, false).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }
}
