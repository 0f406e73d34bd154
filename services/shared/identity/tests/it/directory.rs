//! The key directory beside a database that changes, goes away and comes back.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use identity::store::ProjectChange;
use identity::{ApiKey, DirectoryConfig, DirectoryState, KeyDirectory, KeyRefusal};
use service_kit::Clock;
use testing::eventually;
use testing::proxy::{Mode, Proxy};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::accounts::{Accounts, now, postgres};

/// Nothing here takes longer unless it is broken.
const SOON: Duration = Duration::from_secs(120);

struct Running {
    directory: KeyDirectory,
    task: JoinHandle<()>,
    stop: DropGuard,
}

fn start(url: String, config: &DirectoryConfig) -> Running {
    let (directory, sync) = KeyDirectory::open(config, &postgres(url), Clock::system());
    let stop = CancellationToken::new();
    let task = tokio::spawn(sync.run(stop.clone()));
    Running {
        directory,
        task,
        stop: stop.drop_guard(),
    }
}

fn saved_in(folder: &Path) -> DirectoryConfig {
    DirectoryConfig {
        snapshot: folder.join("keys.json"),
        ..DirectoryConfig::default()
    }
}

async fn is_in(directory: &KeyDirectory, state: DirectoryState) {
    tokio::time::timeout(SOON, directory.wait_for(state))
        .await
        .unwrap();
}

/// Waits until the directory no longer knows `key`, and says how long it took.
async fn forgets(directory: &KeyDirectory, key: &ApiKey) -> Duration {
    let started = Instant::now();
    eventually(SOON, || async {
        directory.lookup(key.expose()).map_or(Ok(()), Err)
    })
    .await;
    started.elapsed()
}

#[tokio::test]
async fn a_key_works_from_the_moment_it_was_made_until_it_is_revoked() {
    let accounts = Accounts::create().await;
    let owner = accounts.user("ada@example.com").await;
    let project = accounts.project(owner, "shop").await;
    let running = start(
        accounts.database.url_as("millrace_capture"),
        &DirectoryConfig {
            lookup_timeout: SOON,
            ..DirectoryConfig::default()
        },
    );
    is_in(&running.directory, DirectoryState::Live).await;
    let mut waits = Vec::new();
    for _ in 0..20 {
        let (key, id) = accounts.key(project).await;
        let info = running.directory.resolve(key.expose()).await.unwrap();
        assert_eq!(
            (info.project_id(), info.project.slug.as_str()),
            (project, "shop")
        );
        assert!(accounts.store.revoke_key(project, id, now()).await.unwrap());
        waits.push(forgets(&running.directory, &key).await);
        assert_eq!(
            running.directory.resolve(key.expose()).await,
            Err(KeyRefusal::Unknown)
        );
    }
    // Any but the quickest may meet a machine that is busy with other things.
    waits.sort();
    assert!(waits[0] < Duration::from_secs(1), "{waits:?}");
}

#[tokio::test]
async fn a_deleted_project_takes_its_keys_with_it() {
    let accounts = Accounts::create().await;
    let owner = accounts.user("ada@example.com").await;
    let project = accounts.project(owner, "shop").await;
    let kept = accounts.project(owner, "blog").await;
    let running = start(
        accounts.database.url_as("millrace_capture"),
        &DirectoryConfig::default(),
    );
    is_in(&running.directory, DirectoryState::Live).await;
    let (key, _) = accounts.key(project).await;
    let (other, _) = accounts.key(kept).await;
    for key in [&key, &other] {
        running.directory.resolve(key.expose()).await.unwrap();
    }
    assert!(accounts.store.delete_project(project, now()).await.unwrap());
    assert!(!accounts.store.delete_project(project, now()).await.unwrap());
    forgets(&running.directory, &key).await;
    assert_eq!(
        running.directory.resolve(key.expose()).await,
        Err(KeyRefusal::Unknown)
    );
    assert!(running.directory.project_named("shop").is_none());
    assert!(running.directory.lookup(other.expose()).is_some());
}

