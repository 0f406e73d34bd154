//! How close our producer comes to the client library's own limit: the same
//! payload through the bare `ThreadedProducer` and through `KafkaProducer`, in
//! turn, and the processor time of this process for each message.
//!
//! ```text
//! MILLRACE_TEST_KAFKA=127.0.0.1:9092 cargo run --release -p transport --example producer_limit
//! ```
//! Arguments: messages (1,000,000), bytes of a payload (500), messages of a
//! request (100), requests at once (200); and, anywhere, a file whose lines are
//! the payloads.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that prints one table, and ends when something fails"
)]

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use rdkafka::{
    ClientConfig, ClientContext,
    message::DeliveryResult,
    producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer},
};
use service_kit::config::KafkaConfig;
use testing::processor_seconds;
use tokio::{sync::Semaphore, task::JoinSet};
use transport::{
    Producer, Record, Topic,
    kafka::{Admin, KafkaProducer, Names, ProducerTuning},
    murmur2_partition,
};
use uuid::Uuid;

/// What one run did.
struct Run {
    wall: Duration,
    processor: Duration,
    stored: usize,
}

struct Counting;

impl ClientContext for Counting {}

impl ProducerContext for Counting {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        assert!(result.is_ok(), "{result:?}");
    }
}

#[derive(Clone, Copy)]
struct Load {
    messages: usize,
    bytes: usize,
    request: usize,
    at_once: usize,
}

#[tokio::main]
async fn main() {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|n| n.parse().ok())
        .collect();
    let number = |index: usize, default| numbers.get(index).copied().unwrap_or(default);
    let load = Load {
        messages: number(0, 1_000_000),
        bytes: number(1, 500),
        request: number(2, 100),
        at_once: number(3, 200),
    };
    let file = std::env::args()
        .skip(1)
        .find(|n| n.parse::<usize>().is_err());
    let payloads = match file {
        Some(file) => lines(&file),
        None => vec![payload(load.bytes)],
    };
    let config = KafkaConfig {
        brokers: std::env::var("MILLRACE_TEST_KAFKA").unwrap_or("127.0.0.1:9092".into()),
        topic_prefix: format!("limit{}-", Uuid::new_v4().simple()),
        ..KafkaConfig::default()
    };
    let admin = Admin::new(&config).unwrap();
    admin.ensure_topics().await.unwrap();

    println!(
        "{:<14} {:>12} {:>14} {:>8}",
        "", "messages/s", "CPU µs/message", "ratio"
    );
    let mut ratios = Vec::new();
    for round in 1..=3 {
        let bare = {
            let (config, payloads) = (config.clone(), payloads.clone());
            tokio::task::spawn_blocking(move || run_bare(&config, load, &payloads))
                .await
                .unwrap()
        };
        let ours = run_ours(&config, load, &payloads).await;
        let ratio = ours.cost() / bare.cost();
        ratios.push(ratio);
        print_run(&format!("library {round}"), &bare, 1.0);
        print_run(&format!("transport {round}"), &ours, ratio);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.2}", ratios[1]);
    admin.delete_topics().await.unwrap();
}

fn print_run(name: &str, run: &Run, ratio: f64) {
    let rate = run.stored as f64 / run.wall.as_secs_f64();
    println!("{name:<14} {rate:>12.0} {:>14.3} {ratio:>8.2}", run.cost());
}

impl Run {
    /// Microseconds of processor time a message.
    fn cost(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / self.stored as f64
    }
}

/// The library with the settings of ours, fed by one thread.
fn run_bare(config: &KafkaConfig, load: Load, payloads: &[Bytes]) -> Run {
    let tuning = ProducerTuning::default();
    let mut settings = ClientConfig::new();
    settings
        .set("bootstrap.servers", &config.brokers)
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("linger.ms", tuning.linger.as_millis().to_string())
        .set("batch.size", tuning.batch_bytes.to_string())
        .set(
            "queue.buffering.max.messages",
            tuning.queue_records.to_string(),
        )
        .set("queue.buffering.max.kbytes", tuning.queue_kib.to_string());
    let producer: ThreadedProducer<Counting> = settings.create_with_context(Counting).unwrap();
    let names = Names::new(&config.topic_prefix);
    let topic = names.topic(Topic::Events);
    // Connected, and the topic known.
    producer
        .send(BaseRecord::to(topic).key("a").payload(payloads[0].as_ref()))
        .unwrap();
    producer.flush(Duration::from_secs(30)).unwrap();

    let (started, processor) = (Instant::now(), processor_time());
    for n in 0..load.messages {
        let key = key(n);
        let partition = murmur2_partition(&key, config.partitions).cast_signed();
        let mut record = BaseRecord::to(topic)
            .key(key.as_ref())
            .payload(payloads[n % payloads.len()].as_ref())
            .partition(partition);
        while let Err((_, refused)) = producer.send(record) {
            record = refused;
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    producer.flush(Duration::from_secs(60)).unwrap();
    Run {
        wall: started.elapsed(),
        processor: processor_time() - processor,
        stored: load.messages,
    }
}

/// Ours, with as many requests at once as were asked for.
async fn run_ours(config: &KafkaConfig, load: Load, payloads: &[Bytes]) -> Run {
    let producer = KafkaProducer::start(config, &ProducerTuning::default()).unwrap();
    while producer.probe(Duration::from_secs(5)).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let payloads: Arc<[Bytes]> = payloads.into();
    let places = Arc::new(Semaphore::new(load.at_once));
    let mut requests = JoinSet::new();
    let (started, processor) = (Instant::now(), processor_time());
    for first in (0..load.messages).step_by(load.request) {
        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        let (producer, payloads) = (producer.clone(), Arc::clone(&payloads));
        requests.spawn(async move {
            let record = |n: usize| {
                let payload = payloads[n % payloads.len()].clone();
                Record::new(Topic::Events, key(n), payload)
            };
            let records = (first..first + load.request).map(record).collect();
            let answers = producer.publish(records).await;
            drop(place);
            answers.into_iter().filter(Result::is_ok).count()
        });
    }
    let stored = requests.join_all().await.into_iter().sum();
    let run = Run {
        wall: started.elapsed(),
        processor: processor_time() - processor,
        stored,
    };
    assert_eq!(
        run.stored,
        load.messages.next_multiple_of(load.request),
        "all are stored"
    );
    run
}

fn key(n: usize) -> Bytes {
    Bytes::from(format!("person-{}", n % 10_000))
}

fn lines(file: &str) -> Vec<Bytes> {
    let text = fs::read_to_string(file).unwrap();
    text.lines()
        .map(|line| Bytes::from(line.to_owned()))
        .collect()
}

fn payload(bytes: usize) -> Bytes {
    let pattern = br#"{"event":"step","properties":{"path":"/a/b","n":12345}}"#;
    Bytes::from(
        pattern
            .iter()
            .copied()
            .cycle()
            .take(bytes)
            .collect::<Vec<u8>>(),
    )
}

/// Processor time of this process so far, all threads.
fn processor_time() -> Duration {
    Duration::from_secs_f64(processor_seconds(std::process::id()).unwrap())
}
