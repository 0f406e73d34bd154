//! The log goes away and comes back.

use serde_json::json;
use testing::proxy::Mode;
use testing::{Proxy, eventually};

use crate::clients::PATIENCE;
use crate::harness::{A, Keys, Log, Service, config};

#[tokio::test]
async fn without_the_log_new_streams_are_refused_fast_and_old_ones_go_on_afterwards() {
    let (log, keys) = (Log::create().await, Keys::new());
    let proxy = Proxy::start_kafka(&log.config.brokers).await.unwrap();
    let mut config = config(&log);
    config.kafka.brokers = proxy.address().to_string();
    let service = Service::start(config, &keys).await;
    let mut events = service.watch("projectId=default", &keys.read_a).await;
    log.append(A, "before", "ada", "{}").await;
    assert_eq!(events.next().await["data"]["trackingId"], "before");

    for mode in [Mode::Cut, Mode::Stall] {
        proxy.set(mode);
        let key = [("x-api-key", keys.read_a.as_str())];
        let path = "/api/live-stream?projectId=default&format=native";
        let refused = eventually(PATIENCE, || async {
            let (status, _) = service.get("/ready", &[]).await;
            match (
                status,
                service.get("/api/live?projectId=default", &key).await,
            ) {
                (503, (503, body)) => Ok(body),
                other => Err(other),
            }
        })
        .await;
        assert_eq!(refused["code"], "unavailable");
        assert_eq!(service.get(path, &key).await.0, 503);
        let dashboard = format!("/dashboard?projectId=default&token={}", keys.read_a);
        let mut socket = service.socket(&dashboard, &[]).await;
        assert_eq!(socket.hear_json().await["code"], "unavailable");
        assert_eq!(socket.hear_close().await.0, 1013);
        assert_eq!(service.get("/health", &[]).await.0, 200);
        log.append(A, "meanwhile", "ada", "{}").await;
        proxy.set(Mode::Pass);
        // The old stream goes on where it was.
        assert_eq!(
            events.next_of("event").await["data"]["trackingId"],
            json!("meanwhile")
        );
        service.ready().await;
        service.watch("projectId=default", &keys.read_a).await;
    }
}
