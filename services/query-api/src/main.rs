//! The query API's process.

use mimalloc::MiMalloc;
use query_api::{App, Config};
use service_kit::entry::{self, Command};
use std::process::ExitCode;

/// Lists of each person's events are made and freed by the million.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    entry::run(|command, config: Config, lifecycle| async move {
        match command {
            Command::Serve => App::new(config)?.serve(&lifecycle)?,
            Command::Migrate => App::migrate(&config).await?,
            Command::Other(name, _) => return Err(format!("there is no command {name}").into()),
        }
        Ok(())
    })
}
