//! Users with tokens, and what is withdrawn while a stream is open.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use identity::token::{KeySet, RefreshToken};
use identity::{Authority, Email, KeyDirectory, Role, Scopes, SigningKey, Store, TokenVerifier};
use realtime::App;
use serde_json::json;
use service_kit::Clock;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::accounts::{Accounts, postgres};
use crate::clients::{Events, http};
use crate::harness::{Log, Service, config};

/// Accounts in a database of their own, and a service that knows them.
struct World {
    log: Log,
    service: Service,
    accounts: Accounts,
    owner: String,
    viewer: String,
    stranger: String,
    viewer_email: Email,
    keys: CancellationToken,
}

impl World {
    async fn create() -> Self {
        let (log, accounts) = (Log::create().await, Accounts::create().await);
        let signer = SigningKey::generate().unwrap();
        let viewer = accounts.add_user("viewer@example.com").await;
        let viewer_email = Email::parse("viewer@example.com").unwrap();
        accounts
            .store
            .add_member(accounts.shop, &viewer_email, Role::Viewer, Utc::now())
            .await
            .unwrap();
        let stranger = accounts.add_user("stranger@example.com").await;

        let mut config = config(&log);
        config.postgres = postgres(&accounts.database, "millrace_realtime");
        config.realtime.recheck = Duration::from_millis(100);
        let clock = Clock::system();
        let (directory, sync) =
            KeyDirectory::open(&config.realtime.keys, &config.postgres, clock.clone());
        let keys = CancellationToken::new();
        tokio::spawn(sync.run(keys.clone()));
        let authority = Authority::new(
            directory.clone(),
            TokenVerifier::fixed(KeySet::of([&signer]), clock.clone()),
            Store::new(&config.postgres).unwrap(),
            clock.clone(),
        );
        let app = App::with_authority(config, authority, directory, clock);
        let service = Service::launch(app).await;
        service.ready().await;
        let store = &accounts.store;
        Self {
            owner: token(store, &signer, accounts.owner).await,
            viewer: token(store, &signer, viewer).await,
            stranger: token(store, &signer, stranger).await,
            viewer_email,
            log,
            service,
            accounts,
            keys,
        }
    }

    async fn watch(&self, token: &str) -> Events {
        let url = self
            .service
            .url("/api/live-stream?projectId=shop&format=native");
        let bearer = format!("Bearer {token}");
        Events::open(&url, &[("authorization", &bearer)]).await.0
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.keys.cancel();
    }
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

#[tokio::test]
async fn members_watch_and_strangers_do_not() {
    let world = World::create().await;
    let mut events = world.watch(&world.viewer).await;
    world
        .log
        .append(world.accounts.shop, "signup", "ada", "{}")
        .await;
    assert_eq!(events.next_of("event").await["event"]["event"], "signup");

    let bearer = format!("Bearer {}", world.stranger);
    let stranger = [("authorization", bearer.as_str())];
    let (status, body) = world
        .service
        .get("/api/live?projectId=shop", &stranger)
        .await;
    assert_eq!((status, &body["code"]), (403, &json!("not_a_member")));
    let bearer = format!("Bearer {}", world.owner);
    let (status, body) = world
        .service
        .get("/api/live", &[("authorization", &bearer)])
        .await;
    assert_eq!(
        (status, &body["errors"][0]["path"]),
        (400, &json!("projectId"))
    );

    // A page trades its token for a ticket.
    let url = world.service.url("/api/tickets?projectId=shop");
    let answer = http()
        .post(url)
        .header("authorization", bearer)
        .send()
        .await
        .unwrap();
    let body: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let path = format!(
        "/dashboard?projectId=shop&ticket={}",
        body["ticket"].as_str().unwrap()
    );
    let mut socket = world.service.socket(&path, &[]).await;
    assert_eq!(socket.hear_json().await["type"], "connected");
    let path = format!("/dashboard?projectId=shop&token={}", world.stranger);
    let mut socket = world.service.socket(&path, &[]).await;
    assert_eq!(socket.hear_json().await["code"], "not_a_member");
    assert_eq!(socket.hear_close().await.0, 1008);
}

#[tokio::test]
async fn who_is_no_member_any_more_sees_nothing_more() {
    let world = World::create().await;
    let mut leaving = world.watch(&world.viewer).await;
    let mut staying = world.watch(&world.owner).await;
    world
        .accounts
        .store
        .remove_member(world.accounts.shop, &world.viewer_email, Some(Role::Owner))
        .await
        .unwrap();
    assert_eq!(leaving.next_of("error").await["code"], "access_revoked");
    assert_eq!(leaving.read().await, None);
    world
        .log
        .append(world.accounts.shop, "later", "ada", "{}")
        .await;
    assert_eq!(staying.next_of("event").await["event"]["event"], "later");
}

#[tokio::test]
async fn a_revoked_key_closes_what_it_opened() {
    let world = World::create().await;
    let (read_id, read) = world.accounts.add_key(Scopes::READ).await;
    let (write_id, write) = world.accounts.add_key(Scopes::CAPTURE).await;
    let mut events = world.service.watch("projectId=shop", &read).await;
    let path = format!("/dashboard?projectId=shop&token={read}");
    let mut viewer = world.service.socket(&path, &[]).await;
    viewer.hear_json().await;
    let mut visitor = world
        .service
        .socket("/?projectId=shop&sessionId=s", &[])
        .await;
    visitor.hear_json().await;
    visitor.say(json!({"type": "auth", "apiKey": write})).await;
    assert_eq!(visitor.hear_json().await["type"], "auth_success");

    for id in [read_id, write_id] {
        let store = &world.accounts.store;
        store
            .revoke_key(world.accounts.shop, id, Utc::now())
            .await
            .unwrap();
    }
    assert_eq!(events.next_of("error").await["code"], "access_revoked");
    assert_eq!(events.read().await, None);
    assert_eq!(
        viewer.hear_close().await,
        (1008, "Access revoked".to_owned())
    );
    assert_eq!(
        visitor.hear_close().await,
        (1008, "Access revoked".to_owned())
    );
}
