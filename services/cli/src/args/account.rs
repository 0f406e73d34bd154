//! Accounts, projects, keys, and which installation is meant.

use clap::{Args, Subcommand};

/// Which installation a command talks to: this machine's unless told otherwise.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Installation")]
pub(crate) struct Target {
    /// Where events are sent
    #[arg(
        long,
        global = true,
        env = "MILLRACE_CLI_CAPTURE_URL",
        value_name = "URL"
    )]
    pub(crate) capture_url: Option<String>,
    /// Where questions are asked
    #[arg(
        long,
        global = true,
        env = "MILLRACE_CLI_QUERY_URL",
        value_name = "URL"
    )]
    pub(crate) query_url: Option<String>,
    /// Where accounts, projects and keys are
    #[arg(long, global = true, env = "MILLRACE_CLI_AUTH_URL", value_name = "URL")]
    pub(crate) auth_url: Option<String>,
    /// The key of a project
    #[arg(
        long,
        global = true,
        env = "MILLRACE_CLI_API_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub(crate) api_key: Option<String>,
}

/// Options of `login`. The password comes from the terminal or standard input.
#[derive(Debug, Clone, Args)]
pub(crate) struct Login {
    /// The account [default: the owner of this machine's stack]
    #[arg(long)]
    pub(crate) email: Option<String>,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `register`. The password comes from the terminal or standard input.
#[derive(Debug, Clone, Args)]
pub(crate) struct Register {
    /// The new account
    #[arg(long)]
    pub(crate) email: String,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `projects`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Projects {
    #[command(subcommand)]
    pub(crate) command: Option<ProjectCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// What is done with projects.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ProjectCommand {
    /// Show the projects of this account
    List,
    /// Make a project
    Create {
        /// Its name
        name: String,
        /// Its short name for URLs and queries [default: made from the name]
        #[arg(long)]
        slug: Option<String>,
    },
    /// Give a project another name
    Rename {
        /// Its id or slug
        project: String,
        /// Its new name
        name: String,
        /// Its new short name [default: stays]
        #[arg(long)]
        slug: Option<String>,
    },
    /// Delete a project with its members and keys; nobody reaches its events any more
    Delete {
        /// Its id or slug
        project: String,
        /// Do not ask whether that is meant
        #[arg(long)]
        yes: bool,
    },
}

/// Options of `keys`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    pub(crate) command: Option<KeyCommand>,
    /// The project [default: the first project of this machine's stack]
    #[arg(long, global = true)]
    pub(crate) project: Option<String>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// What is done with keys.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum KeyCommand {
    /// Show the keys of the project; only their beginnings are known
    List,
    /// Make a key; it is shown once
    Create {
        /// What it is for
        #[arg(long)]
        name: Option<String>,
        /// What it may do: capture, read (comma-separated)
        #[arg(long, value_delimiter = ',', default_value = "capture")]
        scopes: Vec<String>,
        /// Sites that may use it [default: all]
        #[arg(long = "domain", value_name = "DOMAIN")]
        domains: Vec<String>,
    },
    /// Make a key useless
    Revoke {
        /// Its id, as `keys list` shows it
        id: String,
    },
}
