//! Every route, asked by everybody: each role, a member of another project, and
//! nobody. The list of routes is the OpenAPI document's, so that a route without
//! a row here fails.

use std::collections::{BTreeMap, BTreeSet};

use auth_api::app::openapi;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{PASSWORD, Person, TestApp, send};

/// Who may: everybody, whoever is signed in, or members from a role upwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    Anybody,
    SignedIn,
    Members(usize),
}

use May::{Anybody, Members, SignedIn};

const ROLES: [&str; 4] = ["viewer", "member", "admin", "owner"];
const VIEWER: May = Members(0);
const MEMBER: May = Members(1);
const ADMIN: May = Members(2);
const OWNER: May = Members(3);

struct Route {
    method: Method,
    path: &'static str,
    may: May,
    body: Value,
}

fn route(method: Method, path: &'static str, may: May, body: Value) -> Route {
    Route {
        method,
        path,
        may,
        body,
    }
}

/// The whole table. Bodies succeed, as often as they are sent, for those who may.
fn routes() -> Vec<Route> {
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    let credentials =
        json!({"email": "nobody@example.com", "username": "nobody@example.com", "password": "x"});
    let member = json!({"email": "guest@example.com", "role": "viewer"});
    vec![
        route(get.clone(), "/", Anybody, Value::Null),
        route(get.clone(), "/.well-known/jwks.json", Anybody, Value::Null),
        route(get.clone(), "/api/setup", Anybody, Value::Null),
        route(post.clone(), "/api/register", Anybody, credentials.clone()),
        route(post.clone(), "/api/login", Anybody, credentials),
        route(
            post.clone(),
            "/api/refresh",
            Anybody,
            json!({"refresh_token": "rt_unknown"}),
        ),
        route(get.clone(), "/api/me", SignedIn, Value::Null),
        route(get.clone(), "/api/projects", SignedIn, Value::Null),
        route(
            post.clone(),
            "/api/projects",
            SignedIn,
            json!({"name": "Another"}),
        ),
        route(get.clone(), "/api/projects/{id}", VIEWER, Value::Null),
        route(
            patch.clone(),
            "/api/projects/{id}",
            ADMIN,
            json!({"name": "Shop"}),
        ),
        route(
            get.clone(),
            "/api/projects/{id}/limits",
            VIEWER,
            Value::Null,
        ),
        route(
            get.clone(),
            "/api/projects/{id}/api-keys",
            MEMBER,
            Value::Null,
        ),
        route(
            post.clone(),
            "/api/projects/{id}/api-keys",
            ADMIN,
            json!({"name": "k"}),
        ),
        route(
            delete.clone(),
            "/api/projects/{id}/api-keys/{key_id}",
            ADMIN,
            Value::Null,
        ),
        route(get, "/api/projects/{id}/members", VIEWER, Value::Null),
        route(
            post.clone(),
            "/api/projects/{id}/members",
            ADMIN,
            member.clone(),
        ),
        route(patch, "/api/projects/{id}/members", ADMIN, member.clone()),
        route(
            delete.clone(),
            "/api/projects/{id}/members",
            ADMIN,
            json!({"email": "guest@example.com"}),
        ),
        route(delete.clone(), "/api/projects/{id}", OWNER, Value::Null),
        route(
            post.clone(),
            "/api/me/password",
            SignedIn,
            json!({"current_password": PASSWORD, "new_password": PASSWORD}),
        ),
        // Last, because they end the session that asks.
        route(delete, "/api/me", SignedIn, json!({"password": PASSWORD})),
        route(
            post,
            "/api/logout",
            Anybody,
            json!({"refresh_token": "rt_unknown"}),
        ),
    ]
}

struct World {
    app: TestApp,
    owner: Person,
    /// In the order of [`ROLES`].
    members: Vec<Person>,
    stranger: Person,
    project: String,
    other_project: String,
}

impl World {
    async fn create() -> Self {
        let app = TestApp::start().await;
        let owner = app.sign_up("founder@example.com").await;
        let project = app.project(&owner, "Shop").await;
        let stranger = app.sign_up("stranger@example.com").await;
        let other_project = app.project(&stranger, "Elsewhere").await;
        let mut members = Vec::new();
        for role in ROLES {
            members.push(app.sign_up(&format!("{role}@example.com")).await);
        }
        let world = Self {
            app,
            owner,
            members,
            stranger,
            project,
            other_project,
        };
        world.bring_in(&world.project).await;
        world
    }

    /// Makes everybody but the stranger a member of `project`.
    async fn bring_in(&self, project: &str) {
        let path = format!("/api/projects/{project}/members");
        for (person, role) in self.members.iter().zip(ROLES) {
            let body = json!({"email": person.email, "role": role});
            let brought = self.app.call(&self.owner, Method::POST, &path, body);
            brought.await.ok();
        }
    }

    /// Brings the project into the state in which the route succeeds, and fills
    /// in the path.
    async fn prepare(&self, route: &Route) -> String {
        if (&route.method, route.path) == (&Method::DELETE, "/api/projects/{id}") {
            let project = self.app.project(&self.owner, "Short-lived").await;
            self.bring_in(&project).await;
            return format!("/api/projects/{project}");
        }
        if (&route.method, route.path) == (&Method::DELETE, "/api/me") {
            self.share_every_project().await;
        }
        let project = format!("/api/projects/{}", self.project);
        let guest = json!({"email": "guest@example.com", "role": "viewer"});
        let members = format!("{project}/members");
        if route.path.ends_with("/members") {
            let method = if route.method == Method::POST {
                Method::DELETE
            } else {
                Method::POST
            };
            self.app.call(&self.owner, method, &members, guest).await;
        }
        let mut key = "none".to_owned();
        if route.path.contains("{key_id}") {
            let made = self
                .app
                .call(
                    &self.owner,
                    Method::POST,
                    &format!("{project}/api-keys"),
                    Value::Null,
                )
                .await
                .ok();
            made["id"].as_str().unwrap().clone_into(&mut key);
        }
        route
            .path
            .replace("{id}", &self.project)
            .replace("{key_id}", &key)
    }

