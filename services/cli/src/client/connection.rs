//! Where the services are and which key is used: the command line, else the
//! environment, else the stack that runs on this machine.

use serde_json::Value;

use crate::args::Target;
use crate::home::Home;
use crate::launch::{Credentials, StackState};
use crate::output::Failure;

use super::answer::call;

/// An installation as seen by one command.
#[derive(Debug)]
pub(crate) struct Connection {
    /// For all requests.
    pub(crate) http: reqwest::Client,
    target: Target,
    stack: Option<StackState>,
    credentials: Option<Credentials>,
}

impl Connection {
    /// Gathers what is known; nothing is sent yet.
    pub(crate) fn new(home: &Home, target: &Target) -> Self {
        Self {
            http: reqwest::Client::new(),
            target: target.clone(),
            stack: StackState::read(home),
            credentials: Credentials::read(home),
        }
    }

    /// Where events are sent.
    ///
    /// # Errors
    /// When it is not known.
    pub(crate) fn capture_url(&self) -> anyhow::Result<String> {
        let known = self
            .stack
            .as_ref()
            .and_then(|stack| stack.urls.capture_url.clone());
        address(self.target.capture_url.clone().or(known), "--capture-url")
    }

    /// Where questions are asked.
    ///
    /// # Errors
    /// When it is not known.
    pub(crate) fn query_url(&self) -> anyhow::Result<String> {
        let known = self
            .stack
            .as_ref()
            .and_then(|stack| stack.urls.query_url.clone());
        address(self.target.query_url.clone().or(known), "--query-url")
    }

    /// Where accounts, projects and keys are.
    ///
    /// # Errors
    /// When it is not known.
    pub(crate) fn auth_url(&self) -> anyhow::Result<String> {
        let known = self
            .stack
            .as_ref()
            .and_then(|stack| stack.urls.auth_url.clone());
        address(self.target.auth_url.clone().or(known), "--auth-url")
    }

    /// The default project of this machine's stack.
    pub(crate) fn default_project(&self) -> Option<String> {
        self.credentials
            .as_ref()
            .map(|made| made.project_id.clone())
    }

    /// The owner of this machine's stack.
    pub(crate) fn owner_email(&self) -> Option<String> {
        self.credentials.as_ref().map(|made| made.email.clone())
    }

    /// A key that may send events.
    ///
    /// # Errors
    /// When none is known.
    pub(crate) fn write_key(&self) -> anyhow::Result<String> {
        self.key(|made| made.write_key.clone())
    }

    /// A key that may ask questions.
    ///
    /// # Errors
    /// When none is known.
    pub(crate) fn read_key(&self) -> anyhow::Result<String> {
        self.key(|made| made.read_key.clone())
    }

    fn key(&self, of: impl Fn(&Credentials) -> String) -> anyhow::Result<String> {
        self.target
            .api_key
            .clone()
            .or_else(|| self.credentials.as_ref().map(of))
            .ok_or_else(|| {
                Failure::refused("no key: give one with --api-key or MILLRACE_CLI_API_KEY")
            })
    }

    /// Asks one question of the query API.
    ///
    /// # Errors
    /// When it cannot be reached or refuses.
    pub(crate) async fn query(&self, body: &Value) -> anyhow::Result<Value> {
        let url = format!("{}/api/query", self.query_url()?);
        call(
            self.http
                .post(url)
                .header("X-API-Key", self.read_key()?)
                .json(body),
        )
        .await
    }
}

fn address(known: Option<String>, option: &str) -> anyhow::Result<String> {
    known
        .map(|url| url.trim_end_matches('/').to_owned())
        .ok_or_else(|| {
            Failure::unreachable(format!(
                "no address: start the stack with `millrace up`, or give {option}"
            ))
        })
}