#[tokio::test]
async fn names_of_projects_follow_their_changes() {
    let accounts = Accounts::create().await;
    let owner = accounts.user("ada@example.com").await;
    let project = accounts.project(owner, "shop").await;
    let running = start(
        accounts.database.url_as("millrace_capture"),
        &DirectoryConfig::default(),
    );
    is_in(&running.directory, DirectoryState::Live).await;
    assert_eq!(running.directory.project_named("shop").unwrap().id, project);
    let change = ProjectChange {
        slug: Some("store".to_owned()),
        aliases: Some(vec!["clx0".to_owned()]),
        name: None,
    };
    assert!(
        accounts
            .store
            .change_project(project, &change, now())
            .await
            .unwrap()
    );
    eventually(SOON, || async {
        let found = |name| running.directory.project_named(name).map(|names| names.id);
        if (found("store"), found("clx0"), found("shop")) == (Some(project), Some(project), None) {
            Ok(())
        } else {
            Err("old")
        }
    })
    .await;
}

#[tokio::test]
async fn works_while_the_database_is_away_and_catches_up_when_it_is_back() {
    let accounts = Accounts::create().await;
    let owner = accounts.user("ada@example.com").await;
    let project = accounts.project(owner, "shop").await;
    let (kept, _) = accounts.key(project).await;
    let (revoked, revoked_id) = accounts.key(project).await;
    let proxy = Proxy::start(&accounts.database.server_address())
        .await
        .unwrap();
    let url = accounts.database.url_through(proxy.address());
    let config = DirectoryConfig {
        lookup_timeout: Duration::from_secs(60),
        ..DirectoryConfig::default()
    };
    let running = start(url, &config);
    is_in(&running.directory, DirectoryState::Live).await;

    proxy.set(Mode::Cut);
    is_in(&running.directory, DirectoryState::Stale).await;
    assert!(running.directory.lookup(kept.expose()).is_some());
    assert!(
        accounts
            .store
            .revoke_key(project, revoked_id, now())
            .await
            .unwrap()
    );
    let (fresh, _) = accounts.key(project).await;
    // Unknown at once: nobody waits for a database that is away.
    let asked = Instant::now();
    assert_eq!(
        running.directory.resolve(fresh.expose()).await,
        Err(KeyRefusal::Unknown)
    );
    assert!(asked.elapsed() < SOON);

    proxy.set(Mode::Pass);
    is_in(&running.directory, DirectoryState::Live).await;
    assert!(running.directory.lookup(kept.expose()).is_some());
    assert!(running.directory.lookup(fresh.expose()).is_some());
    assert!(running.directory.lookup(revoked.expose()).is_none());
}

#[tokio::test]
async fn notices_a_cut_that_no_packet_reports() {
    let accounts = Accounts::create().await;
    let proxy = Proxy::start(&accounts.database.server_address())
        .await
        .unwrap();
    let running = start(
        accounts.database.url_through(proxy.address()),
        &DirectoryConfig::default(),
    );
    is_in(&running.directory, DirectoryState::Live).await;
    proxy.set(Mode::Stall);
    let noticed = running.directory.wait_for(DirectoryState::Stale);
    tokio::time::timeout(SOON, noticed)
        .await
        .expect("the silence is noticed");
    proxy.set(Mode::Pass);
    is_in(&running.directory, DirectoryState::Live).await;
}

#[tokio::test]
async fn starts_from_disk_without_a_database() {
    let accounts = Accounts::create().await;
    let owner = accounts.user("ada@example.com").await;
    let project = accounts.project(owner, "shop").await;
    let (key, id) = accounts.key(project).await;
    let folder = tempfile::tempdir().unwrap();
    let config = saved_in(folder.path());
    let proxy = Proxy::start(&accounts.database.server_address())
        .await
        .unwrap();
    let url = accounts.database.url_through(proxy.address());
    {
        let first = start(url.clone(), &config);
        eventually(SOON, || async {
            config.snapshot.exists().then_some(()).ok_or("not saved")
        })
        .await;
        drop(first.stop);
        first.task.await.unwrap();
    }

    proxy.set(Mode::Cut);
    let second = start(url, &config);
    assert_eq!(second.directory.state(), DirectoryState::Saved);
    assert_eq!(
        second.directory.resolve(key.expose()).await.unwrap().key_id,
        id
    );
    assert_eq!(
        second.directory.resolve(ApiKey::generate().expose()).await,
        Err(KeyRefusal::Unknown)
    );
    assert!(accounts.store.revoke_key(project, id, now()).await.unwrap());
    proxy.set(Mode::Pass);
    is_in(&second.directory, DirectoryState::Live).await;
    assert!(second.directory.lookup(key.expose()).is_none());
    // What is on disk follows.
    eventually(SOON, || async {
        let text = std::fs::read_to_string(&config.snapshot).unwrap();
        if text.contains(&id.to_string()) {
            Err("the revoked key is still saved")
        } else {
            Ok(())
        }
    })
    .await;
}

