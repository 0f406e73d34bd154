//! Single processes that are to stay stopped: a file each, which the launcher
//! looks for. So `millrace stop` works without a channel to the launcher, and
//! what is held can be seen.

use std::fs;
use std::io;
use std::path::PathBuf;

use anyhow::Context;

use crate::home::Home;

fn folder(home: &Home) -> PathBuf {
    home.run().join("held")
}

/// Whether that process is to stay stopped.
pub(super) fn is_held(home: &Home, name: &str) -> bool {
    folder(home).join(name).exists()
}

/// Asks the launcher to stop a process and to leave it so.
///
/// # Errors
/// When the state folder cannot be written.
pub(crate) fn hold(home: &Home, name: &str) -> anyhow::Result<()> {
    fs::create_dir_all(folder(home)).context("creating the folder of held processes")?;
    fs::write(folder(home).join(name), "").with_context(|| format!("holding {name}"))
}

/// Asks the launcher to start it again.
///
/// # Errors
/// When the state folder cannot be written.
pub(crate) fn release(home: &Home, name: &str) -> anyhow::Result<()> {
    unless_absent(fs::remove_file(folder(home).join(name)))
        .with_context(|| format!("releasing {name}"))
}

/// Forgets all holds: a new start starts everything.
pub(super) fn release_all(home: &Home) -> anyhow::Result<()> {
    unless_absent(fs::remove_dir_all(folder(home))).context("releasing held processes")
}

fn unless_absent(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
