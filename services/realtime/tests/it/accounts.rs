//! Users, a project and keys in a database of one test's own.

use chrono::Utc;
use event_schema::ids::ProjectId;
use identity::store::{NewKey, NewProject, NewUser};
use identity::{ApiKey, Email, Scopes, Store};
use service_kit::config::{PostgresConfig, Secret};
use testing::TestDatabase;
use uuid::Uuid;

/// A project `shop` and its owner.
pub(crate) struct Accounts {
    pub(crate) database: TestDatabase,
    pub(crate) store: Store,
    pub(crate) shop: ProjectId,
    pub(crate) owner: Uuid,
}

impl Accounts {
    pub(crate) async fn create() -> Self {
        let database = TestDatabase::create().await;
        let store = Store::new(&postgres(&database, "millrace_auth")).unwrap();
        store.migrate().await.unwrap();
        let shop = ProjectId(Uuid::now_v7());
        let owner = add_user(&store, "owner@example.com").await;
        let project = NewProject {
            id: shop,
            name: "Shop",
            slug: "shop",
            owner,
            created_at: Utc::now(),
        };
        assert!(store.create_project(&project).await.unwrap());
        Self {
            database,
            store,
            shop,
            owner,
        }
    }

    pub(crate) async fn add_user(&self, email: &str) -> Uuid {
        add_user(&self.store, email).await
    }

    /// A key of the project: its id and its text.
    pub(crate) async fn add_key(&self, scopes: Scopes) -> (Uuid, String) {
        let (id, key) = (Uuid::now_v7(), ApiKey::generate());
        let new = NewKey {
            id,
            project: self.shop,
            name: "test",
            hash: key.hash(),
            prefix: &key.shown_prefix(),
            scopes,
            allowed_domains: &[],
            events_per_second_max: None,
            created_by: Some(self.owner),
            created_at: Utc::now(),
            expires_at: None,
        };
        assert!(self.store.create_key(&new).await.unwrap());
        (id, key.expose().to_owned())
    }
}

/// The database with the rights of `role`.
pub(crate) fn postgres(database: &TestDatabase, role: &str) -> PostgresConfig {
    PostgresConfig {
        url: Secret::new(database.url_as(role)),
        ..PostgresConfig::default()
    }
}

async fn add_user(store: &Store, email: &str) -> Uuid {
    let id = Uuid::now_v7();
    let email = Email::parse(email).unwrap();
    let user = NewUser {
        id,
        email: &email,
        password_hash: "$argon2id$",
        created_at: Utc::now(),
    };
    assert!(store.create_user(&user).await.unwrap());
    id
}
