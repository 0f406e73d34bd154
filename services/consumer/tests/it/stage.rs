//! What a test plays on: topics, a database, events, consumer processes.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use event_schema::envelope::EnvelopeRef;
use event_schema::ids::ProjectId;
use service_kit::config::{ClickhouseConfig, KafkaConfig};
use testing::{eventually, required};
use transport::kafka::{Admin, KafkaProducer, ProducerTuning, Reader};
use transport::{Position, Producer, Record, Topic};
use uuid::Uuid;
use warehouse::Warehouse;
use warehouse::proof::reconcile::reconcile;
use warehouse::proof::{Extent, Reconciliation};
use warehouse::testing::TestWarehouse;

pub(crate) const PROJECT: ProjectId = ProjectId(Uuid::from_u128(0xa11ce));
/// As long as anything may take on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(120);
const SOON: Duration = Duration::from_secs(120);

/// Topics and a database of a test's own.
pub(crate) struct Stage {
    pub(crate) warehouse: TestWarehouse,
    pub(crate) kafka: KafkaConfig,
    producer: Arc<KafkaProducer>,
}

/// An event as a test sends it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) uuid: Uuid,
    pub(crate) person: String,
    pub(crate) event: String,
    pub(crate) timestamp: i64,
    pub(crate) sent_at: Option<i64>,
    pub(crate) properties: String,
}

impl Sent {
    /// Event number `n` of now, of one of a hundred persons.
    pub(crate) fn number(n: u32) -> Self {
        Self {
            uuid: Uuid::now_v7(),
            person: format!("person {}", n % 100),
            event: "order".to_owned(),
            timestamp: now(),
            sent_at: None,
            properties: format!(r#"{{"n":{n}}}"#),
        }
    }

    /// Many of them.
    pub(crate) fn many(count: u32) -> Vec<Self> {
        (0..count).map(Self::number).collect()
    }

    pub(crate) fn record(&self) -> Record {
        let mut payload = Vec::new();
        EnvelopeRef {
            project_id: PROJECT,
            uuid: self.uuid,
            event: &self.event,
            distinct_id: &self.person,
            timestamp: self.timestamp,
            received_at: now(),
            sent_at: self.sent_at,
            ip: None,
            user_agent: None,
            properties: &self.properties,
        }
        .write_to(&mut payload)
        .unwrap();
        Record::new(Topic::Events, Bytes::from(self.person.clone()), payload)
    }
}

pub(crate) fn now() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

impl Stage {
    /// Fresh topics of two partitions and a fresh database.
    pub(crate) async fn new() -> Self {
        Self::over(TestWarehouse::create().await).await
    }

    /// Fresh topics, and the given database.
    pub(crate) async fn over(warehouse: TestWarehouse) -> Self {
        let kafka = KafkaConfig {
            brokers: required("MILLRACE_TEST_KAFKA"),
            topic_prefix: format!("consumer-{:08x}-", rand::random::<u32>()),
            partitions: 2,
            ..KafkaConfig::default()
        };
        Admin::new(&kafka).unwrap().ensure_topics().await.unwrap();
        let producer = KafkaProducer::start(&kafka, &ProducerTuning::default()).unwrap();
        eventually(SOON, || producer.probe(SOON)).await;
        Self {
            warehouse,
            kafka,
            producer: Arc::new(producer),
        }
    }

    /// The same stage with a producer of its own, which knows nothing of the
    /// topics as they were.
    pub(crate) async fn again(mut self) -> Self {
        let producer = KafkaProducer::start(&self.kafka, &ProducerTuning::default()).unwrap();
        eventually(SOON, || producer.probe(SOON)).await;
        self.producer = Arc::new(producer);
        self
    }

    /// A consumer process on this stage.
    pub(crate) fn consumer(&self) -> Consumer {
        self.consumer_with(&[])
    }

    /// The same with other settings (`CONSUMER__INSERT__TIMEOUT`, `2s`).
    pub(crate) fn consumer_with(&self, settings: &[(&str, &str)]) -> Consumer {
        let ClickhouseConfig {
            url,
            database,
            password,
            ..
        } = self.warehouse.config();
        let partitions = self.kafka.partitions.to_string();
        let mut values = BTreeMap::from([
            ("CLICKHOUSE__URL", url.as_str()),
            ("CLICKHOUSE__DATABASE", database),
            ("CLICKHOUSE__PASSWORD", password.expose()),
            ("KAFKA__BROKERS", &self.kafka.brokers),
            ("KAFKA__TOPIC_PREFIX", &self.kafka.topic_prefix),
            ("KAFKA__PARTITIONS", &partitions),
            ("CONSUMER__HTTP__LISTEN", "127.0.0.1:0"),
            ("TELEMETRY__LOG_FILTER", "info,consumer=debug"),
        ]);
        values.extend(settings.iter().copied());
        let mut command = Command::new(testing::binary("consumer"));
        command.stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MILLRACE_")) {
            command.env_remove(name);
        }
        for (name, value) in values {
            command.env(format!("MILLRACE_{name}"), value);
        }
        Consumer {
            process: command.spawn().unwrap(),
        }
    }

