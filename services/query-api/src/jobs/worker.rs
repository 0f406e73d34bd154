//! Runs jobs: takes one, renews its lease while the query runs, writes the
//! result once.

use super::store::{JobStore, Taken};
use crate::engine::{Engine, Failure, Plan, Request};
use crate::metrics;
use crate::present;
use crate::store::StoreError;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service_kit::Clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How jobs are run and kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerConfig {
    /// How long a worker is believed to be alive without renewing its lease.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// How often a running job's lease, progress and cancellation are looked
    /// at.
    #[serde(with = "humantime_serde")]
    pub heartbeat: Duration,
    /// How often the store is asked for jobs of other replicas.
    #[serde(with = "humantime_serde")]
    pub poll: Duration,
    /// How long a job and its result are kept.
    #[serde(with = "humantime_serde")]
    pub kept: Duration,
    /// How often a job is begun before it counts as one that kills its worker.
    pub attempts_max: i32,
    /// Unfinished jobs that a project may have.
    pub unfinished_max: i64,
    /// Bytes that a result may have.
    pub result_bytes_max: usize,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            heartbeat: Duration::from_millis(300),
            poll: Duration::from_secs(1),
            kept: Duration::from_secs(24 * 60 * 60),
            attempts_max: 3,
            unfinished_max: 1_000,
            result_bytes_max: 64 << 20,
        }
    }
}

/// How often expired jobs are forgotten.
const SWEEP: Duration = Duration::from_secs(60);
/// How long a worker leaves a store alone that did not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs jobs, one at a time; a process has several.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Where jobs are.
    pub store: JobStore,
    /// What runs them.
    pub engine: Engine,
    /// The time.
    pub clock: Clock,
    /// How they are run and kept.
    pub config: WorkerConfig,
    /// Jobs at once of one project.
    pub project_max: i64,
    /// Told when this process has made a job.
    pub wake: Arc<Notify>,
}

/// How the work on a job ended.
enum End {
    /// With an answer or a failure, to be written.
    Ran(Result<String, Failure>),
    /// The lease is another's, or the job was cancelled: nothing is written.
    Lost,
    /// The process is stopping: the job is given back.
    Stopping,
}

impl Worker {
    /// Runs jobs until `stopping`.
    pub async fn run(&self, stopping: CancellationToken) {
        while !stopping.is_cancelled() {
            match self.step(&stopping).await {
                Ok(true) => {}
                Ok(false) => self.rest(self.config.poll, &stopping).await,
                Err(error) => {
                    tracing::warn!(error = %service_kit::lifecycle::chain(&error), "jobs cannot be taken");
                    self.rest(PAUSE, &stopping).await;
                }
            }
        }
    }

    /// Forgets expired jobs, and what is left of deleted projects, until
    /// `stopping`.
    pub async fn sweep(&self, stopping: CancellationToken) {
        while !stopping.is_cancelled() {
            told(
                "expired jobs",
                self.store.forget_expired(self.clock.now()).await,
            );
            told(
                "dashboards of deleted projects",
                self.store.forget_deleted_projects().await,
            );
            tokio::select! {
                () = tokio::time::sleep(SWEEP) => {}
                () = stopping.cancelled() => {}
            }
        }
    }

