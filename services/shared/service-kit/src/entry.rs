//! The `main` of a service: `<service> [serve]`, `migrate`, `config`, and
//! whatever else it knows.

use std::future::Future;
use std::process::ExitCode;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::{self, Loaded, TelemetryConfig};
use crate::lifecycle::{self, Lifecycle};
use crate::telemetry;

/// What the command line asks of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Run until told to stop.
    Serve,
    /// Bring the stores up to date and end.
    Migrate,
    /// Another command of this service, with its arguments.
    Other(String, Vec<String>),
}

/// A configuration that says how the process logs.
pub trait ServiceConfig: Serialize + DeserializeOwned + Default {
    /// The `[telemetry]` section.
    fn telemetry(&self) -> &TelemetryConfig;
}

/// What starting a service may fail with.
pub type StartError = Box<dyn std::error::Error + Send + Sync>;

/// Reads configuration and command line, then runs `start`. `config` prints
/// the values in force with their origins (`--json` for programs). For
/// [`Command::Serve`] `start` spawns the service's tasks on the lifecycle and
/// returns; any other command does its work inside `start`.
pub fn run<T, F>(start: impl FnOnce(Command, T, Lifecycle) -> F) -> ExitCode
where
    T: ServiceConfig,
    F: Future<Output = Result<(), StartError>>,
{
    let loaded = match config::load::<T>() {
        Ok(loaded) => loaded,
        Err(error) => return fail(&lifecycle::chain(&error)),
    };
    let mut arguments = std::env::args().skip(1);
    let command = match arguments.next().as_deref() {
        None | Some("serve") => Command::Serve,
        Some("migrate") => Command::Migrate,
        Some("config") => return print(&loaded, arguments.next().as_deref() == Some("--json")),
        Some(other) => Command::Other(other.to_owned(), arguments.collect()),
    };
    telemetry::init(loaded.config.telemetry());
    let is_service = command == Command::Serve;
    lifecycle::run(|life| async move {
        start(command, loaded.config, life.clone()).await?;
        if !is_service {
            life.shut_down();
        }
        Ok(())
    })
}

#[expect(clippy::print_stderr, reason = "the log is not configured yet")]
fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}

#[expect(clippy::print_stdout, reason = "the command's purpose")]
fn print<T: Serialize>(loaded: &Loaded<T>, as_json: bool) -> ExitCode {
    let settings = loaded.settings();
    if as_json {
        println!(
            "{}",
            serde_json::to_string_pretty(&settings).unwrap_or_default()
        );
    } else {
        for setting in settings {
            println!("{} = {}  ({})", setting.key, setting.value, setting.origin);
        }
    }
    ExitCode::SUCCESS
}
