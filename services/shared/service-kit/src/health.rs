//! `/health` (the process is alive), `/ready` (what it needs answers, asked
//! now, within a deadline) and `/metrics`.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::future::{BoxFuture, join_all};
use http::StatusCode;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::metrics::MetricsHandle;

type Ask = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What a service needs in order to do its work.
#[derive(Clone)]
pub struct Health {
    probes: Vec<Probe>,
    stopping: CancellationToken,
    metrics: MetricsHandle,
}

#[derive(Clone)]
struct Probe {
    name: &'static str,
    deadline: Duration,
    ask: Ask,
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.probes.iter().map(|probe| probe.name))
            .finish()
    }
}

impl Health {
    /// A service without needs; `stopping` makes it not ready.
    #[must_use]
    pub fn new(stopping: CancellationToken, metrics: MetricsHandle) -> Self {
        Self {
            probes: Vec::new(),
            stopping,
            metrics,
        }
    }

    /// Adds a need: `ask` succeeds when `name` answers.
    #[must_use]
    pub fn needs<F, E>(
        mut self,
        name: &'static str,
        deadline: Duration,
        ask: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        let ask: Ask = Arc::new(move || {
            let answer = ask();
            Box::pin(async move { answer.await.map_err(|error| error.to_string()) })
        });
        self.probes.push(Probe {
            name,
            deadline,
            ask,
        });
        self
    }

    /// Whether everything needed answers, with each need's state.
    pub async fn check(&self) -> (bool, Value) {
        let answers = join_all(self.probes.iter().map(|probe| async move {
            let outcome = match tokio::time::timeout(probe.deadline, (probe.ask)()).await {
                Ok(outcome) => outcome,
                Err(_) => Err(format!(
                    "no answer within {} ms",
                    probe.deadline.as_millis()
                )),
            };
            (probe.name, outcome)
        }))
        .await;
        let is_ready =
            !self.stopping.is_cancelled() && answers.iter().all(|(_, outcome)| outcome.is_ok());
        let mut body = Map::new();
        body.insert(
            "status".to_owned(),
            json!(if is_ready { "ready" } else { "not ready" }),
        );
        for (name, outcome) in answers {
            let state = outcome.map_or_else(
                |error| format!("unavailable: {error}"),
                |()| "connected".to_owned(),
            );
            body.insert(name.to_owned(), Value::from(state));
        }
        if self.stopping.is_cancelled() {
            body.insert("detail".to_owned(), json!("shutting down"));
        }
        (is_ready, Value::Object(body))
    }

    /// The three routes.
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> axum::Router<S> {
        axum::Router::new()
            .route("/health", get(async || Json(json!({"status": "ok"}))))
            .route("/ready", get(ready))
            .route("/metrics", get(metrics))
            .with_state(self)
    }
}

async fn ready(State(health): State<Health>) -> Response {
    let (is_ready, body) = health.check().await;
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(body)).into_response()
}

async fn metrics(State(health): State<Health>) -> Response {
    (
        [(http::header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        health.metrics.render(),
    )
        .into_response()
}