    /// Appends events to the log, as capture does.
    pub(crate) async fn send(&self, events: &[Sent]) -> Vec<Position> {
        self.send_records(events.iter().map(Sent::record).collect())
            .await
    }

    pub(crate) async fn send_records(&self, records: Vec<Record>) -> Vec<Position> {
        let answers = self.producer.publish(records).await;
        answers.into_iter().map(Result::unwrap).collect()
    }

    /// Waits until everything in the log is accounted for, and answers the
    /// proof.
    pub(crate) async fn settled(&self) -> Reconciliation {
        eventually(LONG, || async {
            let proof = self.reconcile().await;
            if proof.in_flight == 0 && proof.accepted == self.log_length().await {
                Ok(proof)
            } else {
                Err(proof)
            }
        })
        .await
    }

    /// Records in the log.
    pub(crate) async fn log_length(&self) -> u64 {
        self.ends().await.values().sum()
    }

    async fn ends(&self) -> BTreeMap<u32, u64> {
        let reader = Reader::new(&self.kafka).unwrap();
        // A busy broker may not know yet who leads a topic that is just made.
        let marks = eventually(LONG, || reader.watermarks(Topic::Events, SOON)).await;
        marks
            .into_iter()
            .map(|(partition, marks)| (partition, marks.end))
            .collect()
    }

    /// The proof without the log's own ends.
    pub(crate) async fn reconcile_tables(&self) -> Reconciliation {
        reconcile(self.database(), &Extent::default(), None, now())
            .await
            .unwrap()
    }

    /// The proof as it stands.
    pub(crate) async fn reconcile(&self) -> Reconciliation {
        let ends = self.ends().await;
        reconcile(self.database(), &Extent::default(), Some(&ends), now())
            .await
            .unwrap()
    }

    pub(crate) fn database(&self) -> &Warehouse {
        self.warehouse.warehouse()
    }

    /// Rows of the events table.
    pub(crate) async fn rows(&self) -> u64 {
        self.warehouse.number("SELECT count() FROM events").await
    }

    /// Different events among them.
    pub(crate) async fn events(&self) -> u64 {
        self.warehouse
            .number("SELECT uniqExact(project_id, distinct_id, uuid) FROM events")
            .await
    }

    /// Waits until the table has so many rows.
    pub(crate) async fn rows_reach(&self, count: u64) {
        eventually(LONG, || async {
            let rows = self.rows().await;
            if rows >= count { Ok(()) } else { Err(rows) }
        })
        .await;
    }

    /// All dead letters, with their headers.
    pub(crate) async fn dead_letters(&self) -> Vec<transport::Delivery> {
        let reader = Reader::new(&self.kafka).unwrap();
        let mut letters = Vec::new();
        for (partition, marks) in reader.watermarks(Topic::DeadLetters, SOON).await.unwrap() {
            let from = Position::new(partition, marks.low);
            let count = usize::try_from(marks.end - marks.low).unwrap();
            if count > 0
                && let transport::kafka::RangeRead::Records(found) = reader
                    .read(Topic::DeadLetters, from, count, SOON)
                    .await
                    .unwrap()
            {
                letters.extend(found);
            }
        }
        letters
    }

    /// Waits until the ledger has reached the end of the log, whatever the
    /// tables have lost of it.
    pub(crate) async fn settled_with_gaps(&self) {
        eventually(LONG, || async {
            let proof = self.reconcile().await;
            if proof.in_flight == 0 {
                Ok(())
            } else {
                Err(proof)
            }
        })
        .await;
    }

    /// Asserts that so many rows are left, and that all is proven.
    pub(crate) async fn assert_rows(&self, rows: u64) -> Reconciliation {
        let proof = self.settled().await;
        assert!(proof.exact, "{proof:#?}");
        assert_eq!(self.rows().await, rows);
        proof
    }

    /// Asserts that all is stored once and proven: so many different events.
    pub(crate) async fn assert_stored_once(&self, events: u64) -> Reconciliation {
        let proof = self.settled().await;
        assert!(proof.exact, "{proof:#?}");
        assert_eq!(self.rows().await, events);
        assert_eq!(self.events().await, events);
        assert!(self.database().sweep_all().await.unwrap().is_empty());
        proof
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let kafka = self.kafka.clone();
        let deleting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            if let (Ok(runtime), Ok(admin)) = (runtime, Admin::new(&kafka)) {
                // Topics that stay behind are no reason to fail a test.
                let _ = runtime.block_on(admin.delete_topics());
            }
        });
        let _ = deleting.join();
    }
}

/// A consumer process; killed with the value.
pub(crate) struct Consumer {
    process: Child,
}

impl Consumer {
    /// SIGKILL, and waits for the end.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// SIGSTOP.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    /// SIGCONT.
    pub(crate) fn wake(&self) {
        self.signal("CONT");
    }

    /// SIGTERM; the exit status.
    pub(crate) async fn stop(mut self) -> Option<i32> {
        self.signal("TERM");
        eventually(LONG, || {
            let ended = self.process.try_wait().unwrap();
            async move { ended.ok_or("still running") }
        })
        .await
        .code()
    }

    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status()
            .unwrap();
        assert!(sent.success());
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
