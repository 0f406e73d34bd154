//! `consumer [serve] | migrate | config | replay`.

use std::process::ExitCode;

use consumer::{App, Config, replay};
use mimalloc::MiMalloc;
use service_kit::entry::{self, Command};

/// Rows are made on one thread and freed on another, which costs the C
/// library's allocator most.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    entry::run(|command, config: Config, life| async move {
        match command {
            Command::Serve => App::new(config)?.spawn(&life)?,
            Command::Migrate => App::migrate(&config).await?,
            Command::Other(name, arguments) if name == "replay" => {
                replay::command(&config, &arguments).await?;
            }
            Command::Other(name, _) => return Err(format!("unknown command {name}").into()),
        }
        Ok(())
    })
}
