//! From a credential to a project, over HTTP as the query service has it.

use std::time::Duration;

use axum::extract::{FromRef, State};
use axum::routing::get;
use axum::{Json, Router};
use chrono::TimeDelta;
use event_schema::ids::ProjectId;
use identity::access::{Read, Write};
use identity::store::{ProjectChange, SessionEnd};
use identity::token::{KeySet, RefreshToken};
use identity::{
    Access, ApiKey, Authority, Caller, Email, KeyDirectory, KeyInfo, Permission, Role, Scope,
    Scopes, SigningKey, Store, TokenVerifier,
};
use serde_json::{Value, json};
use service_kit::Clock;
use service_kit::http::ApiError;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::accounts::{Accounts, now, postgres};

#[derive(Clone)]
struct Service(Authority);

impl FromRef<Service> for Authority {
    fn from_ref(service: &Service) -> Self {
        service.0.clone()
    }
}

async fn read(access: Access<Read>) -> Json<Value> {
    Json(json!(access.project.project_id().to_string()))
}

async fn write(access: Access<Write>) -> Json<Value> {
    Json(json!(access.project.project_id().to_string()))
}

/// As a route does whose body names the project.
async fn body(
    State(service): State<Service>,
    caller: Caller,
    body: String,
) -> Result<Json<Value>, ApiError> {
    let named = (!body.is_empty()).then_some(body.as_str());
    let access = service
        .0
        .project(&caller, named, Scope::Read, Permission::ReadProject)
        .await?;
    Ok(Json(json!(access.project_id().to_string())))
}

/// Two projects, each with keys and people.
struct World {
    accounts: Accounts,
    clock: Clock,
    signer: SigningKey,
    router: Router,
    shop: ProjectId,
    other: ProjectId,
    read_key: ApiKey,
    write_key: ApiKey,
    ada: Uuid,
}

impl World {
    async fn create() -> Self {
        let accounts = Accounts::create().await;
        let ada = accounts.user("ada@example.com").await;
        let shop = accounts.project(ada, "shop").await;
        let eve = accounts.user("eve@example.com").await;
        let other = accounts.project(eve, "other").await;
        let aliases = ProjectChange {
            aliases: Some(vec!["clx0".to_owned()]),
            ..ProjectChange::default()
        };
        accounts
            .store
            .change_project(shop, &aliases, now())
            .await
            .unwrap();

        let clock = Clock::manual(now());
        let (read_key, write_key) = (ApiKey::generate(), ApiKey::generate());
        let keys = [
            (read_key.expose(), KeyInfo::new(shop, "shop", Scopes::READ)),
            (
                write_key.expose(),
                KeyInfo::new(shop, "shop", Scopes::CAPTURE),
            ),
        ];
        let signer = SigningKey::generate().unwrap();
        let tokens = TokenVerifier::fixed(KeySet::of([&signer]), clock.clone());
        // With the rights that the query service has.
        let store = Store::new(&postgres(accounts.database.url_as("millrace_query"))).unwrap();
        let authority = Authority::new(
            KeyDirectory::fixed(keys, clock.clone()),
            tokens,
            store,
            clock.clone(),
        );
        let router = Router::new()
            .route("/read", get(read))
            .route("/write", get(write))
            .route("/body", get(body))
            .with_state(Service(authority));
        Self {
            accounts,
            clock,
            signer,
            router,
            shop,
            other,
            read_key,
            write_key,
            ada,
        }
    }

    async fn session(&self, user: Uuid) -> (Uuid, String) {
        let session = Uuid::now_v7();
        let ends = [now() + TimeDelta::days(1), now() + TimeDelta::days(2)];
        self.accounts
            .store
            .open_session(session, user, RefreshToken::generate().hash(), now(), ends)
            .await
            .unwrap();
        let token = self
            .signer
            .issue(user, session, self.clock.now(), TimeDelta::minutes(15))
            .unwrap();
        (session, format!("Bearer {token}"))
    }

    async fn ask(&self, path: &str, header: (&str, &str), body: &str) -> (u16, Value) {
        let request = http::Request::get(path)
            .header(header.0, header.1)
            .body(body.to_owned())
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 10_000)
            .await
            .unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }
}

