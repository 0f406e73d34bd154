//! One file a command.

mod completions;
mod config;
mod dlq;
mod doctor;
mod down;
mod erase;
mod export;
mod grow;
mod import;
mod in_flight;
mod list_proof;
mod list_report;
mod login;
mod logs;
mod projects;
mod query;
mod reconcile;
mod replay;
mod send;
mod single;
mod status;
mod tail;
mod topics;
mod trace;
mod up;

use std::process::ExitCode;

use crate::args::{Arguments, Command};
use crate::home::Home;

/// Does what the command line asks for.
///
/// # Errors
/// When that fails; the error tells the exit code.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let home = Home::locate(arguments.home.as_deref())?;
    // One thread: the kernel ties the life of the stack's processes to the
    // thread that started them, and nothing here needs more.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match arguments.command {
            Command::Up(options) => up::run(&home, options).await,
            Command::Down => down::run(&home),
            Command::Stop { service } => single::stop(&home, &service).await,
            Command::Start { service } => single::start(&home, &service).await,
            Command::Restart { service } => single::restart(&home, &service).await,
            Command::Status(options) => status::run(&home, options).await,
            Command::Logs(options) => logs::run(&home, &options).await,
            Command::Doctor(options) => doctor::run(&home, options).await,
            Command::Login(options) => login::login(&home, &options).await,
            Command::Register(options) => login::register(&home, &options).await,
            Command::Projects(options) => projects::projects(&home, &options).await,
            Command::Keys(options) => projects::keys(&home, &options).await,
            Command::Send(options) => send::run(&home, &options).await,
            Command::Import(options) => import::run(&home, &options).await,
            Command::Export(options) => export::run(&home, &options).await,
            Command::Query(options) => query::run(&home, &options).await,
            Command::Tail(options) => tail::run(&home, &options).await,
            Command::Topics(options) => topics::run(&home, &options).await,
            Command::Reconcile(options) => reconcile::run(&home, &options).await,
            Command::Sweep(options) => reconcile::sweep(&home, &options).await,
            Command::Replay(options) => replay::run(&home, &options),
            Command::Erase(options) => erase::run(&home, &options).await,
            Command::Trace(options) => trace::run(&home, &options).await,
            Command::Dlq(options) => dlq::run(&home, &options).await,
            Command::Config(options) => config::run(&home, &options),
            Command::Completions { shell } => completions::run(shell),
        }
    })
}
