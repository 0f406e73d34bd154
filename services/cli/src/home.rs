//! Where things lie: the state folder (`$MILLRACE_HOME`) and the source folder
//! that holds the servers' files.

use std::env;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The state folder of one stack. Everything that survives a restart, and
/// everything that a restart needs to find, lies below it.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    root: PathBuf,
}

impl Home {
    /// The folder named on the command line or in `MILLRACE_HOME`, else
    /// `.millrace` in the source folder, else `.millrace` here. Absolute, whether or not it exists.
    ///
    /// # Errors
    /// When the working directory is gone.
    pub(crate) fn locate(chosen: Option<&Path>) -> anyhow::Result<Self> {
        let root = match chosen {
            Some(path) => path.to_owned(),
            None => source_folder().map_or_else(
                || PathBuf::from(".millrace"),
                |source| source.join(".millrace"),
            ),
        };
        let root = std::path::absolute(root).context("finding the state folder")?;
        Ok(Self { root })
    }

    /// Creates the folder and its parts. Data is for its owner only, except that
    /// the folder itself may be passed through (PostgreSQL runs as another user).
    ///
    /// # Errors
    /// When a folder cannot be created.
    pub(crate) fn create(&self) -> anyhow::Result<()> {
        for (folder, mode) in [
            (self.root.clone(), 0o755),
            (self.data(), 0o755),
            (self.logs(), 0o750),
            (self.run(), 0o755),
            (self.secrets(), 0o700),
        ] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(mode)
                .create(&folder)
                .with_context(|| format!("creating {}", folder.display()))?;
        }
        fs::set_permissions(self.secrets(), fs::Permissions::from_mode(0o700))
            .context("protecting the secrets")
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The servers' data, a folder each.
    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Log files, one a process and its older parts.
    pub(crate) fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// What lives as long as the processes: state, lock, generated configuration.
    pub(crate) fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// Generated passwords and keys, readable by their owner only.
    pub(crate) fn secrets(&self) -> PathBuf {
        self.root.join("secrets")
    }

    /// How far files were imported, a small file each.
    pub(crate) fn imports(&self) -> PathBuf {
        self.root.join("imports")
    }

    /// The optional configuration file.
    pub(crate) fn config_file(&self) -> PathBuf {
        env::var_os("MILLRACE_CONFIG")
            .map_or_else(|| self.root.join("millrace.toml"), PathBuf::from)
    }

    /// The log file of one process.
    pub(crate) fn log_file(&self, name: &str) -> PathBuf {
        self.logs().join(format!("{name}.log"))
    }
}

/// The source folder: `MILLRACE_CLI_SOURCE`, else the nearest folder above the
/// executable, else above the working directory, that holds the servers' files.
pub(crate) fn source_folder() -> Option<PathBuf> {
    if let Some(named) = env::var_os("MILLRACE_CLI_SOURCE") {
        return Some(PathBuf::from(named));
    }
    let executable = env::current_exe().ok();
    let here = env::current_dir().ok();
    [executable, here].into_iter().flatten().find_map(|start| {
        start
            .ancestors()
            .find(|folder| is_source_folder(folder))
            .map(Path::to_owned)
    })
}

fn is_source_folder(folder: &Path) -> bool {
    folder.join("infrastructure/kafka/pom.xml").is_file()
}

/// A service's binary: the one beside this executable, so that debug and
/// release builds each run their own.
///
/// # Errors
/// When there is none.
pub(crate) fn service_binary(name: &str) -> anyhow::Result<PathBuf> {
    let executable = env::current_exe().context("finding this executable")?;
    let folder = executable
        .parent()
        .context("finding this executable's folder")?;
    let binary = folder.join(name);
    if !binary.is_file() {
        bail!(
            "{} is missing: build it with `make up` or `cargo build --bins`",
            binary.display()
        );
    }
    Ok(binary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_below_the_root_and_secrets_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(&folder.path().join("state"))).unwrap();
        home.create().unwrap();
        let mode = fs::metadata(home.secrets()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(home.log_file("kafka").starts_with(folder.path()));
    }
}
