//! `capture-api [serve] [--dev-open] | config`.

use std::process::ExitCode;

use capture_api::{Config, app};
use mimalloc::MiMalloc;
use service_kit::entry::{self, Command};

/// A request's memory is taken on one thread and given back on others: the C
/// library's allocator took a fifth of capture's time for that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    entry::run(|command, mut config: Config, life| async move {
        let is_open = std::env::args().any(|argument| argument == "--dev-open");
        config.capture.dev_open |= is_open;
        match command {
            Command::Serve => app::start(config, &life)?,
            Command::Other(name, _) if name == "--dev-open" => {
                app::start(config, &life)?;
                life.soft().cancelled().await;
            }
            // It keeps no store.
            Command::Migrate => {}
            Command::Other(name, _) => return Err(format!("unknown command {name}").into()),
        }
        Ok(())
    })
}
