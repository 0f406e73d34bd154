//! The `millrace` command: runs the stack of one machine (`up`, `down`,
//! `status`, `logs`, `doctor`) and talks to it or to any other installation
//! (`send`, `import`, `export`, `query`, `tail`, `projects`, `keys`, `topics`).
//!
//! Data goes to standard output, everything else to standard error. Exit codes:
//! 0 done and well, 1 done and something is not well (or an error), 2 the
//! command line is wrong, 3 a service cannot be reached, 4 the credentials were refused.

mod args;
mod output;

mod home;
mod settings;

mod secrets;

mod process;

mod launch;

mod client;

mod import;

mod export;

mod commands;

use std::process::ExitCode;

use clap::Parser;

/// Runs the command line and turns its outcome into the process's exit code.
pub fn main() -> ExitCode {
    choose_crypto();
    let arguments = args::Arguments::parse();
    match commands::run(arguments) {
        Ok(code) => code,
        Err(error) => {
            output::error(&error);
            ExitCode::from(output::exit_code_of(&error))
        }
    }
}

/// Installs the crypto provider that the whole workspace shares: reqwest is built without one.
fn choose_crypto() {
    // Fails only when it has been installed before.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
}
