//! Users with tokens: every route asks for a project and for a membership, and
//! changing things for a role that may.

use crate::harness::{Answer, KEY_A, Stores};
use axum::Router;
use axum::body::Body;
use chrono::{TimeDelta, Utc};
use event_schema::ids::ProjectId;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use identity::store::{NewProject, NewUser};
use identity::token::{KeySet, RefreshToken};
use identity::{
    Authority, Email, KeyDirectory, KeyInfo, Role, Scopes, SigningKey, Store, TokenVerifier,
};
use query_api::App;
use query_api::endpoints::{Guard, ROUTES};
use serde_json::{Value, json};
use service_kit::config::{PostgresConfig, Secret};
use service_kit::{Clock, Lifecycle};
use tower::ServiceExt;
use uuid::Uuid;

struct World {
    _stores: Stores,
    app: App,
    accounts: Store,
    router: Router,
    shop: ProjectId,
    owner: String,
    viewer: String,
    stranger: String,
}

impl World {
    async fn create() -> Self {
        let stores = Stores::create().await;
        let postgres = |role: &str| PostgresConfig {
            url: Secret::new(stores.database.url_as(role)),
            ..PostgresConfig::default()
        };
        let accounts = Store::new(&postgres("millrace_auth")).unwrap();
        accounts.migrate().await.unwrap();
        let signer = SigningKey::generate().unwrap();
        let (owner, shop) = (
            user(&accounts, "owner@example.com").await,
            ProjectId(Uuid::now_v7()),
        );
        let project = NewProject {
            id: shop,
            name: "Shop",
            slug: "shop",
            owner,
            created_at: Utc::now(),
        };
        assert!(accounts.create_project(&project).await.unwrap());
        let viewer = user(&accounts, "viewer@example.com").await;
        let email = Email::parse("viewer@example.com").unwrap();
        accounts
            .add_member(shop, &email, Role::Viewer, Utc::now())
            .await
            .unwrap();
        let stranger = user(&accounts, "stranger@example.com").await;
        let authority = Authority::new(
            KeyDirectory::fixed(
                [(KEY_A, KeyInfo::new(shop, "shop", Scopes::READ))],
                Clock::system(),
            ),
            TokenVerifier::fixed(KeySet::of([&signer]), Clock::system()),
            Store::new(&postgres("millrace_query")).unwrap(),
            Clock::system(),
        );
        let app = App::with_authority(stores.config(), authority, Clock::system()).unwrap();
        Self {
            router: app.router(&Lifecycle::new()),
            app,
            shop,
            owner: token(&accounts, &signer, owner).await,
            viewer: token(&accounts, &signer, viewer).await,
            stranger: token(&accounts, &signer, stranger).await,
            accounts,
            _stores: stores,
        }
    }

    async fn send(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Answer {
        let bytes = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .body(Body::from(bytes))
            .unwrap();
        let (parts, body) = self
            .router
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_str(&text).unwrap_or_default(),
            text,
        }
    }
}

async fn user(accounts: &Store, email: &str) -> Uuid {
    let id = Uuid::now_v7();
    let email = Email::parse(email).unwrap();
    let user = NewUser {
        id,
        email: &email,
        password_hash: "$argon2id$",
        created_at: Utc::now(),
    };
    assert!(accounts.create_user(&user).await.unwrap());
    id
}

async fn token(accounts: &Store, signer: &SigningKey, user: Uuid) -> String {
    let (session, now) = (Uuid::now_v7(), Utc::now());
    let ends = [now + TimeDelta::days(1), now + TimeDelta::days(2)];
    accounts
        .open_session(session, user, RefreshToken::generate().hash(), now, ends)
        .await
        .unwrap();
    signer
        .issue(user, session, now, TimeDelta::minutes(15))
        .unwrap()
}

/// A request that only lacks a project.
fn request(method: &str, path: &str) -> (String, Option<Value>) {
    let path = path
        .replace("{job_id}", &Uuid::nil().to_string())
        .replace("{id}", &Uuid::nil().to_string());
    let body = match (method, path.as_str()) {
        ("POST", "/api/funnels") => Some(json!({"steps": ["a", "b"]})),
        ("POST", "/api/query" | "/api/query/estimate" | "/api/query/async") => {
            Some(json!({"type": "live", "params": {}}))
        }
        ("POST", "/api/insights") => Some(json!({"name": "n", "widget": {"type": "live"}})),
        ("POST", "/api/dashboards") | ("PATCH", _) => Some(json!({"name": "n"})),
        _ => None,
    };
    (path, body)
}

