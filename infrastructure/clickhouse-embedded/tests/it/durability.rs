//! What was acknowledged is there after a kill, every time.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use testing::eventually;

use crate::server::Server;

/// Kills of a run, each at another moment of the inserts; `MILLRACE_TEST_KILLS` asks for more.
const ROUNDS: u64 = 15;
const WRITERS: u64 = 6;
const ROWS: u64 = 50;

/// Batches that were sent and acknowledged, over all rounds.
#[derive(Default)]
struct Book {
    next: AtomicU64,
    acknowledged: Mutex<BTreeSet<u64>>,
}

impl Book {
    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }
}

async fn write_until_killed(client: clickhouse::Client, book: Arc<Book>) {
    loop {
        let batch = book.next.fetch_add(1, Ordering::SeqCst);
        let rows: String = (0..ROWS).map(|row| format!("{batch}\t{row}\n")).collect();
        let mut insert = client.insert_formatted_with("INSERT INTO millrace.b FORMAT TSV");
        let sent = insert.send(Bytes::from(rows)).await;
        if sent.is_err() || insert.end().await.is_err() {
            return;
        }
        book.acknowledged.lock().unwrap().insert(batch);
    }
}

#[tokio::test]
async fn acknowledged_rows_survive_kills() {
    let folder = tempfile::tempdir().unwrap();
    let book = Arc::new(Book::default());
    let rounds = std::env::var("MILLRACE_TEST_KILLS").map_or(ROUNDS, |text| text.parse().unwrap());
    for round in 0..rounds {
        let server = Server::start_on(folder.path(), &[]).await;
        let client = server.client();
        if round == 0 {
            client
                .query("CREATE DATABASE millrace")
                .execute()
                .await
                .unwrap();
            let table = "CREATE TABLE millrace.b (batch UInt64, row UInt64) \
                         ENGINE = MergeTree ORDER BY (batch, row)";
            client.query(table).execute().await.unwrap();
        }
        verify(&client, &book, round).await;
        let before = book.count();
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| tokio::spawn(write_until_killed(client.clone(), Arc::clone(&book))))
            .collect();
        // Some inserts are through, others are at every possible point.
        let enough = usize::try_from(5 + (round % 15) * 3).unwrap();
        eventually(Duration::from_secs(120), || async {
            let acknowledged = book.count() - before;
            if acknowledged >= enough {
                Ok(())
            } else {
                Err(acknowledged)
            }
        })
        .await;
        server.kill();
        for writer in writers {
            writer.await.unwrap();
        }
    }
    let server = Server::start_on(folder.path(), &[]).await;
    verify(&server.client(), &book, rounds).await;
    println!(
        "{} kills, {} acknowledged inserts, none lost",
        rounds,
        book.count()
    );
}

/// Every acknowledged batch is there with all its rows; no batch is there in part or twice.
async fn verify(client: &clickhouse::Client, book: &Book, round: u64) {
    let stored: Vec<(u64, u64)> = client
        .query("SELECT batch, count() FROM millrace.b GROUP BY batch ORDER BY batch")
        .fetch_all()
        .await
        .unwrap();
    let parts: Vec<_> = stored.iter().filter(|(_, rows)| *rows != ROWS).collect();
    assert!(
        parts.is_empty(),
        "round {round}: not {ROWS} rows: {parts:?}"
    );
    let stored: BTreeSet<u64> = stored.into_iter().map(|(batch, _)| batch).collect();
    let acknowledged = book.acknowledged.lock().unwrap();
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "round {round}: lost {lost:?}");
}
