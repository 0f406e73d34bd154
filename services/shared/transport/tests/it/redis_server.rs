//! The list on a server of its own: one that is killed, and one that is short of
//! memory.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use service_kit::config::{RedisConfig, Secret};
use tempfile::TempDir;
use testing::eventually;
use transport::redis_list::{ListAdmin, ListTuning, RedisConsumer, RedisProducer};
use transport::{Consumer, Producer, Received, Start, TransportError};

use crate::events::{event_of_size, events, number};
use crate::reading::PATIENCE;

/// A Redis as the transport runs it: every write on disk before its answer.
struct Server {
    child: Child,
    port: u16,
    folder: TempDir,
    arguments: Vec<String>,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let folder = tempfile::tempdir().unwrap();
        let arguments: Vec<String> = arguments.iter().map(|&one| one.to_owned()).collect();
        let child = Self::spawn(port, &folder, &arguments);
        Self {
            child,
            port,
            folder,
            arguments,
        }
    }

    fn spawn(port: u16, folder: &TempDir, arguments: &[String]) -> Child {
        Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
            ])
            .args(["--appendonly", "yes", "--appendfsync", "always"])
            .args(arguments)
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn config(&self) -> RedisConfig {
        RedisConfig {
            url: Secret::new(format!("redis://127.0.0.1:{}/0", self.port)),
        }
    }

    /// Kills it as `kill -9` does, and starts it again.
    fn kill_and_start(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = Self::spawn(self.port, &self.folder, &self.arguments);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = (self.child.kill(), self.child.wait());
    }
}

fn tuning() -> ListTuning {
    ListTuning {
        lease: Duration::from_secs(3),
        request_timeout: Duration::from_secs(20),
        ..ListTuning::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_it_loses_nothing_that_was_answered() {
    let mut server = Server::start(&[]);
    let config = server.config();
    let producer = RedisProducer::start(&config, &tuning()).unwrap();
    eventually(PATIENCE, || producer.probe(Duration::from_secs(1))).await;
    let consumer = RedisConsumer::start(&config, &tuning()).unwrap();

    let publishing = tokio::spawn(async move {
        let mut answered = BTreeSet::new();
        let mut unknown = BTreeSet::new();
        let started = Instant::now();
        let mut n = 0;
        while started.elapsed() < Duration::from_secs(6) {
            for (answer, number) in producer
                .publish(events(7, n, 10))
                .await
                .into_iter()
                .zip(n..)
            {
                match answer {
                    Ok(_) => {
                        answered.insert(number);
                    }
                    Err(error) if error.is_outcome_unknown() => {
                        unknown.insert(number);
                    }
                    Err(_) => {}
                }
            }
            n += 10;
            tokio::task::yield_now().await;
        }
        (answered, unknown)
    });
    let mut got: Vec<usize> = Vec::new();
    let mut kills = 0;
    let mut kill_at = Instant::now() + Duration::from_millis(500);
    let mut quiet_since = Instant::now();
    while !publishing.is_finished() || quiet_since.elapsed() < Duration::from_secs(4) {
        if kills < 5 && Instant::now() >= kill_at {
            server.kill_and_start();
            kills += 1;
            kill_at = Instant::now() + Duration::from_secs(1);
        }
        match consumer
            .receive(1_000, Duration::from_millis(50))
            .await
            .unwrap()
        {
            Received::Deliveries(more) if !more.is_empty() => {
                quiet_since = Instant::now();
                got.extend(more.iter().map(number));
                // What cannot be committed now is with the next.
                let _ = consumer.commit(&crate::reading::frontier(&more)).await;
            }
            Received::Deliveries(_) => {}
            Received::Assigned(assignment) => assignment.start_all(Start::Committed),
            Received::Revoked(revocation) => revocation.release(),
            Received::OutOfRange(missing) => panic!("{missing:?}"),
        }
    }
    let (answered, unknown) = publishing.await.unwrap();
    assert_eq!(kills, 5);
    assert!(answered.len() > 500, "{} answered", answered.len());
    let stored: BTreeSet<usize> = got.iter().copied().collect();
    let lost: Vec<_> = answered.difference(&stored).collect();
    assert!(lost.is_empty(), "lost {lost:?}");
    let strangers: Vec<_> = stored
        .iter()
        .filter(|n| !answered.contains(n) && !unknown.contains(n))
        .collect();
    assert!(strangers.is_empty(), "refused and stored {strangers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_of_memory_it_refuses_and_keeps_what_it_has() {
    let server = Server::start(&["--maxmemory", "32mb", "--maxmemory-policy", "volatile-lru"]);
    let config = server.config();
    // It is to be full, not slow.
    let tuning = ListTuning {
        request_timeout: PATIENCE,
        ..tuning()
    };
    let producer = RedisProducer::start(&config, &tuning).unwrap();
    let admin = ListAdmin::new(&config, &tuning).unwrap();
    eventually(PATIENCE, || producer.probe(Duration::from_secs(1))).await;
    let mut stored = 0;
    let deadline = Instant::now() + PATIENCE;
    let error = loop {
        assert!(Instant::now() < deadline, "never full");
        match producer
            .publish(vec![event_of_size("a", 200_000)])
            .await
            .remove(0)
        {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, TransportError::Full(_)), "{error}");
    assert_eq!(admin.depth().await.unwrap(), stored);
    assert!(producer.probe(PATIENCE).await.unwrap_err().is_transient());

    let consumer = RedisConsumer::start(&config, &tuning).unwrap();
    let count = usize::try_from(stored).unwrap();
    let seen = crate::reading::read(&consumer, count).await;
    consumer.commit(&seen.frontier()).await.unwrap();
    eventually(PATIENCE, || async {
        producer
            .publish(vec![event_of_size("a", 100)])
            .await
            .remove(0)
    })
    .await;
}
