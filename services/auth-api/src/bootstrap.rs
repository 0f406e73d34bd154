//! `auth-api bootstrap`: the first account, project and keys, made once.
//!
//! Everything that is there already is kept, so the command may run at every
//! start. What it prints is one line of JSON on stdout.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use identity::store::{KeyRow, NewUser, ProjectRow};
use identity::{ApiKey, Email, Scope, Scopes};
use secrecy::SecretString;
use serde::Serialize;
use service_kit::entry::StartError;
use uuid::Uuid;

use crate::endpoints::api_keys::{self, Wanted};
use crate::endpoints::projects;
use crate::state::AppState;

/// What the command line asks for.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "auth-api bootstrap")]
pub struct Arguments {
    /// Address of the owner.
    #[arg(long)]
    email: String,
    /// Name of the project; its slug is made from it.
    #[arg(long, default_value = "default")]
    project: String,
    /// Reads the owner's password from standard input. Used when the account
    /// is made; an existing account keeps its own.
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
    /// Reads the owner's password from a file.
    #[arg(long)]
    password_file: Option<PathBuf>,
    /// A file with a key for sending: kept when it is valid.
    #[arg(long)]
    write_key_file: Option<PathBuf>,
    /// A file with a key for reading: kept when it is valid.
    #[arg(long)]
    read_key_file: Option<PathBuf>,
}

/// What there is afterwards.
#[derive(Serialize)]
pub struct Made {
    /// Address of the owner.
    pub email: String,
    /// The owner's password, when it was made up here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The project.
    pub project_id: Uuid,
    /// Its slug.
    pub slug: String,
    /// A key that may only send.
    pub write_key: String,
    /// A key that may only read.
    pub read_key: String,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made")
            .field("project_id", &self.project_id)
            .finish_non_exhaustive()
    }
}

/// Makes what is missing.
///
/// # Errors
/// An unreadable file, an address that is none, an unavailable database.
pub async fn bootstrap(state: &AppState, arguments: &Arguments) -> Result<Made, StartError> {
    let email = Email::parse(&arguments.email).map_err(|error| format!("--email: {error}"))?;
    let (owner, password) = owner(state, &email, arguments).await?;
    let project = project(state, owner, &arguments.project).await?;
    let write_key = key(
        state,
        &project,
        Scope::Capture,
        arguments.write_key_file.as_deref(),
    )
    .await?;
    let read_key = key(
        state,
        &project,
        Scope::Read,
        arguments.read_key_file.as_deref(),
    )
    .await?;
    Ok(Made {
        email: email.into(),
        password,
        project_id: project.id.0,
        slug: project.slug,
        write_key: write_key.expose().to_owned(),
        read_key: read_key.expose().to_owned(),
    })
}

/// The account of `email`, and its password when that was made up here.
async fn owner(
    state: &AppState,
    email: &Email,
    arguments: &Arguments,
) -> Result<(Uuid, Option<String>), StartError> {
    if let Some(account) = state.store.credentials(email).await? {
        return Ok((account.id, None));
    }
    let given = given_password(arguments)?;
    let made_up = given
        .is_none()
        .then(|| ApiKey::generate().expose()[3..27].to_owned());
    let password = given.or(made_up.clone()).unwrap_or_default();
    let password_hash = state.hash_password(SecretString::from(password)).await?;
    let id = Uuid::now_v7();
    let user = NewUser {
        id,
        email,
        password_hash: &password_hash,
        created_at: state.clock.now(),
    };
    if state.store.create_user(&user).await? {
        return Ok((id, made_up));
    }
    // Somebody registered in between: that account is as good.
    let account = state
        .store
        .credentials(email)
        .await?
        .ok_or("the account was deleted meanwhile")?;
    Ok((account.id, None))
}

fn given_password(arguments: &Arguments) -> Result<Option<String>, StartError> {
    let text = if arguments.password_stdin {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    } else if let Some(file) = &arguments.password_file {
        read(file)?
    } else {
        return Ok(None);
    };
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err("the password is empty".into());
    }
    Ok(Some(password.to_owned()))
}

/// The owner's project of that name (or slug).
async fn project(state: &AppState, owner: Uuid, name: &str) -> Result<ProjectRow, StartError> {
    let existing = state.store.projects_of(owner).await?;
    match existing
        .into_iter()
        .find(|project| project.name == name || project.slug == name)
    {
        Some(project) => Ok(project),
        None => Ok(projects::create(state, owner, name, None).await?),
    }
}

/// A key of `project` for `scope`: the one in `file` when it is good, else a
/// new one.
async fn key(
    state: &AppState,
    project: &ProjectRow,
    scope: Scope,
    file: Option<&Path>,
) -> Result<ApiKey, StartError> {
    let scopes = Scopes::from_iter([scope]);
    let name = format!("first {scope} key");
    if let Some(key) = file.filter(|file| file.exists()).map(read).transpose()?
        && let Some(key) = ApiKey::parse(key.trim())
    {
        let speaks = |row: &KeyRow| {
            row.project_id == project.id.0 && row.scopes.iter().any(|name| name == scope.as_str())
        };
        match state.store.valid_key(key.hash(), state.clock.now()).await? {
            Some(row) if speaks(&row) => return Ok(key),
            Some(_) => {}
            // Unknown to a new database: it is taken over. One that was
            // revoked is not.
            None => {
                let wanted = Wanted::unrestricted(scopes);
                if api_keys::register(state, &key, project.id, None, &name, &wanted)
                    .await?
                    .is_some()
                {
                    return Ok(key);
                }
            }
        }
    }
    let (key, _) =
        api_keys::create(state, project.id, None, &name, Wanted::unrestricted(scopes)).await?;
    Ok(key)
}

fn read(file: &Path) -> Result<String, StartError> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()).into())
}
