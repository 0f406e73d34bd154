//! A running capture service and its clients.

use std::net::SocketAddr;
use std::sync::Arc;

use capture_api::App;
use capture_api::config::CaptureConfig;
use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use identity::{KeyDirectory, KeyInfo, Scopes};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use service_kit::{Clock, Lifecycle};
use tokio::net::TcpListener;
use transport::Topic;
use transport::memory::MemoryTransport;
use uuid::Uuid;

/// The key of project A, with nothing special.
pub(crate) const KEY_A: &str = "ak_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// The key of project B.
pub(crate) const KEY_B: &str = "ak_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
/// A key of project A that may only read.
pub(crate) const KEY_READ: &str = "ak_rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr";
/// A key of project A for the site shop.test.
pub(crate) const KEY_SITE: &str = "ak_sssssssssssssssssssssssssssssssssssssssssss";
/// A key of project A that has run out.
pub(crate) const KEY_OLD: &str = "ak_ooooooooooooooooooooooooooooooooooooooooooo";
/// A key of project A with a limit of 5 events a second.
pub(crate) const KEY_SLOW: &str = "ak_lllllllllllllllllllllllllllllllllllllllllll";

pub(crate) const PROJECT_A: ProjectId = ProjectId(Uuid::from_u128(0xa));
pub(crate) const PROJECT_B: ProjectId = ProjectId(Uuid::from_u128(0xb));

/// When the manual clock of every test stands: 2026-01-31T12:00:00.000Z.
pub(crate) const NOW_MS: i64 = 1_769_860_800_000;

/// A service with its log and a client.
pub(crate) struct Capture {
    pub(crate) log: MemoryTransport,
    pub(crate) address: SocketAddr,
    pub(crate) client: reqwest::Client,
    life: Lifecycle,
}

impl Capture {
    /// With the defaults.
    pub(crate) async fn start() -> Self {
        Self::start_with(CaptureConfig::default()).await
    }

    pub(crate) async fn start_with(config: CaptureConfig) -> Self {
        let log = MemoryTransport::new(12);
        let now = DateTime::<Utc>::from_timestamp_millis(NOW_MS).unwrap();
        let clock = Clock::manual(now);
        let keys = KeyDirectory::fixed(keys(), clock.clone());
        let producer = Arc::new(log.producer());
        let app = App::new(&config, keys, producer, clock).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let life = Lifecycle::new();
        app.spawn(listener, &life);
        Self {
            log,
            address,
            client: client(),
            life,
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    /// Sends a body to `/capture` with the key of A.
    pub(crate) async fn capture(&self, body: impl Into<reqwest::Body>) -> Answer {
        Answer::of(self.post("/capture").header("x-api-key", KEY_A).body(body)).await
    }

    /// The envelopes on the log, in the order of partitions and offsets.
    pub(crate) fn envelopes(&self) -> Vec<Value> {
        self.log
            .records(Topic::Events)
            .iter()
            .map(|record| {
                let envelope: Value = serde_json::from_slice(&record.payload).unwrap();
                assert_eq!(
                    envelope["distinct_id"].as_str().unwrap().as_bytes(),
                    record.key
                );
                envelope
            })
            .collect()
    }

    /// The one envelope there is.
    #[track_caller]
    pub(crate) fn envelope(&self) -> Value {
        let mut all = self.envelopes();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// Ends the service in order; whether it did.
    pub(crate) async fn stop(self) -> bool {
        self.life.shut_down();
        self.life.finish(std::time::Duration::from_secs(120)).await
    }
}

pub(crate) fn client() -> reqwest::Client {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn keys() -> Vec<(&'static str, KeyInfo)> {
    let key = |project, slug| KeyInfo::new(project, slug, Scopes::CAPTURE);
    let mut site = key(PROJECT_A, "shop");
    site.allowed_domains = vec!["shop.test".to_owned().try_into().unwrap()];
    let mut old = key(PROJECT_A, "shop");
    old.expires_at = DateTime::from_timestamp_millis(NOW_MS - 1);
    let mut slow = key(PROJECT_A, "shop");
    slow.events_per_second_max = Some(5);
    vec![
        (KEY_A, key(PROJECT_A, "shop")),
        (KEY_B, key(PROJECT_B, "blog")),
        (KEY_READ, KeyInfo::new(PROJECT_A, "shop", Scopes::READ)),
        (KEY_SITE, site),
        (KEY_OLD, old),
        (KEY_SLOW, slow),
    ]
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        Self::from(request.send().await.unwrap()).await
    }

    async fn from(response: Response) -> Self {
        let status = response.status();
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        let body = match text.is_empty() {
            true => Value::Null,
            false => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        };
        Self {
            status,
            headers,
            body,
        }
    }

    /// The code of the first refused event.
    pub(crate) fn code(&self) -> &str {
        let list = self.body["errors"]
            .as_array()
            .or(self.body["rejected"].as_array());
        list.and_then(|list| list.first())
            .and_then(|first| first["code"].as_str())
            .or(self.body["code"].as_str())
            .unwrap_or_default()
    }
}