#[tokio::test]
async fn a_key_leads_to_its_own_project_only() {
    let world = World::create().await;
    let own = world.shop.to_string();
    let foreign = world.other.to_string();
    let key = ("x-api-key", world.read_key.expose());
    for (named, expected) in [
        (None, Some(())),
        (Some("default"), Some(())),
        (Some(own.as_str()), Some(())),
        (Some("shop"), Some(())),
        (Some(foreign.as_str()), None),
        (Some("other"), None),
        (Some("nothing"), None),
    ] {
        let query = named.map_or_else(
            || "/read".to_owned(),
            |name| format!("/read?project_id={name}"),
        );
        for (path, body) in [(query.as_str(), ""), ("/body", named.unwrap_or_default())] {
            let (status, answer) = world.ask(path, key, body).await;
            match expected {
                Some(()) => assert_eq!((status, &answer), (200, &json!(own)), "{path} {body}"),
                None => assert_eq!(
                    (status, &answer["code"]),
                    (403, &json!("wrong_project")),
                    "{path} {body}"
                ),
            }
        }
    }
    let twice = format!("/read?project_id=shop&project_id={foreign}");
    assert_eq!(world.ask(&twice, key, "").await.0, 403);
    let bearer = format!("Bearer {}", world.read_key.expose());
    assert_eq!(
        world.ask("/read", ("authorization", &bearer), "").await.0,
        200
    );
}

#[tokio::test]
async fn a_key_needs_the_scope_and_to_be_one() {
    let world = World::create().await;
    let unknown = ApiKey::generate();
    for (header, value, expected) in [
        (
            "x-api-key",
            world.write_key.expose(),
            (403, "scope_missing"),
        ),
        ("x-api-key", unknown.expose(), (401, "invalid_api_key")),
        ("x-api-key", "", (401, "invalid_api_key")),
        ("authorization", "Bearer x.y.z", (401, "invalid_token")),
        ("authorization", "Bearer", (401, "invalid_token")),
        ("authorization", "Basic eDp5", (401, "credential_missing")),
        ("accept", "*/*", (401, "credential_missing")),
    ] {
        let (status, answer) = world.ask("/read", (header, value), "").await;
        assert_eq!(
            (status, answer["code"].as_str().unwrap()),
            expected,
            "{header}: {value}"
        );
    }
    // The first credential decides: a good token does not save a bad key.
    let (_, token) = world.session(world.ada).await;
    let request = http::Request::get("/read?project_id=shop")
        .header("x-api-key", "bad")
        .header("authorization", token);
    let response = world
        .router
        .clone()
        .oneshot(request.body(String::new()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn a_user_must_name_a_project_and_belong_to_it() {
    let world = World::create().await;
    let (_, token) = world.session(world.ada).await;
    let own = world.shop.to_string();
    let foreign = world.other.to_string();
    for (named, expected) in [
        ("", (400, "invalid_request")),
        (own.as_str(), (200, "")),
        ("shop", (200, "")),
        ("clx0", (200, "")),
        ("default", (403, "not_a_member")),
        (foreign.as_str(), (403, "not_a_member")),
        ("other", (403, "not_a_member")),
        ("nothing", (403, "not_a_member")),
        ("%00", (403, "not_a_member")),
    ] {
        let (status, answer) = world
            .ask(
                &format!("/read?project_id={named}"),
                ("authorization", &token),
                "",
            )
            .await;
        assert_eq!(
            (status, answer["code"].as_str().unwrap_or_default()),
            expected,
            "{named}"
        );
    }
    let (status, answer) = world.ask("/body", ("authorization", &token), "").await;
    assert_eq!(
        (status, &answer["errors"][0]["path"]),
        (400, &json!("project_id"))
    );
}

#[tokio::test]
async fn what_a_user_may_depends_on_the_role() {
    let world = World::create().await;
    for (role, may_write) in [
        (Role::Viewer, false),
        (Role::Member, true),
        (Role::Admin, true),
        (Role::Owner, true),
    ] {
        let address = format!("{role}@example.com");
        let user = world.accounts.user(&address).await;
        let email = Email::parse(&address).unwrap();
        world
            .accounts
            .store
            .add_member(world.shop, &email, role, now())
            .await
            .unwrap();
        let (_, token) = world.session(user).await;
        let token = ("authorization", token.as_str());
        assert_eq!(
            world.ask("/read?project_id=shop", token, "").await.0,
            200,
            "{role}"
        );
        let (status, answer) = world.ask("/write?project_id=shop", token, "").await;
        assert_eq!(
            status,
            if may_write { 200 } else { 403 },
            "{role}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_session_that_is_over_opens_nothing() {
    let world = World::create().await;
    let (session, token) = world.session(world.ada).await;
    let ask = || world.ask("/read?project_id=shop", ("authorization", &token), "");
    assert_eq!(ask().await.0, 200);
    world
        .accounts
        .store
        .end_session(session, SessionEnd::Logout, now())
        .await
        .unwrap();
    let (status, answer) = ask().await;
    assert_eq!((status, &answer["code"]), (401, &json!("invalid_token")));

    let (_, token) = world.session(world.ada).await;
    world.clock.advance(Duration::from_secs(900));
    let (status, answer) = world
        .ask("/read?project_id=shop", ("authorization", &token), "")
        .await;
    assert_eq!((status, &answer["code"]), (401, &json!("token_expired")));
}
