//! PostgreSQL goes away and comes back.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use testing::proxy::{Mode, Proxy};
use testing::{TestDatabase, eventually};

use crate::app::{PASSWORD, TestApp, send};

#[tokio::test]
async fn answers_503_at_once_and_recovers_by_itself() {
    let database = TestDatabase::create().await;
    let proxy = Proxy::start(&database.server_address()).await.unwrap();
    let url = database.url_through(proxy.address());
    let app = TestApp::on(database, url, |_| {}).await;
    let ada = app.sign_up("ada@example.com").await;
    assert_eq!(send(app.request(Method::GET, "/ready")).await.status, 200);

    for mode in [Mode::Cut, Mode::Stall] {
        proxy.set(mode);
        let started = Instant::now();
        let answers = [
            app.call(&ada, Method::GET, "/api/projects", Value::Null)
                .await,
            app.login("ada@example.com", PASSWORD).await,
            app.post(
                "/api/refresh",
                serde_json::json!({"refresh_token": ada.refresh}),
            )
            .await,
            send(
                app.internal("/api/internal/validate-key")
                    .header("x-api-key", identity::ApiKey::generate().expose()),
            )
            .await,
        ];
        for answer in &answers {
            assert_eq!(answer.error(), (503, "unavailable"));
            assert!(answer.headers.contains_key("retry-after"));
        }
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "{mode:?}: {:?}",
            started.elapsed()
        );
        assert_eq!(send(app.request(Method::GET, "/ready")).await.status, 503);
        assert_eq!(send(app.request(Method::GET, "/health")).await.status, 200);
        assert_eq!(
            send(app.request(Method::GET, "/.well-known/jwks.json"))
                .await
                .status,
            200
        );

        proxy.set(Mode::Pass);
        eventually(Duration::from_secs(120), || async {
            let answer = app
                .call(&ada, Method::GET, "/api/projects", Value::Null)
                .await;
            if answer.status == 200 {
                Ok(())
            } else {
                Err(answer.status)
            }
        })
        .await;
        assert_eq!(send(app.request(Method::GET, "/ready")).await.status, 200);
    }
}
