//! Finding the engine library and making sure that it is the pinned one.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};

use super::LoadError;

/// sha256 of `libchdb.so` in `@chdb/lib-linux-x64-gnu` 26.7.3-stable.1.
const SHA256: &str = "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5";

/// Where `npm ci` puts the library, from the repository's root.
const INSTALLED: &str =
    "infrastructure/clickhouse-embedded/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so";

/// The configured library, else the installed one: looked for from the working folder upwards,
/// then from the program's own folder upwards.
pub(super) fn locate(configured: &Path) -> Result<PathBuf, LoadError> {
    if !configured.as_os_str().is_empty() {
        let found = configured.is_file().then(|| configured.to_owned());
        return found.ok_or_else(|| LoadError::Missing {
            path: configured.to_owned(),
        });
    }
    let starts = [std::env::current_dir().ok(), std::env::current_exe().ok()];
    starts
        .iter()
        .flatten()
        .flat_map(|start| start.ancestors())
        .map(|folder| folder.join(INSTALLED))
        .find(|path| path.is_file())
        .ok_or_else(|| LoadError::Missing {
            path: PathBuf::from(INSTALLED),
        })
}

/// Compares the library's checksum with the pinned one.
///
/// Reading half a gigabyte takes a second, so what was verified is remembered in `stamp` by path,
/// size and time of change.
pub(super) fn verify(library: &Path, stamp: &Path) -> Result<(), LoadError> {
    let io = |source| LoadError::Io {
        path: library.to_owned(),
        source,
    };
    let meta = library.metadata().map_err(io)?;
    let modified = meta
        .modified()
        .map_err(io)?
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seen = format!(
        "{SHA256} {} {}.{:09} {}\n",
        meta.len(),
        modified.as_secs(),
        modified.subsec_nanos(),
        library.display()
    );
    if std::fs::read_to_string(stamp).is_ok_and(|known| known == seen) {
        return Ok(());
    }
    let found = sha256(library).map_err(io)?;
    if found != SHA256 {
        return Err(LoadError::Checksum {
            path: library.to_owned(),
            found,
            expected: SHA256,
        });
    }
    std::fs::write(stamp, seen).map_err(|source| LoadError::Io {
        path: stamp.to_owned(),
        source,
    })
}

fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    Ok(hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// Whether the library can be used here: processor, place and checksum, without loading it.
///
/// # Errors
/// [`LoadError`] says what is missing.
pub fn check_library(configured: &Path) -> Result<PathBuf, LoadError> {
    check_processor()?;
    let library = locate(configured)?;
    let folder = std::env::temp_dir().join(format!("clickhouse-embedded-{}", std::process::id()));
    let outcome = verify(&library, &folder);
    let _ = std::fs::remove_file(&folder);
    outcome.map(|()| library)
}

/// Refuses a processor on which the library would die of an illegal instruction.
pub(super) fn check_processor() -> Result<(), LoadError> {
    #[cfg(target_arch = "x86_64")]
    {
        if !std::arch::is_x86_feature_detected!("avx2") {
            return Err(LoadError::Processor("AVX2"));
        }
        if !std::arch::is_x86_feature_detected!("bmi2") {
            return Err(LoadError::Processor("BMI2"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{locate, verify};
    use crate::engine::LoadError;

    #[test]
    fn another_file_is_refused_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("libchdb.so");
        std::fs::write(&file, b"not an engine").unwrap();
        let stamp = folder.path().join("stamp");
        let error = verify(&file, &stamp).unwrap_err();
        assert!(matches!(error, LoadError::Checksum { .. }), "{error}");
        assert!(!stamp.exists());
    }

    #[test]
    fn a_missing_library_says_what_to_do() {
        let error = locate(std::path::Path::new("/nowhere/libchdb.so")).unwrap_err();
        assert!(error.to_string().contains("npm ci"), "{error}");
    }
}
