//! A short run of what `make chaos` does for as long as one likes.

use anyhow::Result;
use trials::chaos::{self, Chaos};

use crate::subject::{port_offset, turn};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_or_doubled_whatever_is_killed() -> Result<()> {
    let _turn = turn().await;
    let home = tempfile::tempdir()?;
    let report = chaos::run(&Chaos {
        command: "make test".to_owned(),
        seconds: 120,
        faults_max: 16,
        seed: 1,
        clients: 4,
        rate: 300,
        brokers: 1,
        pairs: true,
        home: home.path().join("stack"),
        port_offset: port_offset(),
        up: Vec::new(),
    })
    .await?;
    let told = format!("{report}\n{report:#?}");
    assert!(report.is_clean(), "{told}");
    assert!(report.verdict.acknowledged > 1_000, "a load: {told}");
    // A slow machine gets through fewer of them in that time.
    assert!(!report.faults.is_empty(), "faults: {told}");
    Ok(())
}
