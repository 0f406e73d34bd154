//! Where the servers of the running test stack are.

use std::path::PathBuf;

/// The value of a `MILLRACE_TEST_…` variable.
///
/// # Panics
/// When it is not set: a missing server is a failure, never a skip.
#[must_use]
#[track_caller]
pub fn required(name: &str) -> String {
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => value,
        _ => panic!(
            "{name} is not set: these tests need the running test stack, which `make test` starts"
        ),
    }
}

/// The built binary of a service: beside the test binary's own folder, or in
/// `MILLRACE_TEST_BIN_DIR`.
///
/// # Panics
/// When it has not been built.
#[must_use]
#[track_caller]
pub fn binary(name: &str) -> PathBuf {
    let folder = std::env::var_os("MILLRACE_TEST_BIN_DIR")
        .map(PathBuf::from)
        .or_else(|| {
            // target/debug/deps/<test> → target/debug
            std::env::current_exe()
                .ok()?
                .parent()?
                .parent()
                .map(PathBuf::from)
        });
    let path = folder.unwrap_or_default().join(name);
    assert!(
        path.exists(),
        "{} is not built: run `cargo build --bin {name}` first",
        path.display()
    );
    path
}
