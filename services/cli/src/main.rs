//! Entry point of the `millrace` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    millrace::main()
}
