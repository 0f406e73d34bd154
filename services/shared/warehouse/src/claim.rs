//! Claims: who may write a partition's rows. See `schemas/clickhouse`, file
//! 0001, for the tables.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use clickhouse::Row;
use serde::Deserialize;

use crate::insert::{INSERT_TAG, InsertName};
use crate::{Warehouse, WarehouseError};

/// Pause between two looks at the list of processes.
const DRAIN_PAUSE: Duration = Duration::from_millis(15);

/// A claim on a partition as the table lists it.
#[derive(Row, Deserialize, Debug, Clone, PartialEq, Eq)]
struct Standing {
    partition: u32,
    claim: u64,
    owner: String,
}

/// What came of renewing claims.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renewal {
    /// These claims hold from now on; the ones before are revoked.
    pub claims: BTreeMap<u32, u64>,
    /// Somebody else has claimed these partitions: they are theirs.
    pub lost: BTreeSet<u32>,
}

impl Warehouse {
    /// Takes `partitions` over: registers a fresh claim for each, revokes all
    /// others of theirs, and waits until no insert under one of those is left.
    /// `owner` names this process and no other. Afterwards nothing that an earlier owner has sent can land any more.
    /// Only to be called on a fresh assignment from the group.
    ///
    /// # Errors
    /// When the engine does not answer; then it may be called again.
    pub async fn take_over(
        &self,
        partitions: &BTreeSet<u32>,
        owner: &str,
    ) -> Result<BTreeMap<u32, u64>, WarehouseError> {
        let claims = fresh(partitions);
        self.register(&claims, owner).await?;
        let others: Vec<Standing> = self
            .standing(partitions)
            .await?
            .into_iter()
            .filter(|other| claims.get(&other.partition) != Some(&other.claim))
            .collect();
        self.revoke(&others, owner).await?;
        Ok(claims)
    }

    /// Replaces our own claims on `partitions` by fresh ones, so that what was sent under the
    /// old ones and is still on its way is refused. A partition on which
    /// somebody else has a claim is not taken back: either we see the other's
    /// claim here, or the other, who registered after we looked, sees our new
    /// one and revokes it.
    ///
    /// # Errors
    /// When the engine does not answer; then it may be called again.
    pub async fn renew(
        &self,
        partitions: &BTreeSet<u32>,
        owner: &str,
    ) -> Result<Renewal, WarehouseError> {
        let mut claims = fresh(partitions);
        self.register(&claims, owner).await?;
        let standing = self.standing(partitions).await?;
        let lost: BTreeSet<u32> = standing
            .iter()
            .filter(|s| s.owner != owner)
            .map(|s| s.partition)
            .collect();
        // Of our own, only the fresh claims of what is still ours are to stand.
        let old: Vec<Standing> = standing
            .into_iter()
            .filter(|s| s.owner == owner)
            .filter(|s| lost.contains(&s.partition) || claims.get(&s.partition) != Some(&s.claim))
            .collect();
        self.revoke(&old, owner).await?;
        claims.retain(|partition, _| !lost.contains(partition));
        Ok(Renewal { claims, lost })
    }

    /// Which of `partitions` somebody may write now: those with a claim whose
    /// revocation has not begun.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn claimed(
        &self,
        partitions: &BTreeSet<u32>,
    ) -> Result<BTreeSet<u32>, WarehouseError> {
        let standing = self.standing(partitions).await?;
        Ok(standing.into_iter().map(|s| s.partition).collect())
    }

    /// Which of `claims` have been revoked.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn revoked_among(
        &self,
        claims: impl IntoIterator<Item = u64>,
    ) -> Result<BTreeSet<u64>, WarehouseError> {
        let claims: Vec<u64> = claims.into_iter().collect();
        let text = format!(
            "SELECT arrayJoin({{claims:Array(UInt64)}}) AS claim \
             WHERE joinGet('{}.revoked', 'yes', claim) = 1",
            self.database()
        );
        let rows: Vec<u64> = self.statement(&text).bind("claims", claims).rows().await?;
        Ok(rows.into_iter().collect())
    }

    async fn register(
        &self,
        claims: &BTreeMap<u32, u64>,
        owner: &str,
    ) -> Result<(), WarehouseError> {
        let standing: Vec<Standing> = claims
            .iter()
            .map(|(&partition, &claim)| Standing {
                partition,
                claim,
                owner: owner.to_owned(),
            })
            .collect();
        self.note(&standing, "acquired", owner).await
    }

    /// The claims on `partitions` whose revocation is not known to be done.
    async fn standing(&self, partitions: &BTreeSet<u32>) -> Result<Vec<Standing>, WarehouseError> {
        self.statement(
            "SELECT partition, claim, any(owner) AS owner FROM claims WHERE partition IN {partitions:Array(UInt32)} \
             GROUP BY partition, claim HAVING countIf(state = 'revoked') = 0 \
             ORDER BY partition, claim",
        )
        .bind("partitions", partitions)
        .rows()
        .await
    }

    /// Revokes, which is done only when it was answered OK, waits out what is
    /// under way, and notes that both is so.
    async fn revoke(&self, standing: &[Standing], owner: &str) -> Result<(), WarehouseError> {
        if standing.is_empty() {
            return Ok(());
        }
        let claims: Vec<u64> = standing.iter().map(|s| s.claim).collect();
        self.statement("INSERT INTO revoked SELECT arrayJoin({claims:Array(UInt64)}), 1")
            .bind("claims", &claims)
            .run()
            .await?;
        self.drain(&claims).await?;
        self.note(standing, "revoked", owner).await
    }

    async fn note(
        &self,
        standing: &[Standing],
        state: &str,
        owner: &str,
    ) -> Result<(), WarehouseError> {
        let partitions: Vec<u32> = standing.iter().map(|s| s.partition).collect();
        let claims: Vec<u64> = standing.iter().map(|s| s.claim).collect();
        self.statement(
            "INSERT INTO claims SELECT entry.1, entry.2, {state:String}, {owner:String}, now64(3) \
             FROM (SELECT arrayJoin(arrayZip({partitions:Array(UInt32)}, {claims:Array(UInt64)})) \
             AS entry)",
        )
        .bind("state", state)
        .bind("owner", owner)
        .bind("partitions", &partitions)
        .bind("claims", &claims)
        .run()
        .await
    }

    /// Stops the inserts under `claims` and waits until none is listed any
    /// more. (A synchronous KILL would wait for a client that does not move.)
    async fn drain(&self, claims: &[u64]) -> Result<(), WarehouseError> {
        loop {
            let names: Vec<String> = self
                .statement(
                    "SELECT Settings['log_comment'] FROM system.processes \
                     WHERE startsWith(Settings['log_comment'], {tag:String})",
                )
                .bind("tag", INSERT_TAG)
                .rows()
                .await?;
            let ours: Vec<&String> = names
                .iter()
                .filter(|name| claims.iter().any(|&claim| InsertName::carries(name, claim)))
                .collect();
            if ours.is_empty() {
                return Ok(());
            }
            self.statement(
                "KILL QUERY WHERE Settings['log_comment'] IN {names:Array(String)} ASYNC",
            )
            .bind("names", &ours)
            .run()
            .await?;
            tokio::time::sleep(DRAIN_PAUSE).await;
        }
    }
}

/// A fresh claim for each partition; 0 is never one.
fn fresh(partitions: &BTreeSet<u32>) -> BTreeMap<u32, u64> {
    partitions
        .iter()
        .map(|&partition| (partition, rand::random::<u64>().max(1)))
        .collect()
}
