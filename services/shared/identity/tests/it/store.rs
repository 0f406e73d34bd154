//! The accounts: what the statements promise.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use identity::store::{MemberChange, Membership, NewProject, ProjectChange, Rotation, SessionEnd};
use identity::token::RefreshToken;
use identity::{Email, Role, Store};
use testing::eventually;
use testing::proxy::{Mode, Proxy};
use uuid::Uuid;

use crate::accounts::{Accounts, now, postgres};

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

struct Session {
    id: Uuid,
    token: RefreshToken,
}

async fn open(accounts: &Accounts, user: Uuid) -> Session {
    let session = Session {
        id: Uuid::now_v7(),
        token: RefreshToken::generate(),
    };
    let ends = [now() + TimeDelta::days(30), now() + TimeDelta::days(90)];
    accounts
        .store
        .open_session(session.id, user, session.token.hash(), now(), ends)
        .await
        .unwrap();
    session
}

async fn rotate(accounts: &Accounts, old: &RefreshToken, new: &RefreshToken) -> Rotation {
    accounts
        .store
        .rotate(old.hash(), new.hash(), now(), now() + TimeDelta::days(30))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_refresh_token_that_comes_twice_ends_its_session() {
    let accounts = Accounts::create().await;
    let user = accounts.user("ada@example.com").await;
    let session = open(&accounts, user).await;
    let other = open(&accounts, user).await;
    let (second, third, fourth) = (
        RefreshToken::generate(),
        RefreshToken::generate(),
        RefreshToken::generate(),
    );
    let expected = Rotation::Rotated {
        user,
        session: session.id,
    };
    assert_eq!(rotate(&accounts, &session.token, &second).await, expected);
    assert_eq!(rotate(&accounts, &second, &third).await, expected);
    assert_eq!(
        rotate(&accounts, &session.token, &fourth).await,
        Rotation::Reused
    );
    for token in [&third, &fourth] {
        assert_eq!(
            rotate(&accounts, token, &RefreshToken::generate()).await,
            Rotation::Refused
        );
    }
    assert_eq!(
        accounts
            .store
            .session_user(session.id, now())
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        accounts
            .store
            .session_user(other.id, now())
            .await
            .unwrap()
            .unwrap()
            .id,
        user
    );
}

#[tokio::test]
async fn of_two_exchanges_at_once_one_wins_and_the_session_ends() {
    let accounts = Accounts::create().await;
    let user = accounts.user("ada@example.com").await;
    let session = open(&accounts, user).await;
    let (a, b) = (RefreshToken::generate(), RefreshToken::generate());
    let both = tokio::join!(
        rotate(&accounts, &session.token, &a),
        rotate(&accounts, &session.token, &b)
    );
    let rotated = Rotation::Rotated {
        user,
        session: session.id,
    };
    assert!(
        both == (rotated, Rotation::Reused) || both == (Rotation::Reused, rotated),
        "{both:?}"
    );
    assert_eq!(
        accounts
            .store
            .session_user(session.id, now())
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn tokens_and_sessions_end_in_time() {
    let accounts = Accounts::create().await;
    let user = accounts.user("ada@example.com").await;
    let session = open(&accounts, user).await;
    let later = now() + TimeDelta::days(30);
    let new = RefreshToken::generate().hash();
    let outcome = accounts
        .store
        .rotate(
            session.token.hash(),
            new,
            later,
            later + TimeDelta::days(30),
        )
        .await
        .unwrap();
    assert_eq!(outcome, Rotation::Refused);
    let end = now() + TimeDelta::days(90);
    let is_open = |at| accounts.store.session_user(session.id, at);
    assert!(
        is_open(end - TimeDelta::seconds(1))
            .await
            .unwrap()
            .is_some()
    );
    assert!(is_open(end).await.unwrap().is_none());
    accounts
        .store
        .end_session(session.id, SessionEnd::Logout, now())
        .await
        .unwrap();
    assert!(is_open(now()).await.unwrap().is_none());
    assert_eq!(accounts.store.forget_sessions(now()).await.unwrap(), 0);
    assert_eq!(
        accounts
            .store
            .forget_sessions(now() + TimeDelta::seconds(1))
            .await
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn one_address_has_one_account_and_one_name_one_project() {
    let accounts = Accounts::create().await;
    let ada = accounts.user("ada@example.com").await;
    let again = identity::store::NewUser {
        id: Uuid::now_v7(),
        email: &email("ADA@example.com"),
        password_hash: "",
        created_at: now(),
    };
    assert!(!accounts.store.create_user(&again).await.unwrap());

    let shop = accounts.project(ada, "shop").await;
    let blog = accounts.project(ada, "blog").await;
    let alias = |name: &str| ProjectChange {
        aliases: Some(vec![name.to_owned()]),
        ..ProjectChange::default()
    };
    assert!(
        accounts
            .store
            .change_project(shop, &alias("old-shop"), now())
            .await
            .unwrap()
    );
    for taken in ["old-shop", "shop"] {
        assert!(
            !accounts
                .store
                .change_project(blog, &alias(taken), now())
                .await
                .unwrap(),
            "{taken}"
        );
        let slug = ProjectChange {
            slug: Some(taken.to_owned()),
            ..ProjectChange::default()
        };
        assert!(
            !accounts
                .store
                .change_project(blog, &slug, now())
                .await
                .unwrap(),
            "{taken}"
        );
        let id = event_schema::ids::ProjectId(Uuid::now_v7());
        let new = NewProject {
            id,
            name: taken,
            slug: taken,
            owner: ada,
            created_at: now(),
        };
        assert!(
            !accounts.store.create_project(&new).await.unwrap(),
            "{taken}"
        );
    }
    let listed: Vec<_> = accounts
        .store
        .projects_of(ada)
        .await
        .unwrap()
        .into_iter()
        .map(|p| (p.slug, p.aliases))
        .collect();
    assert_eq!(
        listed,
        [
            ("shop".to_owned(), vec!["old-shop".to_owned()]),
            ("blog".to_owned(), Vec::new())
        ]
    );
}

#[tokio::test]
async fn an_invited_address_becomes_a_member_when_it_registers() {
    let accounts = Accounts::create().await;
    let ada = accounts.user("ada@example.com").await;
    let project = accounts.project(ada, "shop").await;
    let there = accounts.user("there@example.com").await;
    for address in ["there@example.com", "not-yet@example.com"] {
        let added = accounts
            .store
            .add_member(project, &email(address), Role::Member, now())
            .await
            .unwrap();
        assert!(
            matches!(&added, MemberChange::Done(row) if row.email == address),
            "{added:?}"
        );
        let again = accounts
            .store
            .add_member(project, &email(address), Role::Admin, now())
            .await
            .unwrap();
        assert_eq!(again, MemberChange::Exists(Role::Member));
    }
    assert_eq!(accounts.store.members_of(project).await.unwrap().len(), 3);
    let late = accounts.user("not-yet@example.com").await;
    for user in [there, late] {
        let session = open(&accounts, user).await;
        let membership = accounts
            .store
            .membership(session.id, "shop", now())
            .await
            .unwrap();
        assert_eq!(
            membership,
            Membership::Member {
                project,
                role: Role::Member
            }
        );
    }
    assert_eq!(accounts.store.members_of(project).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_project_keeps_an_owner() {
    let accounts = Accounts::create().await;
    let ada = accounts.user("ada@example.com").await;
    let project = accounts.project(ada, "shop").await;
    let (ada, bob) = (email("ada@example.com"), email("bob@example.com"));
    let store = &accounts.store;
    assert_eq!(
        store
            .change_member(project, &ada, Role::Viewer, Role::Owner)
            .await
            .unwrap(),
        MemberChange::LastOwner
    );
    assert_eq!(
        store.remove_member(project, &ada, None).await.unwrap(),
        MemberChange::LastOwner
    );
    // An owner without an account does not count.
    store
        .add_member(project, &bob, Role::Owner, now())
        .await
        .unwrap();
    assert_eq!(
        store.remove_member(project, &ada, None).await.unwrap(),
        MemberChange::LastOwner
    );
    accounts.user("bob@example.com").await;
    // Two owners who remove each other at once: one stays.
    let both = tokio::join!(
        store.remove_member(project, &ada, Some(Role::Owner)),
        store.remove_member(project, &bob, Some(Role::Owner))
    );
    let outcomes = [both.0.unwrap(), both.1.unwrap()];
    assert_eq!(
        outcomes
            .iter()
            .filter(|one| matches!(one, MemberChange::LastOwner))
            .count(),
        1,
        "{outcomes:?}"
    );
    assert_eq!(store.members_of(project).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_admin_does_not_touch_owners() {
    let accounts = Accounts::create().await;
    let ada = accounts.user("ada@example.com").await;
    let project = accounts.project(ada, "shop").await;
    let store = &accounts.store;
    let (ada, eve) = (email("ada@example.com"), email("eve@example.com"));
    store
        .add_member(project, &eve, Role::Viewer, now())
        .await
        .unwrap();
    let by = Role::Admin;
    assert_eq!(
        store
            .change_member(project, &ada, Role::Viewer, by)
            .await
            .unwrap(),
        MemberChange::AboveOneself
    );
    assert_eq!(
        store
            .change_member(project, &eve, Role::Owner, by)
            .await
            .unwrap(),
        MemberChange::AboveOneself
    );
    assert_eq!(
        store.remove_member(project, &ada, Some(by)).await.unwrap(),
        MemberChange::AboveOneself
    );
    let changed = store
        .change_member(project, &eve, Role::Admin, by)
        .await
        .unwrap();
    assert!(matches!(changed, MemberChange::Done(row) if row.role == Role::Admin));
    assert_eq!(
        store
            .remove_member(project, &email("no@example.com"), Some(by))
            .await
            .unwrap(),
        MemberChange::NotFound
    );
}

#[tokio::test]
async fn membership_needs_a_session_and_a_project() {
    let accounts = Accounts::create().await;
    let (ada, eve) = (
        accounts.user("ada@example.com").await,
        accounts.user("eve@example.com").await,
    );
    let project = accounts.project(ada, "shop").await;
    let aliases = ProjectChange {
        aliases: Some(vec!["clx0".to_owned()]),
        ..ProjectChange::default()
    };
    accounts
        .store
        .change_project(project, &aliases, now())
        .await
        .unwrap();
    let (mine, theirs) = (open(&accounts, ada).await, open(&accounts, eve).await);
    let owner = Membership::Member {
        project,
        role: Role::Owner,
    };
    let own_id = project.to_string();
    for name in [own_id.as_str(), "shop", "clx0"] {
        assert_eq!(
            accounts
                .store
                .membership(mine.id, name, now())
                .await
                .unwrap(),
            owner,
            "{name}"
        );
        assert_eq!(
            accounts
                .store
                .membership(theirs.id, name, now())
                .await
                .unwrap(),
            Membership::Stranger,
            "{name}"
        );
    }
    for name in ["nothing", "", "\0", "default"] {
        let outcome = accounts.store.membership(mine.id, name, now()).await;
        assert_eq!(outcome.unwrap(), Membership::Stranger, "{name:?}");
    }
    accounts
        .store
        .end_session(mine.id, SessionEnd::Logout, now())
        .await
        .unwrap();
    assert_eq!(
        accounts
            .store
            .membership(mine.id, "shop", now())
            .await
            .unwrap(),
        Membership::NoSession
    );
}

#[tokio::test]
async fn fails_fast_while_the_database_is_away_and_recovers() {
    let accounts = Accounts::create().await;
    let proxy = Proxy::start(&accounts.database.server_address())
        .await
        .unwrap();
    let store = Store::new(&postgres(accounts.database.url_through(proxy.address()))).unwrap();
    store.ping().await.unwrap();
    proxy.set(Mode::Cut);
    let started = Instant::now();
    for _ in 0..20 {
        let error = store.projects_of(Uuid::nil()).await.unwrap_err();
        assert!(error.is_unavailable(), "{error:?}");
    }
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );
    proxy.set(Mode::Pass);
    eventually(Duration::from_secs(120), || store.projects_of(Uuid::nil())).await;
}
