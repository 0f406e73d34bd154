//! Running queries: freshness first, then the cache, a place, the statements.

use super::cost::{Cost, cost};
use super::envelope::{Envelope, Served, approximate};
use super::flight::Flights;
use super::hints::{self, Hint};
use super::slots::Slots;
use super::{
    Cache, Context, Failure, Freshness, LaneConfig, Plan, QueryLimits, Request, ScopedSource,
};
use crate::metrics;
use event_schema::ids::ProjectId;
use futures::FutureExt;
use serde_json::value::RawValue;
use service_kit::Clock;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;
use warehouse::Warehouse;
use warehouse::read::ReadLimits;
use warehouse::scope::ProjectScope;

/// How much longer than its statements a whole query may take.
const GRACE: Duration = Duration::from_secs(1);
/// The engine's place for queries that somebody waits for.
const PRIORITY_INTERACTIVE: u32 = 1;
/// The engine's place for jobs.
const PRIORITY_JOB: u32 = 10;

/// What finding hints may cost within `time`.
fn hint_limits(time: Duration) -> ReadLimits {
    ReadLimits {
        rows: 100_000_000,
        memory_bytes: 128 << 20,
        time,
        result_rows: 10_000,
        threads: 1,
        priority: PRIORITY_JOB,
    }
}

/// What an engine is made of.
#[derive(Debug)]
pub struct EngineParts {
    /// The warehouse.
    pub warehouse: Warehouse,
    /// Tells how complete it is.
    pub freshness: Arc<dyn Freshness>,
    /// Keeps answers.
    pub cache: Arc<Cache>,
    /// The time.
    pub clock: Clock,
    /// What a request may ask for.
    pub limits: QueryLimits,
    /// What a query may cost that somebody waits for.
    pub interactive: LaneConfig,
    /// What a job may cost.
    pub jobs: LaneConfig,
    /// How long hints may be looked for.
    pub hint_patience: Duration,
    /// The topic that events travel on.
    pub topic: Arc<str>,
}

/// Runs queries. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: EngineParts,
    flights: Flights,
    slots: Slots,
}

impl Engine {
    /// An engine of `parts`.
    pub fn new(parts: EngineParts) -> Self {
        let lane = &parts.interactive;
        let slots = Slots::new(lane.concurrency, lane.concurrency_per_project, lane.wait);
        Self(Arc::new(Inner {
            parts,
            flights: Flights::default(),
            slots,
        }))
    }

    /// The moment and the limits under which a request is read.
    pub fn context(&self) -> Context {
        Context {
            now: self.0.parts.clock.now(),
            limits: self.0.parts.limits.clone(),
        }
    }

    /// The project's scope.
    pub fn scope(&self, project: ProjectId) -> ProjectScope {
        ProjectScope::new(&self.0.parts.warehouse, project)
    }

    /// The answer for somebody who waits: from the cache while it is young
    /// enough, from the same query in flight, or computed now.
    pub async fn answer(
        &self,
        project: ProjectId,
        request: &Request,
        plan: Plan,
    ) -> Result<Served, Failure> {
        let (begun, kind) = (Instant::now(), plan.kind());
        let key = request.key(self.0.parts.warehouse.database(), project);
        if let Some(envelope) = self.cached(&key, request.max_age).await {
            metrics::QUERIES.count(&[kind, "cached"]).increment(1);
            return Ok(Served {
                envelope: Arc::new(envelope),
                cached: true,
                elapsed: begun.elapsed(),
            });
        }
        let engine = self.clone();
        let of_key = key.clone();
        let (work, joined) = self.0.flights.join(&key, request.max_age, move || {
            async move { engine.compute_and_keep(project, &of_key, &plan).await }.boxed()
        });
        let outcome = work.await;
        let how = match &outcome {
            Ok(_) if joined => "joined",
            Ok(_) => "computed",
            Err(failure) => failure.code(),
        };
        metrics::QUERIES.count(&[kind, how]).increment(1);
        metrics::QUERY_DURATION
            .distribution(&[kind])
            .record(begun.elapsed().as_secs_f64());
        Ok(Served {
            envelope: outcome?,
            cached: false,
            elapsed: begun.elapsed(),
        })
    }

    async fn cached(&self, key: &str, max_age: Duration) -> Option<Envelope> {
        if max_age.is_zero() {
            return None;
        }
        let age_ms = i64::try_from(max_age.as_millis()).unwrap_or(i64::MAX);
        let since_ms = self.0.parts.clock.now_ms().saturating_sub(age_ms);
        self.0.parts.cache.get(key, since_ms).await
    }

