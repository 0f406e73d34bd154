//! Publishing up to when the owned partitions are complete; see
//! [`warehouse::complete`] for what that means.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_redis::Pool;
use deadpool_redis::redis::AsyncTypedCommands;
use service_kit::Clock;
use tokio_util::sync::CancellationToken;
use transport::Consumer;
use warehouse::Warehouse;
use warehouse::complete::{Mark, REDIS_KEY};

use crate::held::{Held, Tenure};
use crate::metrics;

/// Ends of the log that are waited for at once; further ones are left out.
const PENDING_MAX: usize = 32;
/// How often marks are written to the warehouse while Redis is away.
const WAREHOUSE_INTERVAL: Duration = Duration::from_secs(1);
/// How long a store may take to take marks.
const STORE_TIME: Duration = Duration::from_secs(2);
/// How often the number of partitions is asked for.
const COUNT_INTERVAL: Duration = Duration::from_secs(5);

/// Notes ends of the log and waits for the frontier to reach them.
#[derive(Debug, Default)]
struct Progress {
    tenure: u64,
    /// Noted times with the log's end asked for after them, oldest first.
    pending: VecDeque<(i64, u64)>,
    until: Option<i64>,
}

impl Progress {
    /// Notes that at `time` or later the log's end was `end`.
    fn note(&mut self, time: i64, end: u64) {
        if self.pending.len() < PENDING_MAX {
            self.pending.push_back((time, end));
        } else if let Some(last) = self.pending.back_mut().filter(|last| last.1 == end) {
            // The same end at a later time says more.
            last.0 = time;
        }
    }

    /// The frontier is there now.
    fn reach(&mut self, frontier: u64) {
        while let Some((time, _)) = self.pending.front().filter(|(_, end)| *end <= frontier) {
            self.until = Some(*time);
            self.pending.pop_front();
        }
    }
}

/// Publishes marks for the partitions that are held.
pub struct Publisher {
    /// The log, for its ends.
    pub consumer: Arc<dyn Consumer>,
    /// Who holds what.
    pub held: Arc<Held>,
    /// Where marks go while Redis is away.
    pub warehouse: Warehouse,
    /// Where marks go, when configured.
    pub redis: Option<Pool>,
    /// Prefix of topics, and of the key in Redis.
    pub prefix: String,
    /// How often.
    pub interval: Duration,
    /// The time.
    pub clock: Clock,
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher")
            .field("held", &self.held)
            .finish_non_exhaustive()
    }
}

