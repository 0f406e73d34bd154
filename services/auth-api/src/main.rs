//! Entry point.

use std::process::ExitCode;

fn main() -> ExitCode {
    service_kit::entry::run(auth_api::start)
}
