//! A PostgreSQL database for one test.

use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};
use uuid::Uuid;

use crate::required;

/// The roles that a deployment has, and which schema each owns.
const ROLES: [(&str, Option<&str>); 5] = [
    ("millrace_auth", Some("accounts")),
    ("millrace_query", Some("insights")),
    ("millrace_capture", None),
    ("millrace_consumer", None),
    ("millrace_realtime", None),
];

/// A new database on the server of `MILLRACE_TEST_POSTGRES_URL`, with the roles
/// and the empty schemas of a deployment. Dropped with the value.
#[derive(Debug)]
pub struct TestDatabase {
    server: PgConnectOptions,
    server_url: String,
    name: String,
}

impl TestDatabase {
    /// Creates it.
    ///
    /// # Panics
    /// When the server does not answer or refuses: it is part of the test stack.
    pub async fn create() -> Self {
        let server_url = required("MILLRACE_TEST_POSTGRES_URL");
        let server =
            PgConnectOptions::from_str(&server_url).unwrap_or_else(|error| panic!("{error}"));
        let database = Self {
            server,
            server_url,
            name: format!("millrace_test_{}", Uuid::new_v4().simple()),
        };
        let mut connection = connect(&database.server).await;
        for (role, _) in ROLES {
            // Roles belong to the server: another test may create them now.
            let create = format!(
                "DO $$ BEGIN CREATE ROLE {role} LOGIN;
                 EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            );
            execute(&mut connection, create).await;
        }
        execute(
            &mut connection,
            format!("CREATE DATABASE {}", database.name),
        )
        .await;
        let mut connection = connect(&database.server.clone().database(&database.name)).await;
        for (role, schema) in ROLES {
            if let Some(schema) = schema {
                execute(
                    &mut connection,
                    format!("CREATE SCHEMA {schema} AUTHORIZATION {role}"),
                )
                .await;
            }
        }
        database
    }

    /// Its URL, with all rights.
    #[must_use]
    pub fn url(&self) -> String {
        let (address, parameters) = self
            .server_url
            .split_once('?')
            .unwrap_or((&self.server_url, ""));
        let (server, _) = address.rsplit_once('/').unwrap_or((address, ""));
        format!("{server}/{}?{parameters}", self.name)
    }

    /// Its URL with the rights of `role`, as a service has them.
    #[must_use]
    pub fn url_as(&self, role: &str) -> String {
        format!("{}&options[role]={role}", self.url())
    }

    /// Its URL by way of `address`, a proxy of the test.
    #[must_use]
    pub fn url_through(&self, address: std::net::SocketAddr) -> String {
        let direct = format!("{}:{}", self.server.get_host(), self.server.get_port());
        self.url().replacen(&direct, &address.to_string(), 1)
    }

    /// The server's own address.
    #[must_use]
    pub fn server_address(&self) -> String {
        format!("{}:{}", self.server.get_host(), self.server.get_port())
    }

    /// A connection with all rights, for what a test wants to look at.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn connect(&self) -> PgConnection {
        connect(&self.server.clone().database(&self.name)).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A runtime of its own: the test's may be gone or single-threaded.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            if let Ok(runtime) = runtime {
                runtime.block_on(async {
                    let mut connection = connect(&server).await;
                    execute(
                        &mut connection,
                        format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
                    )
                    .await;
                });
            }
        });
        // A database that stays behind is no reason to fail a test.
        let _ = dropping.join();
    }
}

async fn connect(options: &PgConnectOptions) -> PgConnection {
    options
        .connect()
        .await
        .unwrap_or_else(|error| panic!("the test stack's PostgreSQL: {error}"))
}

async fn execute(connection: &mut PgConnection, statement: String) {
    let outcome = sqlx::raw_sql(AssertSqlSafe(statement.clone()))
        .execute(connection)
        .await;
    outcome.unwrap_or_else(|error| panic!("{statement}: {error}"));
}