    async fn rest(&self, time: Duration, stopping: &CancellationToken) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.wake.notified() => {}
            () = stopping.cancelled() => {}
        }
    }

    /// Takes and runs one job. Returns whether there was one.
    async fn step(&self, stopping: &CancellationToken) -> Result<bool, StoreError> {
        let taken = self
            .store
            .take(self.clock.now(), self.config.lease, self.project_max)
            .await?;
        let Some(taken) = taken else {
            return Ok(false);
        };
        metrics::JOBS_RUNNING.level(&[]).increment(1.0);
        let end = self.work(&taken, stopping).await;
        metrics::JOBS_RUNNING.level(&[]).decrement(1.0);
        self.settle(&taken, end).await?;
        Ok(true)
    }

    /// Runs the query while its lease holds.
    async fn work(&self, taken: &Taken, stopping: &CancellationToken) -> End {
        if taken.attempts > self.config.attempts_max {
            tracing::error!(job = %taken.job.id, attempts = taken.attempts, "a job was never finished");
            return End::Ran(Err(Failure::Internal));
        }
        let mut answer = Box::pin(self.answer(taken));
        let mut believed_until = tokio::time::Instant::now() + self.config.lease;
        loop {
            tokio::select! {
                answer = &mut answer => return End::Ran(answer),
                () = stopping.cancelled() => return End::Stopping,
                () = tokio::time::sleep(self.config.heartbeat) => {}
            }
            match self.renew(taken).await {
                Ok(true) => believed_until = tokio::time::Instant::now() + self.config.lease,
                Err(_) if tokio::time::Instant::now() < believed_until => {}
                Ok(false) | Err(_) => return End::Lost,
            }
        }
    }

    async fn renew(&self, taken: &Taken) -> Result<bool, StoreError> {
        let scope = self.engine.scope(taken.job.project);
        // Progress is a courtesy: without it the lease is renewed all the same.
        let progress = scope
            .progress(taken.tag)
            .await
            .map_or(0.0, |progress| progress.fraction());
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a fraction for a progress bar"
        )]
        let progress = progress.min(0.99) as f32;
        self.store
            .renew(taken, self.clock.now() + self.config.lease, progress)
            .await
    }

    /// The body that the job's result is.
    async fn answer(&self, taken: &Taken) -> Result<String, Failure> {
        let job = &taken.job;
        let params: Value = serde_json::from_str(&job.params).map_err(|_| Failure::Internal)?;
        let mut faults = Vec::new();
        let request = Request::new(&job.kind, params, "params", &mut faults);
        let plan = Plan::parse(&request, &self.engine.context()).map_err(Failure::Invalid)?;
        let envelope = self.engine.run_job(job.project, &plan, taken.tag).await?;
        let body = present::job_body(&plan, envelope).ok_or(Failure::Internal)?;
        if body.len() > self.config.result_bytes_max {
            return Err(Failure::TooExpensive {
                limit: "result_bytes",
                allowed: self.config.result_bytes_max as u64,
                needed: Some(body.len() as u64),
            });
        }
        Ok(body)
    }

    /// Writes how it ended.
    async fn settle(&self, taken: &Taken, end: End) -> Result<(), StoreError> {
        let now = self.clock.now();
        let outcome = match end {
            End::Lost => "lost",
            End::Stopping => {
                self.store.release(taken).await?;
                "given_back"
            }
            End::Ran(Err(failure)) if failure.is_transient() => {
                self.store.release(taken).await?;
                tokio::time::sleep(PAUSE).await;
                "given_back"
            }
            End::Ran(Err(failure)) => {
                let (code, detail) = (failure.code(), failure.detail());
                self.store.fail(taken, code, &detail, now).await?;
                "failed"
            }
            End::Ran(Ok(body)) => {
                if self.complete(taken, &body, now).await? {
                    "completed"
                } else {
                    "lost"
                }
            }
        };
        metrics::JOBS.count(&[outcome]).increment(1);
        Ok(())
    }

    /// Writes a result, again while the store is away and the lease lasts.
    async fn complete(
        &self,
        taken: &Taken,
        body: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let believed_until = tokio::time::Instant::now() + self.config.lease;
        loop {
            match self
                .store
                .complete(taken, body, now, now + self.config.kept)
                .await
            {
                Err(StoreError::Unavailable(_)) if tokio::time::Instant::now() < believed_until => {
                    tokio::time::sleep(self.config.heartbeat).await;
                }
                written => return written,
            }
        }
    }
}

/// Logs how much was forgotten, or why it was not.
fn told(what: &str, outcome: Result<u64, StoreError>) {
    match outcome {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "{what} were forgotten"),
        Err(error) => {
            tracing::warn!(error = %service_kit::lifecycle::chain(&error), "{what} stay for now");
        }
    }
}
