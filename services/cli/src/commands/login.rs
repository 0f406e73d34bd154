//! `millrace login` and `millrace register`.

use std::fs;
use std::io::{self, BufRead, IsTerminal};
use std::process::ExitCode;

use anyhow::Context;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde_json::json;

use crate::args;
use crate::client::{Connection, Session, call};
use crate::home::Home;
use crate::launch::Credentials;
use crate::output;

pub(super) async fn login(home: &Home, options: &args::Login) -> anyhow::Result<ExitCode> {
    let connection = Connection::new(home, &options.target);
    let (email, password) = match &options.email {
        Some(email) => (
            email.clone(),
            ask_password(&format!("password of {email}: "))?,
        ),
        None => {
            let email = connection
                .owner_email()
                .context("whose login? give --email")?;
            let file = Credentials::password_file(home);
            let password =
                fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
            (email, password.trim_end().to_owned())
        }
    };
    let session = Session::login(home, &connection, &email, &password).await?;
    output::note(format_args!("logged in as {}", session.email));
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn register(home: &Home, options: &args::Register) -> anyhow::Result<ExitCode> {
    let connection = Connection::new(home, &options.target);
    let password = ask_password(&format!("new password of {}: ", options.email))?;
    let url = format!("{}/api/register", connection.auth_url()?);
    let made = call(
        connection
            .http
            .post(url)
            .json(&json!({"email": options.email, "password": password})),
    )
    .await?;
    output::json(&made)?;
    Session::login(home, &connection, &options.email, &password).await?;
    Ok(ExitCode::SUCCESS)
}

/// Reads a line, without showing it when somebody types it.
fn ask_password(question: &str) -> anyhow::Result<String> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return read_line();
    }
    let shown = tcgetattr(&stdin)?;
    let mut hidden = shown.clone();
    hidden.local_modes -= LocalModes::ECHO;
    // Before the question: whoever types at once is not shown either.
    tcsetattr(&stdin, OptionalActions::Now, &hidden)?;
    output::note(question);
    let line = read_line();
    tcsetattr(&stdin, OptionalActions::Now, &shown)?;
    line
}

fn read_line() -> anyhow::Result<String> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .context("reading the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
