//! The realtime service's process.

use std::process::ExitCode;

use realtime::{App, Config};
use service_kit::entry::{self, Command};

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