#[tokio::test]
async fn says_nothing_about_keys_before_it_was_loaded() {
    let nowhere = DirectoryConfig {
        snapshot: PathBuf::new(),
        ..DirectoryConfig::default()
    };
    let running = start("postgres://nobody@127.0.0.1:1/none".to_owned(), &nowhere);
    assert!(!running.directory.is_loaded());
    assert_eq!(
        running.directory.resolve(ApiKey::generate().expose()).await,
        Err(KeyRefusal::NotLoaded)
    );
    drop(running.stop);
    tokio::time::timeout(SOON, running.task)
        .await
        .expect("it stops")
        .unwrap();
}

#[tokio::test]
async fn tells_the_database_when_keys_were_used_and_nobody_else() {
    let accounts = Accounts::create().await;
    let owner = accounts.user("ada@example.com").await;
    let project = accounts.project(owner, "shop").await;
    let (key, id) = accounts.key(project).await;
    let (_, unused) = accounts.key(project).await;
    let config = DirectoryConfig {
        usage_interval: Duration::from_millis(20),
        ..DirectoryConfig::default()
    };
    let running = start(accounts.database.url_as("millrace_capture"), &config);
    is_in(&running.directory, DirectoryState::Live).await;
    let mut listener = sqlx::postgres::PgListener::connect(&accounts.database.url())
        .await
        .unwrap();
    listener.listen("accounts_keys").await.unwrap();
    assert!(running.directory.lookup(key.expose()).is_some());
    let used = eventually(SOON, || async {
        let keys = accounts.store.keys_of(project).await.unwrap();
        let used_at = |id| keys.iter().find(|row| row.id == id).unwrap().last_used_at;
        assert_eq!(used_at(unused), None);
        used_at(id).ok_or("not written")
    })
    .await;
    assert!((chrono::Utc::now() - used).num_seconds().abs() < 60);
    // The next notification is that of a change we make now.
    assert!(
        accounts
            .store
            .revoke_key(project, unused, now())
            .await
            .unwrap()
    );
    let notified = tokio::time::timeout(SOON, listener.recv())
        .await
        .expect("a revocation notifies")
        .unwrap();
    assert_eq!(notified.payload(), project.to_string());
    assert!(listener.next_buffered().is_none());
}

#[tokio::test]
async fn writes_what_is_left_when_it_stops() {
    let accounts = Accounts::create().await;
    let owner = accounts.user("ada@example.com").await;
    let project = accounts.project(owner, "shop").await;
    let (key, kept) = accounts.key(project).await;
    let (revoked, revoked_id) = accounts.key(project).await;
    let folder = tempfile::tempdir().unwrap();
    let config = saved_in(folder.path());
    let running = start(accounts.database.url_as("millrace_query"), &config);
    is_in(&running.directory, DirectoryState::Live).await;
    assert!(running.directory.lookup(key.expose()).is_some());
    accounts
        .store
        .revoke_key(project, revoked_id, now())
        .await
        .unwrap();
    forgets(&running.directory, &revoked).await;
    drop(running.stop);
    running.task.await.unwrap();
    let keys = accounts.store.keys_of(project).await.unwrap();
    assert!(keys[0].last_used_at.is_some());
    let saved = std::fs::read_to_string(&config.snapshot).unwrap();
    assert!(saved.contains(&kept.to_string()) && !saved.contains(&revoked_id.to_string()));
}

#[tokio::test]
async fn survives_the_end_of_its_session_on_the_server() {
    let accounts = Accounts::create().await;
    let owner = accounts.user("ada@example.com").await;
    let project = accounts.project(owner, "shop").await;
    let running = start(
        accounts.database.url_as("millrace_capture"),
        &DirectoryConfig::default(),
    );
    is_in(&running.directory, DirectoryState::Live).await;
    let ended: i64 = sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
          WHERE application_name = 'millrace-keys' AND datname = current_database()",
    )
    .fetch_one(&mut accounts.database.connect().await)
    .await
    .unwrap();
    assert_eq!(ended, 1);
    is_in(&running.directory, DirectoryState::Stale).await;
    let (key, _) = accounts.key(project).await;
    is_in(&running.directory, DirectoryState::Live).await;
    assert!(running.directory.resolve(key.expose()).await.is_ok());
}
