//! A realtime service of one's own: its own topics, two projects, a real socket.

use std::net::SocketAddr;
use std::time::Duration;

use event_schema::envelope::EnvelopeRef;
use event_schema::ids::ProjectId;
use identity::{ApiKey, Authority, KeyDirectory, KeyInfo, Scopes};
use realtime::{App, Config};
use serde_json::{Value, json};
use service_kit::config::KafkaConfig;
use service_kit::{Clock, Lifecycle};
use testing::{eventually, required};
use tokio::net::TcpListener;
use transport::kafka::{Admin, KafkaProducer, ProducerTuning};
use transport::{Producer as _, Record, Topic};
use uuid::Uuid;

use crate::clients::{Events, PATIENCE, Socket, http};

pub(crate) const A: ProjectId = ProjectId(Uuid::from_u128(0xA));
pub(crate) const B: ProjectId = ProjectId(Uuid::from_u128(0xB));

/// Keys of both projects.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) read_a: String,
    pub(crate) read_b: String,
    pub(crate) write_a: String,
    pub(crate) write_b: String,
    /// Of project A, for pages of `shop.example` only.
    pub(crate) write_shop: String,
    pub(crate) directory: KeyDirectory,
}

impl Keys {
    pub(crate) fn new() -> Self {
        let key = || ApiKey::generate().expose().to_owned();
        let (read_a, read_b, write_a, write_b, write_shop) = (key(), key(), key(), key(), key());
        let info = |project, slug, scopes| KeyInfo::new(project, slug, scopes);
        let mut of_shop = info(A, "shop-a", Scopes::CAPTURE);
        of_shop.allowed_domains = vec!["shop.example".to_owned().try_into().unwrap()];
        let directory = KeyDirectory::fixed(
            [
                (&read_a, info(A, "shop-a", Scopes::READ)),
                (&read_b, info(B, "shop-b", Scopes::READ)),
                (&write_a, info(A, "shop-a", Scopes::CAPTURE)),
                (&write_b, info(B, "shop-b", Scopes::CAPTURE)),
                (&write_shop, of_shop),
            ],
            Clock::system(),
        );
        Self {
            read_a,
            read_b,
            write_a,
            write_b,
            write_shop,
            directory,
        }
    }
}

/// Topics of one test's own.
pub(crate) struct Log {
    pub(crate) config: KafkaConfig,
    producer: KafkaProducer,
}

impl Log {
    pub(crate) async fn create() -> Self {
        let config = KafkaConfig {
            brokers: required("MILLRACE_TEST_KAFKA"),
            topic_prefix: format!("rt{}-", Uuid::new_v4().simple()),
            partitions: 3,
            ..KafkaConfig::default()
        };
        let admin = Admin::new(&config).unwrap();
        eventually(PATIENCE, || admin.ensure_topics()).await;
        let producer = KafkaProducer::start(&config, &ProducerTuning::default()).unwrap();
        eventually(PATIENCE, || producer.probe(Duration::from_secs(5))).await;
        Self { config, producer }
    }

    /// Appends an event, and gives its uuid.
    pub(crate) async fn append(
        &self,
        project: ProjectId,
        event: &str,
        person: &str,
        properties: &str,
    ) -> Uuid {
        let (uuid, now) = (Uuid::now_v7(), Clock::system().now_ms());
        let mut record = Vec::new();
        let envelope = EnvelopeRef {
            project_id: project,
            uuid,
            event,
            distinct_id: person,
            timestamp: now,
            received_at: now,
            sent_at: None,
            ip: None,
            user_agent: None,
            properties,
        };
        envelope.write_to(&mut record).unwrap();
        self.append_raw(Topic::Events, person, record).await;
        uuid
    }

    pub(crate) async fn append_raw(&self, topic: Topic, key: &str, record: Vec<u8>) {
        let record = Record::new(topic, key.to_owned(), record);
        for answer in self.producer.publish(vec![record]).await {
            answer.unwrap();
        }
    }
}

/// A configuration for the test's own topics.
pub(crate) fn config(log: &Log) -> Config {
    let mut config = Config {
        kafka: log.config.clone(),
        ..Config::default()
    };
    config.realtime.session_grace = Duration::from_millis(50);
    config
}

/// A running service. Dropping it stops it.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) lifecycle: Lifecycle,
}

impl Service {
    pub(crate) async fn start(config: Config, keys: &Keys) -> Self {
        let authority = Authority::of_keys(keys.directory.clone());
        let clock = Clock::system();
        let app = App::with_authority(config, authority, keys.directory.clone(), clock);
        let service = Self::launch(app).await;
        service.ready().await;
        service
    }

    pub(crate) async fn launch(app: App) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let lifecycle = Lifecycle::new();
        app.serve_on(listener, &lifecycle).unwrap();
        Self { address, lifecycle }
    }

    pub(crate) async fn ready(&self) {
        eventually(PATIENCE, || async {
            let (status, body) = self.get("/ready", &[]).await;
            if status == 200 { Ok(()) } else { Err(body) }
        })
        .await;
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> (u16, Value) {
        self.ask("GET", path, headers).await
    }

    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (u16, Value) {
        let mut request = http().request(method.parse().unwrap(), self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(json!(text)))
    }

    pub(crate) async fn watch(&self, query: &str, key: &str) -> Events {
        let path = self.url(&format!("/api/live-stream?{query}"));
        let (events, first) = Events::open(&path, &[("x-api-key", key)]).await;
        assert_eq!(first["type"], "connected");
        events
    }

    pub(crate) async fn socket(&self, path: &str, headers: &[(&str, &str)]) -> Socket {
        Socket::open(&self.address.to_string(), path, headers).await
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.lifecycle.shut_down();
    }
}
