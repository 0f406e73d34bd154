//! A front of its own for the tests, and ways to talk to it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use clickhouse::Client;
use testing::eventually;

/// A running process on a folder of its own. Dropped, it is killed.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) folder: PathBuf,
    child: Mutex<Child>,
    _own: Option<tempfile::TempDir>,
}

impl Server {
    /// Starts a server on a fresh folder.
    pub(crate) async fn start(variables: &[(&str, &str)]) -> Self {
        let own = tempfile::tempdir().unwrap();
        let mut server = Self::start_on(own.path(), variables).await;
        server._own = Some(own);
        server
    }

    /// Starts a server on `folder` and waits until it answers.
    pub(crate) async fn start_on(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let port = free_port();
        let mut child = command(folder, port, variables).spawn().unwrap();
        let url = format!("http://127.0.0.1:{port}");
        eventually(Duration::from_secs(120), || {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "the server has ended: {ended:?}");
            http().get(format!("{url}/ping")).send()
        })
        .await;
        Self {
            url,
            folder: folder.to_owned(),
            child: Mutex::new(child),
            _own: None,
        }
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// Kills the process as a crash would.
    pub(crate) fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for the process to end and gives its exit code.
    pub(crate) async fn ended(&self) -> Option<i32> {
        eventually(Duration::from_secs(120), || async {
            self.child
                .lock()
                .unwrap()
                .try_wait()
                .unwrap()
                .ok_or("still running")
        })
        .await
        .code()
    }

    /// A `clickhouse` client without a database.
    pub(crate) fn client(&self) -> Client {
        Client::default().with_url(&self.url)
    }

    /// Posts a statement as its body; gives status and text.
    pub(crate) async fn post(&self, sql: impl Into<reqwest::Body>) -> (u16, String) {
        self.send("", sql).await
    }

    /// Posts a body with URL parameters.
    pub(crate) async fn send(&self, query: &str, body: impl Into<reqwest::Body>) -> (u16, String) {
        let answer = http()
            .post(format!("{}/?{query}", self.url))
            .body(body)
            .send()
            .await;
        let answer = answer.unwrap();
        let status = answer.status().as_u16();
        (
            status,
            String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned(),
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program as it is started.
pub(crate) fn command(folder: &Path, port: u16, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new("env");
    // A file that may not grow is an error to the program then, as a full disk is, and no signal.
    command
        .arg("--ignore-signal=XFSZ")
        .arg(env!("CARGO_BIN_EXE_clickhouse-embedded"));
    for (name, _) in std::env::vars().filter(|(name, _)| is_ours(name)) {
        command.env_remove(name);
    }
    command
        .env("MILLRACE_ENGINE__LISTEN", format!("127.0.0.1:{port}"))
        .env("MILLRACE_ENGINE__PATH", folder)
        .env("MILLRACE_TELEMETRY__LOG_FILTER", "warn")
        .envs(variables.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// The library's place may come from outside, everything else not.
fn is_ours(name: &str) -> bool {
    name.starts_with("MILLRACE_") && name != "MILLRACE_ENGINE__LIBRARY"
}

/// A port that nobody has now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// The server that most tests share; it ends with the last of them.
pub(crate) async fn shared() -> Arc<Server> {
    static SHARED: tokio::sync::Mutex<Weak<Server>> = tokio::sync::Mutex::const_new(Weak::new());
    let mut shared = SHARED.lock().await;
    if let Some(server) = shared.upgrade() {
        return server;
    }
    let server = Arc::new(Server::start(&[]).await);
    *shared = Arc::downgrade(&server);
    server
}

/// A database of one test's own, on the embedded engine or on a server named from outside.
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) name: String,
    pub(crate) client: Client,
    _server: Option<Arc<Server>>,
}

impl Database {
    pub(crate) async fn create() -> Self {
        let (url, server) = match std::env::var("MILLRACE_TEST_CLICKHOUSE_URL") {
            Ok(url) if !url.is_empty() => (url, None),
            _ => {
                let server = shared().await;
                (server.url.clone(), Some(server))
            }
        };
        let name = format!("millrace_test_{}", uuid::Uuid::new_v4().simple());
        let client = Client::default().with_url(&url);
        client
            .query(&format!("CREATE DATABASE {name}"))
            .execute()
            .await
            .unwrap();
        let client = client.with_database(&name);
        Self {
            url,
            name,
            client,
            _server: server,
        }
    }

    /// Runs a statement in this database.
    pub(crate) async fn run(&self, sql: &str) {
        if let Err(error) = self.client.query(sql).execute().await {
            panic!("{sql}: {error}");
        }
    }

    /// The one number that a statement gives.
    pub(crate) async fn number(&self, sql: &str) -> u64 {
        self.client
            .query(sql)
            .fetch_one()
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// A POST to this database with more URL parameters.
    pub(crate) fn post(&self, query: &str) -> reqwest::RequestBuilder {
        http().post(format!("{}/?database={}&{query}", self.url, self.name))
    }

    /// How many statements are running that hold `text`, this one apart.
    pub(crate) async fn running(&self, text: &str) -> u64 {
        self.client
            .query(
                "SELECT count() FROM system.processes \
                 WHERE position(query, {text:String}) > 0 AND position(query, 'processes') = 0",
            )
            .param("text", text)
            .fetch_one()
            .await
            .unwrap()
    }

    /// Removes the database.
    pub(crate) async fn drop(self) {
        let sql = format!("DROP DATABASE {} SYNC", self.name);
        Client::default()
            .with_url(&self.url)
            .query(&sql)
            .execute()
            .await
            .unwrap();
    }
}

/// A plain HTTP client. The workspace builds `reqwest` without a choice of cryptography.
pub(crate) fn http() -> reqwest::Client {
    // An error means that another test was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
