//! The engine itself is killed while it stores.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use service_kit::config::ClickhouseConfig;
use tempfile::TempDir;
use testing::eventually;
use warehouse::Warehouse;
use warehouse::testing::TestWarehouse;

use crate::stage::{LONG, Sent, Stage};

const PROBE: Duration = Duration::from_secs(2);

/// An engine of this test's own, so that no other test sees it die.
struct Engine {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl Engine {
    async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let folder = tempfile::tempdir().unwrap();
        let process = spawn(port, &folder);
        let engine = Self {
            process,
            port,
            folder,
        };
        engine.answers().await;
        engine
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn answers(&self) {
        eventually(LONG, || {
            tokio::net::TcpStream::connect(("127.0.0.1", self.port))
        })
        .await;
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    async fn start_again(&mut self) {
        self.process = spawn(self.port, &self.folder);
        self.answers().await;
    }
}

fn spawn(port: u16, folder: &TempDir) -> Child {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    Command::new(testing::binary("clickhouse-embedded"))
        .current_dir(root)
        .env("MILLRACE_HOME", folder.path())
        .env("MILLRACE_ENGINE__LISTEN", format!("127.0.0.1:{port}"))
        .env("MILLRACE_ENGINE__PATH", folder.path().join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_killed_costs_nothing_and_repeats_nothing() {
    let mut engine = Engine::start().await;
    let config = ClickhouseConfig {
        url: engine.url(),
        database: "millrace_killed".to_owned(),
        ..ClickhouseConfig::default()
    };
    let stage = Stage::over(TestWarehouse::create_in(config.clone()).await).await;
    let consumer = stage.consumer_with(&[("CONSUMER__INSERT__TIMEOUT", "5s")]);
    let mut count = 0;
    for round in 0..6_u64 {
        for _ in 0..5 {
            stage.send(&Sent::many(300)).await;
            count += 300;
        }
        // Some of it is stored, some is on its way.
        stage.rows_reach(round * 1_200 + 1).await;
        engine.kill();
        stage.send(&Sent::many(300)).await;
        count += 300;
        engine.start_again().await;
        eventually(LONG, || async {
            Warehouse::connect(&config).probe(PROBE).await
        })
        .await;
    }
    stage.assert_stored_once(count).await;
    assert!(stage.dead_letters().await.is_empty());
    drop(consumer);
}