#[tokio::test]
async fn every_route_asks_a_user_for_a_project_and_a_membership() {
    let world = World::create().await;
    for route in ROUTES
        .iter()
        .filter(|route| matches!(route.guard, Guard::Read | Guard::Write))
    {
        let what = format!("{} {}", route.method, route.path);
        let (path, body) = request(route.method, route.path);
        let named = |name: &str| {
            format!("{path}?project_id={name}&event=e").replace(
                "&event=e",
                if path == "/api/trends" {
                    "&event=e"
                } else {
                    ""
                },
            )
        };
        let nowhere = world
            .send(route.method, &path, &world.owner, body.as_ref())
            .await;
        assert_eq!(
            nowhere.status,
            StatusCode::BAD_REQUEST,
            "{what}: {}",
            nowhere.text
        );
        assert_eq!(
            nowhere.body["errors"][0]["path"], "project_id",
            "{what}: {}",
            nowhere.text
        );
        for name in [world.shop.to_string(), "shop".to_owned()] {
            let path = named(&name);
            let foreign = world
                .send(route.method, &path, &world.stranger, body.as_ref())
                .await;
            assert_eq!(
                foreign.status,
                StatusCode::FORBIDDEN,
                "{what}: {}",
                foreign.text
            );
            let own = world
                .send(route.method, &path, &world.owner, body.as_ref())
                .await;
            assert!(
                own.status.is_success() || own.status == StatusCode::NOT_FOUND,
                "{what}: {}",
                own.text
            );
            let viewed = world
                .send(route.method, &path, &world.viewer, body.as_ref())
                .await;
            let expected = if route.guard == Guard::Write {
                StatusCode::FORBIDDEN
            } else {
                own.status
            };
            assert_eq!(viewed.status, expected, "{what}: {}", viewed.text);
        }
        let forged = world
            .send(route.method, &named("shop"), "e30.e30.e30", body.as_ref())
            .await;
        assert_eq!(forged.status, StatusCode::UNAUTHORIZED, "{what}");
    }
}

#[tokio::test]
async fn a_body_may_name_the_project_and_two_names_must_agree() {
    let world = World::create().await;
    let body = |project: &str| json!({"type": "live", "project_id": project, "params": {}});
    assert_eq!(
        world
            .send("POST", "/api/query", &world.viewer, Some(&body("shop")))
            .await
            .status,
        StatusCode::OK
    );
    let both = format!("/api/query?project_id={}", world.shop);
    assert_eq!(
        world
            .send("POST", &both, &world.viewer, Some(&body("shop")))
            .await
            .status,
        StatusCode::OK
    );
    let other = world
        .send("POST", &both, &world.viewer, Some(&body("other")))
        .await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn nothing_is_left_of_a_deleted_project() {
    let world = World::create().await;
    let named = |path: &str| format!("{path}?project_id={}", world.shop);
    let board = json!({"name": "board"});
    let made = world
        .send(
            "POST",
            &named("/api/dashboards"),
            &world.owner,
            Some(&board),
        )
        .await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let share = named(&format!(
        "/api/dashboards/{}/share",
        made.body["id"].as_str().unwrap()
    ));
    let shared = world.send("POST", &share, &world.owner, None).await;
    let link = format!("/api/shared/{}", shared.body["token"].as_str().unwrap());
    let jobs = &world.app.state().jobs;
    assert_eq!(jobs.forget_deleted_projects().await.unwrap(), 0);
    assert_eq!(
        world.send("GET", &link, "", None).await.status,
        StatusCode::OK
    );

    let now = Utc::now();
    assert!(
        world
            .accounts
            .delete_project(world.shop, now)
            .await
            .unwrap()
    );
    let listed = world
        .send("GET", &named("/api/dashboards"), &world.owner, None)
        .await;
    assert_eq!(listed.status, StatusCode::FORBIDDEN);
    assert_eq!(jobs.forget_deleted_projects().await.unwrap(), 1);
    let gone = world.send("GET", &link, "", None).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}
