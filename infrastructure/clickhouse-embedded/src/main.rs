//! Entry point.

use std::sync::Arc;

use axum::serve::ListenerExt as _;
use clickhouse_embedded::config::EngineConfig;
use clickhouse_embedded::engine::Engine;
use clickhouse_embedded::http::{Credential, Front, router};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut config = EngineConfig::default();
    if let Ok(listen) = std::env::var("MILLRACE_ENGINE__LISTEN") {
        config.listen = listen;
    }
    if let Ok(path) = std::env::var("MILLRACE_ENGINE__PATH") {
        config.path = path.into();
    }
    let engine = Arc::new(Engine::start(&config)?);
    let front = Arc::new(Front::new(
        Arc::clone(&engine),
        &config,
        Credential::new(None),
    ));
    let listener = tokio::net::TcpListener::bind(&config.listen).await?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router(front))
        .with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    engine.shutdown();
    Ok(())
}