impl Publisher {
    /// Publishes until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let mut progress: BTreeMap<u32, Progress> = BTreeMap::new();
        let mut count = 0;
        let mut counted: Option<Instant> = None;
        let mut written: Option<Instant> = None;
        let mut ticks = tokio::time::interval(self.interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            if counted.is_none_or(|at| at.elapsed() >= COUNT_INTERVAL)
                && let Ok(found) = self.consumer.partition_count().await
            {
                (count, counted) = (found, Some(Instant::now()));
                self.held.set_partitions(found);
            }
            let tenures = self.held.tenures();
            follow(&mut progress, &tenures);
            if tenures.is_empty() || count == 0 {
                continue;
            }
            self.note_ends(&tenures, &mut progress).await;
            let marks = self.marks(&tenures, &mut progress, count);
            if !self.publish(&marks).await
                && written.is_none_or(|at| at.elapsed() >= WAREHOUSE_INTERVAL)
            {
                let outcome = self.warehouse.write_marks(&marks, STORE_TIME).await;
                tracing::trace!(?outcome, "marks written to the warehouse");
                written = Some(Instant::now());
            }
        }
    }

    /// Notes the time, then asks for the ends: in this order.
    async fn note_ends(
        &self,
        tenures: &BTreeMap<u32, Tenure>,
        progress: &mut BTreeMap<u32, Progress>,
    ) {
        let time = self.clock.now_ms();
        let partitions: Vec<u32> = tenures.keys().copied().collect();
        let ends = match self.consumer.end_offsets(&partitions).await {
            Ok(ends) => ends,
            Err(error) => return tracing::debug!(%error, "cannot ask for the log's ends"),
        };
        for (partition, end) in ends {
            if let (Some(of), Some(tenure)) =
                (progress.get_mut(&partition), tenures.get(&partition))
            {
                of.note(time, end);
                let lag = end.saturating_sub(tenure.frontier);
                metrics::LAG
                    .level(&[&partition.to_string()])
                    .set(lag as f64);
            }
        }
    }

    fn marks(
        &self,
        before: &BTreeMap<u32, Tenure>,
        progress: &mut BTreeMap<u32, Progress>,
        count: u32,
    ) -> Vec<(Mark, u64)> {
        let now = self.clock.now_ms();
        let mut marks = Vec::with_capacity(progress.len());
        for (partition, tenure) in self.held.tenures() {
            let Some(of) = progress.get_mut(&partition) else {
                continue;
            };
            // Of a tenure that has begun meanwhile the ends are not known yet.
            if before
                .get(&partition)
                .is_none_or(|held| held.id != tenure.id)
            {
                continue;
            }
            of.reach(tenure.frontier);
            if let Some(until) = of.until {
                let mark = Mark {
                    partition,
                    partitions: count,
                    until,
                    written_at: now,
                };
                marks.push((mark, tenure.claim));
            }
        }
        if let Some(least) = marks.iter().map(|(mark, _)| mark.until).min() {
            let age = Duration::from_millis((now - least).max(0).cast_unsigned());
            metrics::COMPLETE_AGE_SECONDS
                .level(&[])
                .set(age.as_secs_f64());
        }
        marks
    }

    /// Publishes to Redis; `false` when that is not configured or not possible.
    async fn publish(&self, marks: &[(Mark, u64)]) -> bool {
        let Some(redis) = &self.redis else {
            return false;
        };
        if marks.is_empty() {
            return true;
        }
        let fields: Vec<(String, String)> = marks
            .iter()
            .map(|(mark, _)| (mark.partition.to_string(), mark.to_text()))
            .collect();
        let publish = async {
            let mut connection = redis.get().await.map_err(|error| error.to_string())?;
            let key = format!("{}{REDIS_KEY}", self.prefix);
            connection
                .hset_multiple(key, &fields)
                .await
                .map_err(|error| error.to_string())
        };
        match tokio::time::timeout(STORE_TIME, publish).await {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => {
                tracing::debug!(%error, "marks not published to Redis");
                false
            }
            Err(_) => false,
        }
    }
}

/// Begins anew with each tenure.
fn follow(progress: &mut BTreeMap<u32, Progress>, tenures: &BTreeMap<u32, Tenure>) {
    progress.retain(|partition, of| {
        tenures
            .get(partition)
            .is_some_and(|held| held.id == of.tenure)
    });
    for (partition, tenure) in tenures {
        progress.entry(*partition).or_insert_with(|| Progress {
            tenure: tenure.id,
            ..Progress::default()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_up_to_the_time_noted_before_the_end_was_asked() {
        let mut progress = Progress::default();
        progress.note(100, 5);
        progress.reach(4);
        assert_eq!(progress.until, None);
        progress.note(200, 8);
        progress.reach(5);
        assert_eq!(progress.until, Some(100));
        progress.reach(9);
        assert_eq!(progress.until, Some(200));
    }

    #[test]
    fn an_idle_partition_moves_on() {
        let mut progress = Progress::default();
        for time in 0..100 {
            progress.note(time, 5);
            progress.reach(5);
            assert_eq!(progress.until, Some(time));
        }
    }

    #[test]
    fn a_slow_one_holds_few_ends() {
        let mut progress = Progress::default();
        for time in 0..1_000 {
            progress.note(time, time.cast_unsigned());
        }
        assert_eq!(progress.pending.len(), PENDING_MAX);
        progress.reach(1_000);
        assert_eq!(progress.until, Some(PENDING_MAX as i64 - 1));
    }
}
