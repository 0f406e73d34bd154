//! The `dashboard` process.

use std::process::ExitCode;

fn main() -> ExitCode {
    service_kit::entry::run(dashboard::start)
}
