//! The server, and the two services behind it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use dashboard::DashboardConfig;
use http::{HeaderMap, Method, StatusCode};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use service_kit::Lifecycle;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// What a service behind the dashboard was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

#[derive(Clone, Default)]
struct Backstage {
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A server with a page of two files.
pub(crate) struct TestApp {
    address: SocketAddr,
    client: Client,
    backstage: Backstage,
    _folder: TempDir,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut DashboardConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("assets")).unwrap();
        std::fs::write(folder.path().join("index.html"), "<!doctype html>page").unwrap();
        std::fs::write(folder.path().join("assets/page-1a2b.js"), "export {}").unwrap();
        let backstage = Backstage::default();
        let behind = Router::new().fallback(answer).with_state(backstage.clone());
        let services = format!("http://{}", serve(behind).await);
        let mut config = DashboardConfig {
            assets: folder.path().to_owned(),
            auth_url: services.clone(),
            query_url: services,
            capture_url: "https://events.example".to_owned(),
            ..DashboardConfig::default()
        };
        change(&mut config);
        let router = dashboard::router(&config, &Lifecycle::new()).unwrap();
        Self {
            address: serve(router).await,
            client: Client::builder().build().unwrap(),
            backstage,
            _folder: folder,
        }
    }

    pub(crate) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.client.request(method, url)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.ask(Method::GET, path)
    }

    /// A request as the page sends it.
    pub(crate) fn session(&self, path: &str) -> RequestBuilder {
        self.ask(Method::POST, path)
            .header("x-millrace-session", "1")
    }

    /// What the services were asked, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.backstage.asked.lock().unwrap().clone()
    }
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

/// The services: they note what they are asked and answer what the tests need.
async fn answer(State(backstage): State<Backstage>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let path = parts.uri.path_and_query().unwrap().to_string();
    let sent: Value = serde_json::from_str(&body).unwrap_or_default();
    backstage.asked.lock().unwrap().push(Asked {
        method: parts.method,
        path: path.clone(),
        headers: parts.headers,
        body,
    });
    match path.as_str() {
        "/api/register" => Json(json!({"id": "1", "email": sent["email"]})).into_response(),
        "/api/login" if sent["password"] == "right" => signed_in("rt_first"),
        "/api/login" => refused(StatusCode::UNAUTHORIZED, "Invalid credentials"),
        "/api/refresh" if sent["refresh_token"] == "rt_first" => signed_in("rt_second"),
        "/api/refresh" => refused(StatusCode::UNAUTHORIZED, "Invalid refresh token"),
        "/api/setup" => {
            Json(json!({"has_accounts": false, "is_registration_open": true})).into_response()
        }
        "/api/busy" => {
            let mut response = refused(StatusCode::TOO_MANY_REQUESTS, "busy");
            response
                .headers_mut()
                .insert("retry-after", "7".parse().unwrap());
            response
                .headers_mut()
                .insert("set-cookie", "evil=1".parse().unwrap());
            response
        }
        _ => Response::new(Body::from(r#"{"ok":true}"#)),
    }
}

fn signed_in(refresh: &str) -> Response {
    Json(json!({
        "access_token": "at", "token_type": "bearer", "refresh_token": refresh, "expires_in": 900,
    }))
    .into_response()
}

fn refused(status: StatusCode, detail: &str) -> Response {
    (status, Json(json!({"detail": detail, "code": "refused"}))).into_response()
}
