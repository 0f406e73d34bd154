//! The first account, project and keys: made once by auth-api, remembered here
//! so that `status` can print them and programs can start from them.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use crate::home::Home;
use crate::secrets::{self, write_private};

use super::child;
use super::component::Launch;

/// The address of the first account.
const OWNER: &str = "owner@localhost.localdomain";

/// What the first start made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Credentials {
    /// The owner's login.
    pub(crate) email: String,
    /// The default project.
    pub(crate) project_id: String,
    /// A key that may only send events.
    pub(crate) write_key: String,
    /// A key that may only ask questions.
    pub(crate) read_key: String,
}

impl Credentials {
    fn path(home: &Home) -> PathBuf {
        home.secrets().join("project.json")
    }

    /// What an earlier start made.
    pub(crate) fn read(home: &Home) -> Option<Self> {
        serde_json::from_str(&fs::read_to_string(Self::path(home)).ok()?).ok()
    }

    /// The file that holds the owner's password.
    pub(crate) fn password_file(home: &Home) -> PathBuf {
        secrets::path_of(home, "owner-password")
    }
}

/// Makes account, project and keys unless they are there.
///
/// # Errors
/// When auth-api refuses or answers something else.
pub(super) fn ensure(home: &Home, auth_api: Launch) -> anyhow::Result<()> {
    if Credentials::read(home).is_some() {
        return Ok(());
    }
    let password = secrets::get_or_create(home, "owner-password")?;
    let launch = auth_api.arguments([
        "bootstrap",
        "--email",
        OWNER,
        "--project",
        "default",
        "--password-stdin",
    ]);
    let printed =
        child::run(home.root(), &launch, Some(&password)).context("creating the first project")?;
    let Some(line) = printed
        .lines()
        .rev()
        .find(|line| line.trim_start().starts_with('{'))
    else {
        bail!("auth-api bootstrap printed no credentials: {printed}");
    };
    let made: Credentials =
        serde_json::from_str(line).context("reading what auth-api bootstrap printed")?;
    write_private(
        &Credentials::path(home),
        &serde_json::to_string_pretty(&made)?,
    )
}
