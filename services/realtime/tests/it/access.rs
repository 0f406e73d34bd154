//! Who is let in, and who is not.

use realtime::endpoints::{Guard, ROUTES};
use serde_json::json;

use crate::clients::{Events, Heard, http};
use crate::harness::{A, B, Keys, Log, Service, config};

#[tokio::test]
async fn every_route_wants_a_read_key_of_the_project_it_names() {
    let (log, keys) = (Log::create().await, Keys::new());
    let service = Service::start(config(&log), &keys).await;
    let unknown = identity::ApiKey::generate();
    let cases: [(Option<&str>, String, u16, &str); 8] = [
        (None, format!("projectId={A}"), 401, "credential_missing"),
        (None, String::new(), 401, "credential_missing"),
        (Some("x"), format!("projectId={A}"), 401, "invalid_api_key"),
        (
            Some(unknown.expose()),
            format!("projectId={A}"),
            401,
            "invalid_api_key",
        ),
        (
            Some(&keys.write_a),
            format!("projectId={A}"),
            403,
            "scope_missing",
        ),
        (
            Some(&keys.read_a),
            format!("projectId={B}"),
            403,
            "wrong_project",
        ),
        (
            Some(&keys.read_a),
            format!("projectId={A}&project_id={B}"),
            403,
            "wrong_project",
        ),
        (Some(&keys.read_a), String::new(), 400, "invalid_request"),
    ];
    for route in ROUTES {
        let path = route.path;
        if route.guard == Guard::Open {
            assert_eq!(service.get(path, &[]).await.0, 200, "{path}");
            continue;
        }
        for (key, query, status, code) in &cases {
            let what = format!("{path}?{query} {key:?}");
            let path = format!("{path}?{query}");
            let headers: Vec<_> = key.iter().map(|key| ("x-api-key", *key)).collect();
            if route.guard == Guard::ReadOnSocket {
                let mut socket = service.socket(&path, &headers).await;
                if !query.is_empty() {
                    assert_eq!(socket.hear_json().await["code"], *code, "{what}");
                }
                assert_eq!(socket.hear_close().await.0, 1008, "{what}");
                continue;
            }
            let (got, body) = service.ask(route.method, &path, &headers).await;
            assert_eq!((got, &body["code"]), (*status, &json!(code)), "{what}");
            assert!(body["detail"].is_string());
        }
        // The first credential decides: a good one in the query does not save it.
        let path = format!("{path}?projectId={A}&token={}", keys.read_a);
        let wrong = [("x-api-key", "wrong")];
        if route.guard == Guard::Read {
            let (status, _) = service.ask(route.method, &path, &wrong).await;
            assert_eq!(status, 401, "{path}");
        } else {
            let mut socket = service.socket(&path, &wrong).await;
            assert_eq!(socket.hear_json().await["code"], "invalid_api_key");
        }
    }
    assert_eq!(service.get("/api/nothing", &[]).await.0, 404);
    let (status, metrics) = service.get("/metrics", &[]).await;
    assert!(status == 200 && metrics.to_string().contains("realtime_source_up"));
}

#[tokio::test]
async fn sockets_of_strangers_are_told_why_and_closed() {
    let (log, keys) = (Log::create().await, Keys::new());
    let mut config = config(&log);
    config.realtime.socket_origins = vec!["https://shop.example".to_owned()];
    let service = Service::start(config, &keys).await;
    let evil = [("origin", "https://evil.example")];
    for (path, headers, code, reason) in [
        (
            "/dashboard?projectId=shop-a",
            &evil[..],
            None,
            "Unauthorized origin",
        ),
        (
            "/?projectId=shop-a&sessionId=s",
            &evil,
            None,
            "Unauthorized origin",
        ),
        ("/dashboard", &[], None, "Missing projectId"),
        ("/", &[], None, "Missing projectId"),
        ("/?sessionId=s", &[], None, "Missing projectId"),
        ("/?projectId=shop-a", &[], None, "Missing sessionId"),
        (
            "/?projectId=shop-a&sessionId=",
            &[],
            None,
            "Missing sessionId",
        ),
        (
            "/dashboard?projectId=shop-a",
            &[],
            Some("credential_missing"),
            "Unauthorized",
        ),
        (
            "/dashboard?projectId=shop-a&token=x",
            &[],
            Some("invalid_token"),
            "Unauthorized",
        ),
    ] {
        let mut socket = service.socket(path, headers).await;
        if let Some(code) = code {
            let told = socket.hear_json().await;
            assert_eq!(
                (&told["type"], &told["code"]),
                (&json!("error"), &json!(code)),
                "{path}"
            );
        }
        assert_eq!(
            socket.hear().await,
            Heard::Closed(1008, reason.to_owned()),
            "{path}"
        );
    }
    let path = format!("/dashboard?projectId={B}&token={}", keys.read_a);
    let mut socket = service
        .socket(&path, &[("origin", "https://shop.example")])
        .await;
    assert_eq!(socket.hear_json().await["code"], "wrong_project");
    assert_eq!(socket.hear_close().await, (1008, "Forbidden".to_owned()));
}