    /// Makes the founder an owner everywhere, so that everybody else may leave.
    async fn share_every_project(&self) {
        let mut connection = self.app.database.connect().await;
        sqlx::query(
            "INSERT INTO accounts.members (project_id, user_id, role, created_at)
             SELECT p.id, u.id, 'owner', now() FROM accounts.projects p, accounts.users u WHERE u.email = $1
             ON CONFLICT (project_id, user_id) DO UPDATE SET role = 'owner'",
        )
        .bind(&self.owner.email)
        .execute(&mut connection)
        .await
        .unwrap();
    }

    async fn ask(&self, person: Option<&Person>, route: &Route) -> u16 {
        let path = self.prepare(route).await;
        let request = self.app.request(route.method.clone(), &path);
        let request = match person {
            Some(person) => request.bearer_auth(&person.access),
            None => request,
        };
        let request = if route.body.is_null() {
            request
        } else {
            request.json(&route.body)
        };
        send(request).await.status
    }
}

#[tokio::test]
async fn each_route_answers_those_it_should_and_nobody_else() {
    let world = World::create().await;
    for route in routes() {
        let name = format!("{} {}", route.method, route.path);
        let (signed_out, stranger) = (
            world.ask(None, &route).await,
            world.ask(Some(&world.stranger), &route).await,
        );
        let mut by_role = Vec::new();
        for member in &world.members {
            by_role.push(world.ask(Some(member), &route).await);
        }
        match route.may {
            // What these say about credentials is tested elsewhere; here: the
            // token does not matter.
            Anybody => assert!(
                by_role.iter().all(|status| *status == signed_out),
                "{name}: {by_role:?}"
            ),
            SignedIn => assert_eq!(
                (signed_out, stranger, by_role),
                (401, 200, vec![200; 4]),
                "{name}"
            ),
            Members(weakest) => {
                let expected: Vec<u16> = (0..ROLES.len())
                    .map(|role| if role < weakest { 403 } else { 200 })
                    .collect();
                assert_eq!(
                    (signed_out, stranger, by_role),
                    (401, 404, expected),
                    "{name}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_stranger_changes_nothing() {
    let world = World::create().await;
    let before = world.snapshot().await;
    for route in routes()
        .iter()
        .filter(|route| matches!(route.may, Members(_)) && route.method != Method::GET)
    {
        let path = route
            .path
            .replace("{id}", &world.project)
            .replace("{key_id}", &uuid::Uuid::nil().to_string());
        // Neither with a body that is wrong nor with one that is right.
        for body in [route.body.clone(), json!({"email": 1}), Value::Null] {
            let answer = world
                .app
                .call(&world.stranger, route.method.clone(), &path, body)
                .await;
            assert_eq!(
                (answer.status, &answer.body["detail"]),
                (404, &json!("Project not found")),
                "{path}"
            );
        }
    }
    assert_eq!(world.snapshot().await, before);
}

#[tokio::test]
async fn a_key_of_another_project_is_not_found_under_ones_own() {
    let world = World::create().await;
    let keys = format!("/api/projects/{}/api-keys", world.project);
    let made = world
        .app
        .call(&world.owner, Method::POST, &keys, Value::Null)
        .await
        .ok();
    let under_other = format!(
        "/api/projects/{}/api-keys/{}",
        world.other_project,
        made["id"].as_str().unwrap()
    );
    let answer = world
        .app
        .call(&world.stranger, Method::DELETE, &under_other, Value::Null)
        .await;
    assert_eq!(answer.error(), (404, "key_not_found"));
    assert_eq!(
        world
            .app
            .call(&world.owner, Method::GET, &keys, Value::Null)
            .await
            .ok()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

impl World {
    async fn snapshot(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for what in ["", "/api-keys", "/members"] {
            let path = format!("/api/projects/{}{what}", self.project);
            all.push(
                self.app
                    .call(&self.owner, Method::GET, &path, Value::Null)
                    .await
                    .ok(),
            );
        }
        all
    }
}

#[test]
fn every_documented_route_has_a_row() {
    let document = serde_json::to_value(openapi()).unwrap();
    let documented: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods
                .filter(|key| ["get", "post", "put", "patch", "delete"].contains(&key.as_str()))
                .map(|method| (method.to_uppercase(), path.clone()))
                .collect::<Vec<_>>()
        })
        .collect();
    let tested: BTreeSet<_> = routes()
        .iter()
        .map(|route| (route.method.to_string(), route.path.to_owned()))
        .collect();
    assert_eq!(documented, tested);
    let secured: BTreeMap<String, bool> = routes()
        .iter()
        .map(|route| {
            (
                format!("{} {}", route.method, route.path),
                route.may != Anybody,
            )
        })
        .collect();
    for (name, needs_token) in secured {
        let (method, path) = name.split_once(' ').unwrap();
        let security = &document["paths"][path][method.to_lowercase()]["security"];
        let says_so = security
            .as_array()
            .is_some_and(|all| all.iter().all(|one| one.get("token").is_some()));
        assert_eq!(says_so, needs_token, "{name}: {security}");
    }
}

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let committed = include_str!("../../../../schemas/openapi/auth-api.json");
    let served = openapi().to_pretty_json().unwrap();
    assert!(
        committed.trim_end() == served,
        "schemas/openapi/auth-api.json is old: write it again with `auth-api openapi`"
    );
}
