//! The list of rejected rows: a line of JSON for each, in a file of its own.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::PathBuf;

use anyhow::Context;

use super::report::Rejected;

/// The list; its file is made with its first entry.
#[derive(Debug)]
pub(crate) struct RejectedList {
    path: PathBuf,
    /// How long the list of an earlier run is that this one goes on with.
    kept: u64,
    file: Option<BufWriter<File>>,
}

impl RejectedList {
    /// A list of which the first `kept` bytes stay: what came after them will come again.
    pub(crate) fn new(path: PathBuf, kept: u64) -> Self {
        Self {
            path,
            kept,
            file: None,
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Adds rows; returns how long the file is then.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn add(&mut self, rows: &[Rejected]) -> anyhow::Result<u64> {
        if rows.is_empty() {
            return Ok(self.kept);
        }
        let context = || format!("writing {}", self.path.display());
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let mut file = OpenOptions::new()
                    .create(true)
                    .truncate(false)
                    .write(true)
                    .open(&self.path)
                    .with_context(context)?;
                file.set_len(self.kept).with_context(context)?;
                file.seek(SeekFrom::End(0)).with_context(context)?;
                self.file.insert(BufWriter::new(file))
            }
        };
        for row in rows {
            let line = serde_json::to_string(row)?;
            writeln!(file, "{line}").with_context(context)?;
            self.kept += u64::try_from(line.len())? + 1;
        }
        file.flush().with_context(context)?;
        Ok(self.kept)
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::Rejection;
    use super::*;

    #[test]
    fn a_list_that_is_gone_on_with_has_each_row_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        let row = |row| Rejected {
            row,
            line: None,
            rejection: Rejection::new("a", "b"),
            raw: "ä".to_owned(),
        };
        let mut list = RejectedList::new(path.clone(), 0);
        assert_eq!(list.add(&[]).unwrap(), 0);
        assert!(!path.exists());
        let kept = list.add(&[row(1)]).unwrap();
        list.add(&[row(2)]).unwrap();
        let mut again = RejectedList::new(path.clone(), kept);
        again.add(&[row(2), row(3)]).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [1, 2, 3].map(|row| format!(r#"{{"row":{row},"code":"a","detail":"b","raw":"ä"}}"#))
        );
    }
}
