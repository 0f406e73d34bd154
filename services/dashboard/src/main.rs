//! The `dashboard` process.

use std::process::ExitCode;

fn main() -> ExitCode {
    service_kit::entry::run(|command, config, life| async move {
        dashboard::start(command, config, &life)
    })
}
