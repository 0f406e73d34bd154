//! The process: starts the engine, serves it, and stops it in order.

use std::sync::Arc;
use std::time::Duration;

use service_kit::entry::{Command, StartError};
use service_kit::health::Health;
use service_kit::lifecycle::Lifecycle;
use service_kit::{http, metrics};

use crate::config::{Config, EngineConfig};
use crate::engine::{Engine, EngineError, check_library, without_room};
use crate::http::{Credential, Front, router};
use crate::metrics::{MEMORY, METRICS, PARTS};

/// How often the engine is asked for its own figures, and sessions are looked through.
const UPKEEP: Duration = Duration::from_secs(2);
/// How often a full disk is looked at before the engine is started.
const ROOM_PAUSE: Duration = Duration::from_millis(250);
/// How long a probe of the engine may take.
const PROBE_DEADLINE: Duration = Duration::from_secs(2);
/// How long cancelled statements may take to end.
const CANCEL_DEADLINE: Duration = Duration::from_secs(3);

/// Runs `command`: serving, or `verify`, which checks that the engine library can be used here.
///
/// # Errors
/// When the engine cannot be started, the address is taken, or the command is not known.
pub async fn start(command: Command, config: Config, life: Lifecycle) -> Result<(), StartError> {
    match command {
        Command::Serve => serve(config.engine, &life).await,
        Command::Migrate => Ok(()),
        Command::Other(name, _) if name == "verify" => {
            let library = check_library(&config.engine.library)?;
            tracing::info!(library = %library.display(), "the engine library can be used");
            Ok(())
        }
        Command::Other(name, _) => Err(format!("there is no command {name}").into()),
    }
}

async fn serve(config: EngineConfig, life: &Lifecycle) -> Result<(), StartError> {
    if !config.listen.ip().is_loopback() && config.token.is_empty() {
        let listen = config.listen;
        return Err(format!("engine.listen is {listen}, beyond loopback: set engine.token").into());
    }
    if !room_on_disk(&config, life).await {
        return Ok(());
    }
    let listener = http::listen(config.listen)
        .map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    let for_engine = config.clone();
    let engine = tokio::task::spawn_blocking(move || Engine::start(&for_engine)).await??;
    let engine = Arc::new(engine);
    let front = Arc::new(Front::new(
        Arc::clone(&engine),
        &config,
        Credential::new(config.token.clone()),
    ));
    let handle = metrics::install(&[METRICS, http::METRICS]);
    let probed = Arc::clone(&engine);
    let health = Health::new(life.soft(), handle).needs("engine", PROBE_DEADLINE, move || {
        let engine = Arc::clone(&probed);
        async move {
            let asked = tokio::task::spawn_blocking(move || ask(&engine, "SELECT 1")).await;
            asked
                .map_err(|error| error.to_string())?
                .map(drop)
                .map_err(|error| error.to_string())
        }
    });
    let routes = http::with_stack(router(Arc::clone(&front)).merge(health.router()));
    let address = listener.local_addr()?;
    tracing::info!(%address, path = %config.path.display(), version = engine.version(), "ready");
    let soft = life.soft();
    life.spawn("upkeep", upkeep(Arc::clone(&front), life.clone()));
    life.spawn("http", async move {
        let serving = http::serve(listener, routes, config.http(), soft.clone());
        tokio::pin!(serving);
        tokio::select! {
            _ = &mut serving => {}
            () = overdue(&soft, config.shutdown_timeout) => {
                cancel_everything(&engine).await;
                let _ = tokio::time::timeout(CANCEL_DEADLINE, serving).await;
            }
        }
        stop(front, engine).await;
        Ok::<(), String>(())
    });
    Ok(())
}

/// Waits until the disk has room, or, which gives `false`, until the process is asked to stop.
async fn room_on_disk(config: &EngineConfig, life: &Lifecycle) -> bool {
    let mut is_told = false;
    while let Some(error) = without_room(&config.path) {
        if !is_told {
            tracing::error!(%error, path = %config.path.display(), "waiting for room on the disk");
            is_told = true;
        }
        let pause = tokio::time::sleep(ROOM_PAUSE);
        if life.soft().run_until_cancelled(pause).await.is_none() {
            return false;
        }
    }
    true
}

/// Ends when the process was asked to stop `patience` ago.
async fn overdue(soft: &tokio_util::sync::CancellationToken, patience: Duration) {
    soft.cancelled().await;
    tokio::time::sleep(patience).await;
}

async fn cancel_everything(engine: &Arc<Engine>) {
    tracing::warn!("statements are still running; they are cancelled");
    let engine = Arc::clone(engine);
    let killed = tokio::task::spawn_blocking(move || ask(&engine, "KILL QUERY WHERE 1 ASYNC"));
    if let Ok(Err(error)) = killed.await {
        tracing::warn!(%error, "cannot cancel statements");
    }
}

/// Closes sessions, then the engine: parts in the making are finished or dropped by it.
async fn stop(front: Arc<Front>, engine: Arc<Engine>) {
    let stopped = tokio::task::spawn_blocking(move || {
        front.sweep(true);
        engine.shutdown();
    });
    if stopped.await.is_err() {
        tracing::warn!("the engine did not stop in order");
    }
}

/// Looks after merges' writes, drops sessions that nobody uses, and publishes the engine's own figures.
async fn upkeep(front: Arc<Front>, life: Lifecycle) -> Result<(), String> {
    let soft = life.soft();
    while soft
        .run_until_cancelled(tokio::time::sleep(UPKEEP))
        .await
        .is_some()
    {
        let front = Arc::clone(&front);
        let figures = tokio::task::spawn_blocking(move || {
            front.sweep(false);
            if let Err(error) = front.engine.stand_by_writes() {
                tracing::warn!(%error, "cannot tell whether the disk takes writes");
            }
            ask(&front.engine, FIGURES)
        });
        if let Ok(Ok(text)) = figures.await {
            let mut values = text
                .split_ascii_whitespace()
                .map(|value| value.parse().unwrap_or(0.0));
            MEMORY.level(&[]).set(values.next().unwrap_or(0.0));
            PARTS.level(&[]).set(values.next().unwrap_or(0.0));
        }
    }
    Ok(())
}

const FIGURES: &str = "SELECT sumIf(value, metric = 'MemoryTracking'), \
    sumIf(value, metric = 'PartsActive') FROM system.metrics";

/// Runs a statement of our own and gives its answer as text.
fn ask(engine: &Engine, sql: &str) -> Result<String, EngineError> {
    let mut connection = engine.connect()?;
    let result = connection.execute(sql.as_bytes(), "TSV", &[])?;
    Ok(String::from_utf8_lossy(result.as_ref()).into_owned())
}
