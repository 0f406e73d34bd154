//! Being somebody: the session that `millrace login` keeps.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::home::Home;
use crate::launch::Credentials;
use crate::output::Failure;
use crate::secrets::write_private;

use super::answer::call;
use super::connection::Connection;

/// A token this close to its end is exchanged before it is used.
const MARGIN: TimeDelta = TimeDelta::seconds(20);

/// Tokens of one login; kept in the state folder, readable by their owner only.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Where they are valid.
    auth_url: String,
    /// Whose they are.
    pub(crate) email: String,
    access_token: String,
    refresh_token: Option<String>,
    ends_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    refresh_token: Option<String>,
    #[serde(default)]
    expires_in: i64,
}

impl Session {
    fn path(home: &Home) -> PathBuf {
        home.secrets().join("login.json")
    }

    /// Logs in and keeps the session.
    ///
    /// # Errors
    /// When the service does not answer or refuses.
    pub(crate) async fn login(
        home: &Home,
        connection: &Connection,
        email: &str,
        password: &str,
    ) -> anyhow::Result<Self> {
        let auth_url = connection.auth_url()?;
        let request = connection
            .http
            .post(format!("{auth_url}/api/login"))
            .json(&json!({"username": email, "password": password}));
        let tokens: Tokens =
            serde_json::from_value(call(request).await?).context("reading the login's answer")?;
        Self::keep(home, auth_url, email.to_owned(), tokens)
    }

    fn keep(home: &Home, auth_url: String, email: String, tokens: Tokens) -> anyhow::Result<Self> {
        let session = Self {
            auth_url,
            email,
            access_token: tokens.access_token,
            refresh_token: tokens.refresh_token,
            ends_at: Utc::now() + TimeDelta::seconds(tokens.expires_in),
        };
        home.create()?;
        write_private(&Self::path(home), &serde_json::to_string(&session)?)?;
        Ok(session)
    }

    /// The kept session, renewed when it is near its end; without one, the
    /// owner's of this machine's stack, whose password lies in the state folder.
    ///
    /// # Errors
    /// When there is neither, or the service refuses.
    pub(crate) async fn current(home: &Home, connection: &Connection) -> anyhow::Result<Self> {
        let auth_url = connection.auth_url()?;
        let kept = fs::read_to_string(Self::path(home))
            .ok()
            .and_then(|text| serde_json::from_str::<Self>(&text).ok());
        if let Some(session) = kept.filter(|session| session.auth_url == auth_url) {
            if session.ends_at > Utc::now() + MARGIN {
                return Ok(session);
            }
            if let Ok(renewed) = session.renew(home, connection).await {
                return Ok(renewed);
            }
        }
        let owner = connection
            .owner_email()
            .zip(fs::read_to_string(Credentials::password_file(home)).ok());
        let Some((email, password)) = owner else {
            return Err(Failure::refused("not logged in: run `millrace login`"));
        };
        Self::login(home, connection, &email, password.trim_end()).await
    }

    async fn renew(&self, home: &Home, connection: &Connection) -> anyhow::Result<Self> {
        let request = connection
            .http
            .post(format!("{}/api/refresh", self.auth_url))
            .json(&json!({"refresh_token": self.refresh_token}));
        let tokens: Tokens = serde_json::from_value(call(request).await?)?;
        Self::keep(home, self.auth_url.clone(), self.email.clone(), tokens)
    }

    /// Calls the auth API as this account.
    ///
    /// # Errors
    /// When the service does not answer or refuses.
    pub(crate) async fn call(
        &self,
        connection: &Connection,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let mut request = connection
            .http
            .request(method, format!("{}{path}", self.auth_url))
            .bearer_auth(&self.access_token);
        if let Some(body) = body {
            request = request.json(body);
        }
        call(request).await
    }
}
