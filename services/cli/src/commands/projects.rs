//! `millrace projects` and `millrace keys`.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use anyhow::Context;
use comfy_table::{Table, presets};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::args;
use crate::client::{Connection, Session};
use crate::home::Home;
use crate::output::{self, Failure};

pub(super) async fn projects(home: &Home, options: &args::Projects) -> anyhow::Result<ExitCode> {
    let connection = Connection::new(home, &options.target);
    let session = Session::current(home, &connection).await?;
    let answer = match &options.command {
        None | Some(args::ProjectCommand::List) => {
            session
                .call(&connection, Method::GET, "/api/projects", None)
                .await?
        }
        Some(args::ProjectCommand::Create { name, slug }) => {
            let mut body = json!({"name": name});
            if let Some(slug) = slug {
                body["slug"] = json!(slug);
            }
            session
                .call(&connection, Method::POST, "/api/projects", Some(&body))
                .await?
        }
        Some(args::ProjectCommand::Rename {
            project,
            name,
            slug,
        }) => {
            let mut body = json!({"name": name});
            if let Some(slug) = slug {
                body["slug"] = json!(slug);
            }
            let path = format!("/api/projects/{project}");
            session
                .call(&connection, Method::PATCH, &path, Some(&body))
                .await?
        }
        Some(args::ProjectCommand::Delete { project, yes }) => {
            if !yes {
                confirm("deletes, with its members and keys,", project)?;
            }
            let path = format!("/api/projects/{project}");
            session
                .call(&connection, Method::DELETE, &path, None)
                .await?
        }
    };
    show(
        &answer,
        options.json,
        &["id", "slug", "name", "role", "created_at", "status"],
    )
}

pub(super) async fn keys(home: &Home, options: &args::Keys) -> anyhow::Result<ExitCode> {
    let connection = Connection::new(home, &options.target);
    let session = Session::current(home, &connection).await?;
    let project = options
        .project
        .clone()
        .or_else(|| connection.default_project())
        .context("which project? give --project (see `millrace projects`)")?;
    let keys = format!("/api/projects/{project}/api-keys");
    let answer = match &options.command {
        None | Some(args::KeyCommand::List) => {
            session.call(&connection, Method::GET, &keys, None).await?
        }
        Some(args::KeyCommand::Create {
            name,
            scopes,
            domains,
        }) => {
            let mut body = Map::from_iter([("scopes".to_owned(), json!(scopes))]);
            if let Some(name) = name {
                body.insert("name".to_owned(), json!(name));
            }
            if !domains.is_empty() {
                body.insert("allowed_domains".to_owned(), json!(domains));
            }
            let made = session
                .call(&connection, Method::POST, &keys, Some(&Value::Object(body)))
                .await?;
            output::note("this key is shown only once:");
            made
        }
        Some(args::KeyCommand::Revoke { id }) => {
            session
                .call(&connection, Method::DELETE, &format!("{keys}/{id}"), None)
                .await?
        }
    };
    show(
        &answer,
        options.json,
        &[
            "id",
            "key_prefix",
            "name",
            "scopes",
            "created_at",
            "last_used_at",
            "api_key",
            "status",
        ],
    )
}

/// Has the project's name typed once more before something that cannot be undone.
pub(super) fn confirm(does: &str, project: &str) -> anyhow::Result<()> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("to go on without being asked, add --yes"));
    }
    output::note(format_args!(
        "This {does} {project}, for good. Type {project} to go on:"
    ));
    let mut typed = String::new();
    io::stdin().read_line(&mut typed)?;
    if typed.trim() != project {
        return Err(Failure::usage("that is another name: nothing was done"));
    }
    Ok(())
}

/// The answer as it came, or as a table of those columns that it has.
fn show(answer: &Value, as_json: bool, columns: &[&str]) -> anyhow::Result<ExitCode> {
    if as_json {
        output::json(answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<&Value> = match answer {
        Value::Array(rows) => rows.iter().collect(),
        one => vec![one],
    };
    let present: Vec<&str> = columns
        .iter()
        .copied()
        .filter(|column| rows.iter().any(|row| row.get(column).is_some()))
        .collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(&present);
    for row in rows {
        table.add_row(present.iter().map(|column| cell(row.get(column))));
    }
    output::data(table.trim_fmt());
    Ok(ExitCode::SUCCESS)
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| cell(Some(item)))
            .collect::<Vec<_>>()
            .join(","),
        Some(other) => other.to_string(),
    }
}
