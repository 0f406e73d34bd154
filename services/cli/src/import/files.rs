//! The files that a command line names: files, folders with files, standard input.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::source::STANDARD_INPUT;

/// Endings of files that are taken from folders, each also with `.gz` and `.zst`.
const ENDINGS: [&str; 6] = ["csv", "tsv", "json", "jsonl", "ndjson", "parquet"];
/// The ending of lists of rejected rows.
const REJECTED: &str = ".rejected.ndjson";

/// A file to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What its list of rejected rows is named after: its name, within a folder with the
    /// folders above it.
    pub(crate) name: String,
}

impl Named {
    /// The name of its list of rejected rows.
    pub(crate) fn rejected(&self) -> String {
        format!("{}{REJECTED}", self.name)
    }
}

/// The files, those of a folder in the order of their names.
///
/// # Errors
/// When one is not there, or a folder has none.
pub(crate) fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<Named>> {
    let mut files = Vec::new();
    for path in paths {
        if path == Path::new(STANDARD_INPUT) {
            files.push(Named {
                path: path.clone(),
                name: "standard-input".to_owned(),
            });
        } else if path.is_dir() {
            let before = files.len();
            walk(path, "", &mut files)?;
            if files.len() == before {
                bail!("{} has no file to import", path.display());
            }
        } else {
            files.push(Named {
                path: path.clone(),
                name: path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
            });
        }
    }
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<Named>) -> anyhow::Result<()> {
    let context = || format!("reading {}", folder.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).with_context(context)? {
        entries.push(entry.with_context(context)?.path());
    }
    entries.sort();
    for path in entries {
        let own = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let name = format!("{prefix}{own}");
        if path.is_dir() {
            walk(&path, &format!("{name}_"), files)?;
        } else if is_wanted(&own) {
            files.push(Named { path, name });
        }
    }
    Ok(())
}

fn is_wanted(name: &str) -> bool {
    let plain = name
        .strip_suffix(".gz")
        .or_else(|| name.strip_suffix(".zst"))
        .unwrap_or(name);
    let ending = plain
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    // Segment's raw exports end in .gz alone.
    let is_data = ending.map_or(name != plain, |ending| ENDINGS.contains(&ending.as_str()));
    is_data && !name.ends_with(REJECTED) && !name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("day=2")).unwrap();
        for name in [
            "b.csv",
            "a.ndjson.gz",
            "day=2/1.parquet",
            "readme.md",
            "a.csv.rejected.ndjson",
            ".x.csv",
            "1700000000.gz",
        ] {
            fs::write(root.join(name), "").unwrap();
        }
        let found = find(&[
            root.to_owned(),
            PathBuf::from("-"),
            PathBuf::from("x/y.bin"),
        ])
        .unwrap();
        let names: Vec<&str> = found.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "1700000000.gz",
                "a.ndjson.gz",
                "b.csv",
                "day=2_1.parquet",
                "standard-input",
                "y.bin"
            ]
        );
        let empty = tempfile::tempdir().unwrap();
        assert!(find(&[empty.path().to_owned()]).is_err());
    }
}
