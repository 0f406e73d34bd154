//! What the tests of this crate begin with.

use chrono::{DateTime, Utc};
use event_schema::ids::ProjectId;
use identity::store::{NewKey, NewProject, NewUser};
use identity::{ApiKey, Email, Scopes, Store};
use service_kit::config::{PostgresConfig, Secret};
use testing::TestDatabase;
use uuid::Uuid;

/// A migrated database and its store.
pub(crate) struct Accounts {
    pub(crate) database: TestDatabase,
    pub(crate) store: Store,
}

/// The configuration for `url`.
pub(crate) fn postgres(url: String) -> PostgresConfig {
    PostgresConfig {
        url: Secret::new(url),
        ..PostgresConfig::default()
    }
}

/// An instant that PostgreSQL gives back as it was.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
}

impl Accounts {
    pub(crate) async fn create() -> Self {
        let database = TestDatabase::create().await;
        let store = Store::new(&postgres(database.url_as("millrace_auth"))).unwrap();
        store.migrate().await.unwrap();
        Self { database, store }
    }

    pub(crate) async fn user(&self, email: &str) -> Uuid {
        let id = Uuid::now_v7();
        let email = Email::parse(email).unwrap();
        let user = NewUser {
            id,
            email: &email,
            password_hash: "$argon2id$",
            created_at: now(),
        };
        assert!(self.store.create_user(&user).await.unwrap());
        id
    }

    pub(crate) async fn project(&self, owner: Uuid, slug: &str) -> ProjectId {
        let id = ProjectId(Uuid::now_v7());
        let project = NewProject {
            id,
            name: slug,
            slug,
            owner,
            created_at: now(),
        };
        assert!(self.store.create_project(&project).await.unwrap());
        id
    }

    pub(crate) async fn key(&self, project: ProjectId) -> (ApiKey, Uuid) {
        let (key, id) = (ApiKey::generate(), Uuid::now_v7());
        let row = NewKey {
            id,
            project,
            name: "test",
            hash: key.hash(),
            prefix: &key.shown_prefix(),
            scopes: Scopes::CAPTURE,
            allowed_domains: &[],
            events_per_second_max: None,
            created_by: None,
            created_at: now(),
            expires_at: None,
        };
        assert!(self.store.create_key(&row).await.unwrap());
        (key, id)
    }
}
