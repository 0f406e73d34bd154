//! `clickhouse-embedded [serve|config|verify]`.

use std::process::ExitCode;

fn main() -> ExitCode {
    service_kit::entry::run(clickhouse_embedded::app::start)
}
