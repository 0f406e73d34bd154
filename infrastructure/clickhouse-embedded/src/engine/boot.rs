//! Starting and stopping the engine on its data folder.

use std::fs::{File, TryLockError};
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::abi::Api;
use super::connection::Connection;
use super::result::text;
use super::{EngineError, LoadError, disk, library, server_files};
use crate::config::EngineConfig;

/// The running engine. It lives until [`Engine::shutdown`] and cannot be started again in this
/// process.
pub struct Engine {
    api: &'static Api,
    arguments: Vec<String>,
    /// While one session is open the engine stays up.
    keeper: Mutex<Option<Connection>>,
    /// Held for the life of the process; its text names the holder to others.
    _lock: File,
}

impl Engine {
    /// Loads the library and opens the data folder of `config`. Blocks for about a second.
    ///
    /// # Errors
    /// When the processor, the library or the folder does not allow it: [`LoadError`] says which.
    pub fn start(config: &EngineConfig) -> Result<Self, LoadError> {
        library::check_processor()?;
        let folder = create(&config.path)?;
        let lock = lock(&folder)?;
        let file = library::locate(&config.library)?;
        library::verify(&file, &folder.join("library.verified"))?;
        let server_config = server_files::write(&folder, config)?;
        let api = Api::load(&file)?;
        // Relative names in statements are looked up in the working folder.
        std::env::set_current_dir(folder.join("data")).map_err(|source| LoadError::Io {
            path: folder.clone(),
            source,
        })?;
        // SAFETY: called before anything else of the library; signals stay ours.
        unsafe { (api.set_signal_handlers_enabled)(0) };
        let arguments = vec![
            format!("--path={}", folder.join("data").display()),
            format!("--config-file={}", server_config.display()),
        ];
        let keeper = Connection::open(api, &arguments).ok_or_else(|| LoadError::Boot {
            path: folder.clone(),
            reason: "it is damaged, not writable, or in use by a process of another kind"
                .to_owned(),
        })?;
        Ok(Self {
            api,
            arguments,
            keeper: Mutex::new(Some(keeper)),
            _lock: lock,
        })
    }

    /// The engine's version, such as `26.7.2.1`.
    pub fn version(&self) -> String {
        // SAFETY: a constant string of the library.
        unsafe { text((self.api.version)()) }.unwrap_or_default()
    }

    /// Opens a session of its own; about 0.14 ms.
    ///
    /// # Errors
    /// When the engine is shutting down.
    pub fn connect(&self) -> Result<Connection, EngineError> {
        if self.keeper.lock().is_none() {
            return Err(shutting_down());
        }
        Connection::open(self.api, &self.arguments)
            .ok_or_else(|| EngineError::new(279, "ALL_CONNECTION_TRIES_FAILED", "no session"))
    }

    /// To be asked before anybody is told that something is stored: ends the process when the
    /// disk has refused a write, because what the engine says is stored may then not be.
    ///
    /// # Errors
    /// When the engine cannot tell; then what was written may be stored or not.
    pub fn stand_by_writes(&self) -> Result<(), EngineError> {
        let mut keeper = self.keeper.lock();
        let connection = keeper.as_mut().ok_or_else(shutting_down)?;
        let refused = disk::refused_writes(connection)?;
        if refused > 0 {
            tracing::error!(
                refused,
                "the disk has refused writes: this process ends, and the next one goes back to \
                 what is whole on the disk"
            );
            std::process::abort();
        }
        Ok(())
    }

    /// Stops the engine's threads. Every other session should be closed; if one is not, the
    /// engine ends with the process, which is as safe as a kill.
    pub fn shutdown(&self) {
        drop(self.keeper.lock().take());
        // SAFETY: harmless while a session is open, final otherwise.
        let state = unsafe { (self.api.shutdown)() };
        tracing::debug!(state, "engine stopped");
    }
}

fn shutting_down() -> EngineError {
    EngineError::new(236, "ABORTED", "the engine is shutting down")
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("arguments", &self.arguments)
            .finish_non_exhaustive()
    }
}

/// The folder as an absolute path: with a relative one every insert fails.
fn create(path: &Path) -> Result<PathBuf, LoadError> {
    let io = |source| LoadError::Io {
        path: path.to_owned(),
        source,
    };
    for part in ["data", "backups"] {
        std::fs::create_dir_all(path.join(part)).map_err(io)?;
    }
    path.canonicalize().map_err(io)
}

/// Takes the folder's lock, which the kernel gives back however the process ends.
fn lock(folder: &Path) -> Result<File, LoadError> {
    let path = folder.join("lock");
    let io = |source| LoadError::Io {
        path: path.clone(),
        source,
    };
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(io)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = std::fs::read_to_string(&path).unwrap_or_default();
            let holder = match holder.trim() {
                "" => "another process".to_owned(),
                id => format!("process {id}"),
            };
            return Err(LoadError::InUse {
                path: folder.to_owned(),
                holder,
            });
        }
        Err(TryLockError::Error(source)) => return Err(io(source)),
    }
    file.set_len(0).map_err(io)?;
    file.rewind().map_err(io)?;
    writeln!(file, "{}", std::process::id()).map_err(io)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::lock;
    use crate::engine::LoadError;

    #[test]
    fn a_second_holder_is_told_who_has_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let _held = lock(folder.path()).unwrap();
        let error = lock(folder.path()).unwrap_err();
        assert!(matches!(error, LoadError::InUse { .. }));
        assert!(
            error.to_string().contains(&std::process::id().to_string()),
            "{error}"
        );
    }
}
