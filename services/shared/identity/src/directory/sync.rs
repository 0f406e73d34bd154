//! The task between the directory and PostgreSQL.
//!
//! One connection does everything: it listens, it reads, and it writes when
//! keys were last used. Whatever goes wrong with it ends the session; the next
//! one begins with a full reload, so nothing that was missed stays missed.

use std::future::Future;
use std::str::FromStr as _;
use std::time::Duration;

use event_schema::ids::ProjectId;
use service_kit::config::PostgresConfig;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::metrics::LOADED_AT;

use super::rows::{self, Selection};
use super::saver::Saver;
use super::{DirectoryConfig, DirectoryState, KeyDirectory, Question};

/// The channel that the triggers of the schema `accounts` notify.
const CHANNEL: &str = "accounts_keys";

/// How long any one exchange with the database may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// How long reading everything may take.
const LOAD_DEADLINE: Duration = Duration::from_secs(30);

/// How often a silent connection is tried: a cut that no packet reports is
/// noticed after this and [`DEADLINE`].
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Unknown keys that one statement looks up.
const QUESTIONS_AT_ONCE: usize = 256;

/// How soon a change is on disk.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

/// Pauses between attempts to connect.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Keeps a [`KeyDirectory`] current; see [`DirectorySync::run`].
#[derive(Debug)]
pub struct DirectorySync {
    directory: KeyDirectory,
    questions: mpsc::Receiver<Question>,
    config: DirectoryConfig,
    postgres: PostgresConfig,
    saver: Saver,
}

/// Why a session with the database ended.
#[derive(Debug, thiserror::Error)]
enum SessionEnd {
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    #[error("no answer in time")]
    Deadline(#[from] tokio::time::error::Elapsed),
    #[error("the connection was lost")]
    Lost,
    #[error("the service stops")]
    Stopped,
}

/// What a session is woken by.
enum Wake {
    Stop,
    Changed(Vec<Uuid>),
    Asked(Vec<Question>),
    Reload,
    WriteUses,
    Heartbeat,
    Save,
}

impl DirectorySync {
    pub(super) fn new(
        directory: KeyDirectory,
        questions: mpsc::Receiver<Question>,
        config: DirectoryConfig,
        postgres: PostgresConfig,
    ) -> Self {
        let saver = Saver::new(directory.clone(), config.snapshot.clone());
        Self {
            directory,
            questions,
            config,
            postgres,
            saver,
        }
    }

    /// Follows the database until `stop`, however often it goes away.
    pub async fn run(mut self, stop: CancellationToken) {
        self.follow_until(&stop).await;
        self.saver.finish().await;
    }

