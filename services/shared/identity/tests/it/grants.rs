//! Each service's role may do what its work needs, and nothing else.

use sqlx::{AssertSqlSafe, ConnectOptions as _};

use crate::accounts::Accounts;

#[tokio::test]
async fn roles_may_do_just_what_they_need() {
    let accounts = Accounts::create().await;
    // Applied twice: the step is repeatable.
    accounts.store.migrate().await.unwrap();
    let cases = [
        (
            "millrace_capture",
            "SELECT key_hash FROM accounts.api_keys",
            true,
        ),
        (
            "millrace_capture",
            "SELECT slug FROM accounts.projects",
            true,
        ),
        (
            "millrace_capture",
            "UPDATE accounts.api_keys SET last_used_at = now()",
            true,
        ),
        (
            "millrace_capture",
            "UPDATE accounts.api_keys SET revoked_at = NULL",
            false,
        ),
        ("millrace_capture", "DELETE FROM accounts.api_keys", false),
        (
            "millrace_capture",
            "SELECT email FROM accounts.users",
            false,
        ),
        (
            "millrace_capture",
            "SELECT role FROM accounts.members",
            false,
        ),
        ("millrace_query", "SELECT role FROM accounts.members", true),
        (
            "millrace_query",
            "SELECT id, email FROM accounts.users",
            true,
        ),
        (
            "millrace_query",
            "SELECT password_hash FROM accounts.users",
            false,
        ),
        (
            "millrace_query",
            "SELECT revoked_at FROM accounts.sessions",
            true,
        ),
        (
            "millrace_query",
            "SELECT token_hash FROM accounts.refresh_tokens",
            false,
        ),
        (
            "millrace_query",
            "UPDATE accounts.members SET role = 'owner'",
            false,
        ),
        (
            "millrace_consumer",
            "SELECT slug FROM accounts.projects",
            true,
        ),
        (
            "millrace_realtime",
            "SELECT revoked_at FROM accounts.sessions",
            true,
        ),
        (
            "millrace_realtime",
            "SELECT email FROM accounts.users",
            false,
        ),
        (
            "millrace_realtime",
            "UPDATE accounts.members SET role = 'owner'",
            false,
        ),
        (
            "millrace_query",
            "SELECT id FROM accounts.deleted_projects",
            true,
        ),
        (
            "millrace_consumer",
            "SELECT id FROM accounts.deleted_projects",
            true,
        ),
        (
            "millrace_query",
            "DELETE FROM accounts.deleted_projects",
            false,
        ),
        (
            "millrace_capture",
            "SELECT key_hash FROM accounts.retired_keys",
            false,
        ),
        (
            "millrace_consumer",
            "SELECT key_hash FROM accounts.api_keys",
            false,
        ),
        (
            "millrace_auth",
            "CREATE TABLE insights.theirs (id int)",
            false,
        ),
        (
            "millrace_query",
            "CREATE TABLE accounts.theirs (id int)",
            false,
        ),
    ];
    for (role, statement, is_allowed) in cases {
        let options: sqlx::postgres::PgConnectOptions =
            accounts.database.url_as(role).parse().unwrap();
        let mut connection = options.connect().await.unwrap();
        let outcome = sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await;
        let refused = outcome
            .err()
            .and_then(|error| error.into_database_error()?.code().map(String::from));
        let expected = if is_allowed {
            None
        } else {
            Some("42501".to_owned())
        };
        assert_eq!(refused, expected, "{role}: {statement}");
    }
}
