//! The realtime service's process.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use realtime::{App, Config};
use service_kit::entry::{self, Command};

/// Records are made on one thread and freed on another, which costs the C
/// library's allocator most.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    entry::run(|command, config: Config, lifecycle| async move {
        match command {
            Command::Serve => App::new(config)?.serve(&lifecycle)?,
            // It keeps nothing that could be out of date.
            Command::Migrate => {}
            Command::Other(name, _) => return Err(format!("there is no command {name}").into()),
        }
        Ok(())
    })
}
