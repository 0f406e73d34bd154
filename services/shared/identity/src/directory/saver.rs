//! Writes the snapshot beside the work, so that following the database never
//! waits for the disk.

use std::io;
use std::path::PathBuf;

use tokio::task::{JoinHandle, spawn_blocking};

use super::{KeyDirectory, snapshot};

/// Saves a directory to its file, one write at a time.
#[derive(Debug)]
pub(super) struct Saver {
    directory: KeyDirectory,
    /// `None`: nothing is saved.
    file: Option<PathBuf>,
    is_changed: bool,
    writing: Option<JoinHandle<io::Result<()>>>,
}

impl Saver {
    /// Saves to `file`; to nowhere when that is empty.
    pub(super) fn new(directory: KeyDirectory, file: PathBuf) -> Self {
        let file = (!file.as_os_str().is_empty()).then_some(file);
        Self {
            directory,
            file,
            is_changed: false,
            writing: None,
        }
    }

    /// Notes that what is on disk is not current any more.
    pub(super) fn mark_changed(&mut self) {
        self.is_changed = true;
    }

    /// Begins to write when there is something to write and no write under way.
    /// A write that failed is tried again at the next call.
    pub(super) async fn work(&mut self) {
        if self
            .writing
            .as_ref()
            .is_some_and(|writing| !writing.is_finished())
        {
            return;
        }
        self.settle().await;
        if self.is_changed {
            self.begin();
        }
    }

    /// Writes what has not been written yet and waits until it is.
    pub(super) async fn finish(&mut self) {
        self.settle().await;
        if self.is_changed {
            self.begin();
            self.settle().await;
        }
    }

    fn begin(&mut self) {
        self.is_changed = false;
        let Some(file) = self.file.clone() else {
            return;
        };
        let contents = self.directory.0.table.read().contents();
        let now = self.directory.now();
        self.writing = Some(spawn_blocking(move || {
            snapshot::write(&file, contents, now)
        }));
    }

    /// Waits for the write under way.
    async fn settle(&mut self) {
        let Some(writing) = self.writing.take() else {
            return;
        };
        let outcome = writing
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)));
        if let Err(error) = outcome {
            tracing::warn!(%error, file = ?self.file, "the keys cannot be saved");
            self.is_changed = true;
        }
    }
}
