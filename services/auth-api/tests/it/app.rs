//! A running service and what people do with it.

use std::net::SocketAddr;

use auth_api::{App, AppState, Config};
use chrono::DateTime;
use identity::Passwords;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use service_kit::config::Secret;
use service_kit::{Clock, Lifecycle};
use tempfile::TempDir;
use testing::TestDatabase;
use tokio::net::TcpListener;

/// The password of everybody here.
pub(crate) const PASSWORD: &str = "correct horse";

/// A service on free ports.
pub(crate) struct TestApp {
    pub(crate) clock: Clock,
    pub(crate) state: AppState,
    pub(crate) database: TestDatabase,
    public: SocketAddr,
    internal: SocketAddr,
    client: Client,
    life: Lifecycle,
    _folder: TempDir,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of a 200.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// Status and `code` of an answer that is not success.
    #[track_caller]
    pub(crate) fn error(&self) -> (u16, &str) {
        assert!(self.body["detail"].is_string(), "{self:?}");
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    /// The paths that its faults name.
    pub(crate) fn paths(&self) -> Vec<&str> {
        let faults = self.body["errors"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        faults
            .iter()
            .filter_map(|fault| fault["path"].as_str())
            .collect()
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With `change` made to the configuration.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::create().await;
        let url = database.url_as("millrace_auth");
        Self::on(database, url, change).await
    }

    /// On a database that is reached by `url`.
    pub(crate) async fn on(
        database: TestDatabase,
        url: String,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.postgres.url = Secret::new(url);
        config.auth.signing_key_path = folder.path().join("jwt.pem");
        change(&mut config);
        let clock = Clock::manual(DateTime::from_timestamp(1_795_000_000, 0).unwrap());
        let state =
            AppState::with_passwords(&config, clock.clone(), Passwords::weak_for_tests().unwrap())
                .unwrap();
        state.store.migrate().await.unwrap();
        let life = Lifecycle::new();
        let app = App::new(state.clone(), &life).unwrap();
        let public = listen(&life, app.router()).await;
        let internal = listen(&life, app.internal_router()).await;
        // A second installation in the same process changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::new();
        Self {
            clock,
            state,
            database,
            public,
            internal,
            client,
            life,
            _folder: folder,
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("http://{}{path}", self.public))
    }

    pub(crate) fn internal(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("http://{}{path}", self.internal))
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        send(self.request(Method::POST, path).json(&body)).await
    }

    /// As somebody who is signed in; `Value::Null` is no body.
    pub(crate) async fn call(
        &self,
        person: &Person,
        method: Method,
        path: &str,
        body: Value,
    ) -> Answer {
        let request = self.request(method, path).bearer_auth(&person.access);
        send(if body.is_null() {
            request
        } else {
            request.json(&body)
        })
        .await
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Answer {
        self.post(
            "/api/login",
            json!({"username": email, "password": password}),
        )
        .await
    }

    /// Registers and signs in.
    pub(crate) async fn sign_up(&self, email: &str) -> Person {
        self.post(
            "/api/register",
            json!({"email": email, "password": PASSWORD}),
        )
        .await
        .ok();
        self.sign_in(email).await
    }

    pub(crate) async fn sign_in(&self, email: &str) -> Person {
        Person::of(email, &self.login(email, PASSWORD).await.ok())
    }

    /// The id of a new project.
    pub(crate) async fn project(&self, owner: &Person, name: &str) -> String {
        let made = self
            .call(owner, Method::POST, "/api/projects", json!({"name": name}))
            .await
            .ok();
        made["id"].as_str().unwrap().to_owned()
    }
}

impl Person {
    pub(crate) fn of(email: &str, tokens: &Value) -> Self {
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        Self {
            email: email.to_owned(),
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.life.shut_down();
    }
}

/// Sends a request and reads the whole answer.
pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer {
        status,
        headers,
        body,
    }
}

async fn listen(life: &Lifecycle, router: axum::Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    life.spawn(
        "http",
        service_kit::http::serve(listener, router, Config::default().auth.http, life.soft()),
    );
    address
}
