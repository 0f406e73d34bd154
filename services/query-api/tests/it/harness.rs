//! A query API of one's own: its own databases, two projects, no socket.

use axum::Router;
use axum::body::Body;
use event_schema::ids::ProjectId;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use identity::{Authority, KeyDirectory, KeyInfo, Scopes};
use query_api::{App, Config};
use serde_json::Value;
use service_kit::config::Secret;
use service_kit::{Clock, Lifecycle};
use std::time::Duration;
use testing::TestDatabase;
use tower::ServiceExt;
use uuid::Uuid;
use warehouse::testing::TestWarehouse;

pub(crate) const A: ProjectId = ProjectId(Uuid::from_u128(0xA));
pub(crate) const B: ProjectId = ProjectId(Uuid::from_u128(0xB));
pub(crate) const KEY_A: &str = "ak_of_project_a";
pub(crate) const KEY_B: &str = "ak_of_project_b";
/// A key of project A that may only send events.
pub(crate) const KEY_CAPTURE: &str = "ak_capture_only";

/// What anything may take in a test that is not about taking long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The stores of a test.
pub(crate) struct Stores {
    pub(crate) warehouse: TestWarehouse,
    pub(crate) database: TestDatabase,
}

/// A query API over them.
pub(crate) struct TestApp {
    pub(crate) router: Router,
    pub(crate) app: App,
    pub(crate) lifecycle: Lifecycle,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Stores {
    pub(crate) async fn create() -> Self {
        static LOGS: std::sync::Once = std::sync::Once::new();
        LOGS.call_once(|| {
            service_kit::telemetry::init(&service_kit::config::TelemetryConfig {
                log_filter: "warn".to_owned(),
                ..Default::default()
            });
        });
        let (warehouse, database) = tokio::join!(TestWarehouse::create(), TestDatabase::create());
        let stores = Self {
            warehouse,
            database,
        };
        App::migrate(&stores.config()).await.unwrap();
        stores
    }

    /// A configuration without Redis, with patience for a machine that does much
    /// else.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config {
            clickhouse: self.warehouse.config().clone(),
            ..Config::default()
        };
        config.postgres.url = Secret::new(self.database.url_as("millrace_query"));
        config.postgres.acquire_timeout = PATIENCE;
        config.query.cache_patience = PATIENCE;
        config.query.hint_patience = PATIENCE;
        config.query.interactive.time = PATIENCE;
        config.query.interactive.wait = PATIENCE;
        config.query.worker.lease = PATIENCE;
        config.query.worker.poll = Duration::from_millis(100);
        config.query.worker.heartbeat = Duration::from_millis(100);
        config
    }

    pub(crate) fn app(&self) -> TestApp {
        TestApp::of(self.config())
    }
}

/// The configuration with the test stack's Redis.
pub(crate) fn with_redis(mut config: Config) -> Config {
    config.redis.url = Secret::new(testing::required("MILLRACE_TEST_REDIS_URL"));
    config
}

pub(crate) fn authority() -> Authority {
    let info = |project, slug, scopes| KeyInfo::new(project, slug, scopes);
    Authority::of_keys(KeyDirectory::fixed(
        [
            (KEY_A, info(A, "a", Scopes::READ)),
            (KEY_B, info(B, "b", Scopes::READ)),
            (KEY_CAPTURE, info(A, "a", Scopes::CAPTURE)),
        ],
        Clock::system(),
    ))
}

impl TestApp {
    pub(crate) fn of(config: Config) -> Self {
        let lifecycle = Lifecycle::new();
        let app = App::with_authority(config, authority(), Clock::system()).unwrap();
        Self {
            router: app.router(&lifecycle),
            app,
            lifecycle,
        }
    }

    /// Starts what runs jobs.
    pub(crate) fn with_workers(self) -> Self {
        self.app.spawn_workers(&self.lifecycle);
        self
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        self.send_bytes(method, path, key, body).await
    }

    pub(crate) async fn send_bytes(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Vec<u8>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(key) = key {
            request = request.header("x-api-key", key);
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(Body::from(body)).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Some(KEY_A), None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(KEY_A), Some(body)).await
    }

    /// `POST /api/query` that must succeed; the whole envelope.
    pub(crate) async fn query(&self, kind: &str, params: Value) -> Value {
        let body = serde_json::json!({"type": kind, "params": params});
        let answer = self.post("/api/query", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{kind}: {}", answer.text);
        answer.body
    }

    /// A job that must end; its answer.
    pub(crate) async fn finish(&self, job_id: &str) -> Answer {
        let path = format!("/api/query/async/{job_id}");
        let ended = async || {
            let answer = self.get(&path).await;
            if answer.status == StatusCode::ACCEPTED {
                Err(answer.text)
            } else {
                Ok(answer)
            }
        };
        testing::eventually(2 * PATIENCE, ended).await
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.lifecycle.shut_down();
    }
}
