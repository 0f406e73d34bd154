//! A short run of what `make chaos` does for as long as one likes.

use anyhow::Result;
use trials::chaos::{self, Chaos};

use crate::subject::{PORT_OFFSET, turn};

#[tokio::test]
async fn nothing_is_lost_or_doubled_whatever_is_killed() -> Result<()> {
    let _turn = turn().await;
    let home = tempfile::tempdir()?;
    let report = chaos::run(&Chaos {
        seconds: 45,
        seed: 1,
        clients: 4,
        rate: 300,
        home: home.path().to_path_buf(),
        port_offset: PORT_OFFSET,
        up: Vec::new(),
    })
    .await?;
    let told = serde_json::to_string_pretty(&report)?;
    assert!(report.is_clean(), "{told}");
    assert!(report.verdict.acknowledged > 1_000, "a load: {told}");
    assert!(report.faults.len() >= 5, "faults: {told}");
    Ok(())
}
