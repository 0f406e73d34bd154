//! One file a command.

mod completions;
mod config;
mod doctor;
mod down;
mod logs;
mod status;
mod up;

use std::process::ExitCode;

use crate::args::{Arguments, Command};
use crate::home::Home;

/// Does what the command line asks for.
///
/// # Errors
/// When that fails; the error tells the exit code.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let home = Home::locate(arguments.home.as_deref())?;
    // One thread: the kernel ties the life of the stack's processes to the
    // thread that started them, and nothing here needs more.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match arguments.command {
            Command::Up(options) => up::run(&home, options).await,
            Command::Down => down::run(&home),
            Command::Status(options) => status::run(&home, options).await,
            Command::Logs(options) => logs::run(&home, &options).await,
            Command::Doctor(options) => doctor::run(&home, options).await,
            Command::Config(options) => config::run(&home, &options),
            Command::Completions { shell } => completions::run(shell),
        }
    })
}
