//! auth-api: accounts, sessions, projects, members and API keys over HTTP.
//!
//! A request passes [`app`] (routes and middleware), an extractor of
//! [`extract`] that says who is asking and for which project, and one handler of
//! [`endpoints`]; what is stored, and the rules about it, live in the crate
//! `identity`.

pub mod config;

pub mod app;

pub mod extract;

pub mod endpoints;

pub mod rate_limit;

pub mod state;

pub mod error;

pub mod bootstrap;

pub mod openapi;

pub mod metrics;

use clap::Parser as _;
use service_kit::entry::{Command, StartError};
use service_kit::{Clock, Lifecycle};

pub use app::App;
pub use config::Config;
pub use state::AppState;

/// Does what the command line asks for.
///
/// # Errors
/// Whatever keeps the service from starting, or the command from succeeding.
pub async fn start(command: Command, config: Config, life: Lifecycle) -> Result<(), StartError> {
    let state = || AppState::new(&config, Clock::system());
    match command {
        Command::Serve => App::new(state()?, &life)?.start(&life),
        Command::Migrate => Ok(state()?.store.migrate().await?),
        Command::Other(name, arguments) if name == "bootstrap" => {
            let arguments = std::iter::once(name).chain(arguments);
            let arguments = match bootstrap::Arguments::try_parse_from(arguments) {
                Ok(arguments) => arguments,
                Err(help) if !help.use_stderr() => return Ok(help.print()?),
                Err(error) => return Err(error.into()),
            };
            let made = bootstrap::bootstrap(&state()?, &arguments).await?;
            print(&serde_json::to_string(&made)?);
            Ok(())
        }
        Command::Other(name, _) if name == "openapi" => {
            print(&app::openapi().to_pretty_json()?);
            Ok(())
        }
        Command::Other(name, _) => Err(format!(
            "unknown command `{name}`: there are serve, migrate, bootstrap, openapi and config"
        )
        .into()),
    }
}

#[expect(clippy::print_stdout, reason = "the command's result")]
fn print(line: &str) {
    println!("{line}");
}