    async fn compute_and_keep(
        &self,
        project: ProjectId,
        key: &str,
        plan: &Plan,
    ) -> Result<Arc<Envelope>, Failure> {
        let slot = self.0.slots.take(project).await?;
        let limits = self.0.parts.interactive.limits(PRIORITY_INTERACTIVE);
        let outcome = self.compute(project, plan, limits, Uuid::new_v4()).await;
        drop(slot);
        let envelope = match outcome {
            Err(failure @ Failure::TooExpensive { limit: "rows", .. }) => {
                return Err(self.with_need(project, plan, failure).await);
            }
            other => other?,
        };
        self.0.parts.cache.put(key, &envelope).await;
        Ok(Arc::new(envelope))
    }

    /// Runs a job's query under the name `tag`.
    pub async fn run_job(
        &self,
        project: ProjectId,
        plan: &Plan,
        tag: Uuid,
    ) -> Result<Envelope, Failure> {
        let limits = self.0.parts.jobs.limits(PRIORITY_JOB);
        match self.compute(project, plan, limits, tag).await {
            Err(failure @ Failure::TooExpensive { limit: "rows", .. }) => {
                Err(self.with_need(project, plan, failure).await)
            }
            other => other,
        }
    }

    /// Computes an answer. How complete the warehouse is, is read before the
    /// first statement: what is true then holds for all of them.
    async fn compute(
        &self,
        project: ProjectId,
        plan: &Plan,
        limits: ReadLimits,
        tag: Uuid,
    ) -> Result<Envelope, Failure> {
        let parts = &self.0.parts;
        let (begun, computed_at_ms) = (Instant::now(), parts.clock.now_ms());
        let complete_until = parts.freshness.complete_until().await;
        let reading = self.scope(project).reading(tag, limits);
        let source = ScopedSource::new(reading, Arc::clone(&parts.cache), Arc::clone(&parts.topic));
        // Boxed: the futures of all types of query nest deep.
        let running = async {
            tokio::join!(
                Box::pin(plan.run(&source)),
                parts.freshness.quarantined(project)
            )
        };
        let (outcome, quarantined) = match tokio::time::timeout(limits.time + GRACE, running).await
        {
            Ok((outcome, quarantined)) => (outcome?, quarantined),
            Err(_) => {
                return Err(Failure::TimedOut {
                    seconds: limits.time.as_secs(),
                });
            }
        };
        let rows_read = source.reading().rows_read();
        metrics::ROWS_READ
            .count(&[plan.kind()])
            .increment(rows_read);
        let hints = self.hints(project, plan, &outcome.result).await;
        Ok(Envelope {
            result: outcome.result.into(),
            hints,
            complete_until: complete_until.filter(|_| quarantined.is_some()),
            quarantined: quarantined.unwrap_or(0),
            approximate: approximate(outcome.approximate.as_ref()),
            rows_read,
            elapsed_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            computed_at_ms,
        })
    }

    /// Names that nobody sends, when a result says nothing. A courtesy: what
    /// cannot be found out quickly is left out.
    async fn hints(&self, project: ProjectId, plan: &Plan, result: &RawValue) -> Vec<Hint> {
        let says_nothing =
            || serde_json::from_str(result.get()).is_ok_and(|result| hints::says_nothing(&result));
        if plan.names().is_empty() || !says_nothing() {
            return Vec::new();
        }
        let patience = self.0.parts.hint_patience;
        let limits = hint_limits(patience);
        let reading = self.scope(project).reading(Uuid::new_v4(), limits);
        let finding = hints::hints(plan.names(), &reading);
        match tokio::time::timeout(patience, finding).await {
            Ok(Ok(hints)) => hints,
            Ok(Err(error)) => {
                tracing::debug!(%error, "no hints");
                Vec::new()
            }
            Err(_) => Vec::new(),
        }
    }

    /// A failure that says how many rows the query would have needed.
    async fn with_need(&self, project: ProjectId, plan: &Plan, failure: Failure) -> Failure {
        match (failure, self.rows_and_bytes(project, plan).await) {
            (Failure::TooExpensive { limit, allowed, .. }, Ok((rows, _))) => {
                Failure::TooExpensive {
                    limit,
                    allowed,
                    needed: Some(rows),
                }
            }
            (failure, _) => failure,
        }
    }

    async fn rows_and_bytes(&self, project: ProjectId, plan: &Plan) -> Result<(u64, u64), Failure> {
        let scope = self.scope(project);
        let statements = plan.statements();
        let estimates = futures::future::try_join_all(
            statements.iter().map(|statement| scope.estimate(statement)),
        )
        .await?;
        Ok(estimates.iter().fold((0, 0), |(rows, bytes), estimate| {
            (rows + estimate.rows, bytes + estimate.bytes)
        }))
    }

    /// What a query would cost.
    pub async fn cost(&self, project: ProjectId, plan: &Plan) -> Result<Cost, Failure> {
        let (rows, bytes) = self.rows_and_bytes(project, plan).await?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let parts = &self.0.parts;
        Ok(cost(
            plan.kind(),
            rows,
            bytes,
            cores,
            &parts.interactive,
            &parts.jobs,
        ))
    }
}
