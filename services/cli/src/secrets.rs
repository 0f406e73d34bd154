//! Passwords and other secrets: made once, at the first start, kept in files
//! that only their owner can read. None has a default.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::home::Home;

/// The secret of that name; generated and stored when there is none yet.
/// 43 characters, letters, digits, `-` and `_` only: safe in a URL, in SQL and in configuration files.
///
/// # Errors
/// When the secrets folder cannot be read or written.
pub(crate) fn get_or_create(home: &Home, name: &str) -> anyhow::Result<String> {
    let path = path_of(home, name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim_end().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let secret = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
            home.create()?;
            write_private(&path, &secret)?;
            Ok(secret)
        }
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

/// The file that holds a secret.
pub(crate) fn path_of(home: &Home, name: &str) -> PathBuf {
    home.secrets().join(name)
}

/// Writes a file that only its owner may read, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let write = || -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(folder.path())).unwrap();
        home.create().unwrap();
        let first = get_or_create(&home, "one").unwrap();
        assert_eq!(first, get_or_create(&home, "one").unwrap());
        assert_ne!(first, get_or_create(&home, "two").unwrap());
        assert_eq!(first.len(), 43);
        let mode = fs::metadata(path_of(&home, "one"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