#[tokio::test]
async fn a_ticket_is_good_once_and_for_its_project_only() {
    let (log, keys) = (Log::create().await, Keys::new());
    let service = Service::start(config(&log), &keys).await;
    let ticket = async || {
        let url = service.url("/api/tickets?projectId=shop-a");
        let answer = http()
            .post(url)
            .header("x-api-key", &keys.read_a)
            .send()
            .await
            .unwrap();
        let body: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(body["expires_in"], 30);
        body["ticket"].as_str().unwrap().to_owned()
    };
    let path = format!("/dashboard?projectId={A}&ticket={}", ticket().await);
    let mut socket = service.socket(&path, &[]).await;
    assert_eq!(socket.hear_json().await["type"], "connected");
    let mut again = service.socket(&path, &[]).await;
    assert_eq!(again.hear_json().await["code"], "invalid_token");
    let other = format!("/api/live-stream?projectId={B}&ticket={}", ticket().await);
    assert_eq!(service.get(&other, &[]).await.0, 403);
    let url = service.url(&format!(
        "/api/live-stream?projectId=shop-a&ticket={}",
        ticket().await
    ));
    let (_events, first) = Events::open(&url, &[]).await;
    assert_eq!(first["type"], "connected");
    assert_eq!(
        service
            .get("/api/live?projectId=shop-a&ticket=x", &[])
            .await
            .0,
        401
    );
    let url = service.url("/api/tickets?projectId=shop-a");
    assert_eq!(http().post(url).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn one_project_cannot_take_the_places_of_another() {
    let (log, keys) = (Log::create().await, Keys::new());
    let mut config = config(&log);
    config.realtime.limits.streams_per_project = 2;
    config.realtime.limits.connections = 4;
    let service = Service::start(config, &keys).await;
    let first = service.watch("projectId=default", &keys.read_a).await;
    let _second = service.watch("projectId=default", &keys.read_a).await;
    let full = service
        .get(
            "/api/live-stream?projectId=default",
            &[("x-api-key", &keys.read_a)],
        )
        .await;
    assert_eq!((full.0, &full.1["code"]), (429, &json!("too_many_streams")));
    let path = format!("/dashboard?projectId=default&token={}", keys.read_a);
    let mut socket = service.socket(&path, &[]).await;
    assert_eq!(socket.hear_close().await.0, 1013);
    let _theirs = service.watch("projectId=default", &keys.read_b).await;
    drop(first);
    // The place is free as soon as the service notices.
    testing::eventually(crate::clients::PATIENCE, || async {
        let url = service.url("/api/live-stream?projectId=default");
        let answer = http()
            .get(url)
            .header("x-api-key", &keys.read_a)
            .send()
            .await
            .unwrap();
        if answer.status() == 200 {
            Ok(())
        } else {
            Err(answer.status())
        }
    })
    .await;
}

#[tokio::test]
async fn browsers_of_configured_pages_may_call() {
    let (log, keys) = (Log::create().await, Keys::new());
    let mut config = config(&log);
    config.realtime.cors_origins = vec!["https://app.example".to_owned()];
    let service = Service::start(config, &keys).await;
    let allowed = async |origin: &str| {
        let answer = http()
            .request(http::Method::OPTIONS, service.url("/api/live-stream"))
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization")
            .send()
            .await
            .unwrap();
        answer.headers().get("access-control-allow-origin").cloned()
    };
    assert_eq!(
        allowed("https://app.example").await.unwrap(),
        "https://app.example"
    );
    assert_eq!(allowed("https://evil.example").await, None);
    // On errors, too.
    let answer = http()
        .get(service.url("/api/live?projectId=default"))
        .header("origin", "https://app.example")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(
        answer.headers()["access-control-allow-origin"],
        "https://app.example"
    );
}