    async fn follow_until(&mut self, stop: &CancellationToken) {
        let mut pause = PAUSE_MIN;
        let mut is_reported = false;
        loop {
            let end = Box::pin(self.session(stop)).await;
            if matches!(end, SessionEnd::Stopped) {
                return;
            }
            if self.directory.state() == DirectoryState::Live {
                self.directory.enter(DirectoryState::Stale);
                (pause, is_reported) = (PAUSE_MIN, false);
            }
            // Once an outage; its end is reported by the next load.
            if is_reported {
                tracing::debug!(error = %end, "keys are still not followed");
            } else {
                tracing::warn!(error = %end, keys = self.directory.len(), "keys are not followed, trying again");
                is_reported = true;
            }
            // Whoever asked is told "unknown" now rather than at its deadline.
            while self.questions.try_recv().is_ok() {}
            if stop
                .run_until_cancelled(tokio::time::sleep(pause))
                .await
                .is_none()
            {
                return;
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// One connection from beginning to end.
    async fn session(&mut self, stop: &CancellationToken) -> SessionEnd {
        let mut listener = match stop.run_until_cancelled(Box::pin(self.connect())).await {
            None => return SessionEnd::Stopped,
            Some(Err(end)) => return end,
            Some(Ok(listener)) => listener,
        };
        match self.follow(&mut listener, stop).await {
            Ok(()) => SessionEnd::Stopped,
            Err(end) => end,
        }
    }

    /// Connects, listens and loads everything, in this order: what changes
    /// while it loads is notified.
    async fn connect(&mut self) -> Result<PgListener, SessionEnd> {
        let options = PgConnectOptions::from_str(self.postgres.url.expose())?
            .application_name("millrace-keys");
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(DEADLINE)
            .connect_lazy_with(options);
        let mut listener = within(PgListener::connect_with(&pool)).await?;
        listener.eager_reconnect(false);
        within(listener.listen(CHANNEL)).await?;
        self.reload(&mut listener).await?;
        self.directory.enter(DirectoryState::Live);
        tracing::info!(keys = self.directory.len(), "keys loaded");
        Ok(listener)
    }

    async fn follow(
        &mut self,
        listener: &mut PgListener,
        stop: &CancellationToken,
    ) -> Result<(), SessionEnd> {
        let mut reload = ticks(self.config.reload_interval);
        let mut uses = ticks(self.config.usage_interval);
        let mut heartbeat = ticks(HEARTBEAT);
        let mut save = ticks(SAVE_INTERVAL);
        self.saver.mark_changed();
        loop {
            let mut asked = Vec::new();
            let wake = tokio::select! {
                () = stop.cancelled() => Wake::Stop,
                notification = listener.try_recv() => {
                    let mut payloads = vec![notification?.ok_or(SessionEnd::Lost)?];
                    payloads.extend(std::iter::from_fn(|| listener.next_buffered()));
                    Wake::Changed(payloads.iter().filter_map(|one| one.payload().parse().ok()).collect())
                }
                _ = self.questions.recv_many(&mut asked, QUESTIONS_AT_ONCE) => Wake::Asked(asked),
                _ = reload.tick() => Wake::Reload,
                _ = uses.tick() => Wake::WriteUses,
                _ = heartbeat.tick() => Wake::Heartbeat,
                _ = save.tick() => Wake::Save,
            };
            match wake {
                Wake::Stop => return self.write_uses(listener).await,
                Wake::Changed(projects) => self.update(listener, &projects).await?,
                Wake::Asked(questions) => self.answer(listener, questions).await?,
                Wake::Reload => self.reload(listener).await?,
                Wake::WriteUses => self.write_uses(listener).await?,
                Wake::Heartbeat => {
                    within(sqlx::query("SELECT 1").execute(&mut *listener)).await?;
                }
                Wake::Save => self.saver.work().await,
            }
        }
    }

    async fn reload(&mut self, listener: &mut PgListener) -> Result<(), SessionEnd> {
        let contents = timeout(LOAD_DEADLINE, rows::fetch(listener, Selection::All)).await??;
        self.directory.replace(contents);
        self.saver.mark_changed();
        LOADED_AT
            .level(&[])
            .set(self.directory.now().timestamp() as f64);
        Ok(())
    }

    async fn update(
        &mut self,
        listener: &mut PgListener,
        projects: &[Uuid],
    ) -> Result<(), SessionEnd> {
        let contents = within(rows::fetch(listener, Selection::Projects(projects))).await?;
        let projects: Vec<_> = projects.iter().copied().map(ProjectId).collect();
        self.directory.update(&projects, contents);
        self.saver.mark_changed();
        Ok(())
    }

    /// Looks up keys that nobody has told of yet.
    async fn answer(
        &mut self,
        listener: &mut PgListener,
        questions: Vec<Question>,
    ) -> Result<(), SessionEnd> {
        let hashes: Vec<_> = questions.iter().map(|question| question.hash).collect();
        let projects = within(rows::projects_of_keys(listener, &hashes)).await?;
        if !projects.is_empty() {
            self.update(listener, &projects).await?;
        }
        for question in questions {
            // The one who asked may have given up.
            let _ = question.answered.send(());
        }
        Ok(())
    }

    async fn write_uses(&self, listener: &mut PgListener) -> Result<(), SessionEnd> {
        let uses = self.directory.0.table.read().unwritten_uses();
        if uses.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = uses.iter().map(|(entry, _)| entry.info.key_id).collect();
        let times: Vec<_> = uses
            .iter()
            .map(|(_, ms)| chrono::DateTime::from_timestamp_millis(*ms).unwrap_or_default())
            .collect();
        within(rows::write_uses(listener, &keys, &times)).await?;
        for (entry, ms) in uses {
            entry.usage.mark_written(ms);
        }
        Ok(())
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let every = every.max(Duration::from_millis(10));
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Runs one exchange with the database under [`DEADLINE`].
async fn within<T>(
    exchange: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, SessionEnd> {
    Ok(timeout(DEADLINE, exchange).await??)
}
