//! `millrace completions`.

use std::io;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::args::Arguments;

#[expect(clippy::unnecessary_wraps, reason = "every command has this shape")]
pub(super) fn run(shell: Shell) -> anyhow::Result<ExitCode> {
    generate(
        shell,
        &mut Arguments::command(),
        "millrace",
        &mut io::stdout(),
    );
    Ok(ExitCode::SUCCESS)
}
