//! Nothing that a client sends reaches the host's files, the network, or a second statement.

use crate::server::{Server, shared};

/// A folder beside the engine's own, with something to steal.
struct Host {
    folder: tempfile::TempDir,
    server: std::sync::Arc<Server>,
}

const SECRET: &str = "the-secret-of-this-host";

impl Host {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret.txt"), SECRET).unwrap();
        let server = shared().await;
        server
            .post("CREATE DATABASE IF NOT EXISTS millrace_test_guard")
            .await;
        let table = "CREATE TABLE IF NOT EXISTS millrace_test_guard.t (a String) \
                     ENGINE = MergeTree ORDER BY a";
        assert_eq!(server.post(table).await.0, 200);
        Self { folder, server }
    }

    fn secret(&self) -> String {
        self.folder.path().join("secret.txt").display().to_string()
    }

    /// Sends a statement in which `@` stands for the secret's path and `%` for a new file's.
    async fn attack(&self, sql: &str) -> (u16, String) {
        let new = self.folder.path().join("new").display().to_string();
        let sql = sql.replace('@', &self.secret()).replace('%', &new);
        let (status, text) = self.server.post(sql.clone()).await;
        assert!(!text.contains(SECRET), "{sql} read the host: {text}");
        let files = std::fs::read_dir(self.folder.path()).unwrap().count();
        assert_eq!(files, 1, "{sql} wrote to the host");
        (status, text)
    }

    async fn refused(&self, sql: &str, codes: &[u32]) {
        let (status, text) = self.attack(sql).await;
        let known = codes
            .iter()
            .any(|code| text.starts_with(&format!("Code: {code}. ")));
        assert!(status != 200 && known, "{sql}: {status} {text}");
    }
}

#[tokio::test]
async fn host_files_cannot_be_read() {
    let host = Host::new().await;
    for sql in [
        "SELECT * FROM file('@', LineAsString)",
        "SELECT file('@')",
        "SELECT `file`('@')",
        r#"SELECT "f\x69le"('@')"#,
        "SELECT arrayMap(file, ['@'])",
        "SELECT arrayMap(x -> file(x), ['@'])",
        "SELECT * APPLY(file) FROM (SELECT '@' AS x)",
        "SELECT * APPLY file FROM (SELECT '@' AS x)",
        "SELECT * FROM format(JSONEachRow, 'a String, b String DEFAULT file(\\'@\\')', '{\"a\":\"\"}')",
        "SELECT b FROM values('a String, b String ALIAS file(\\'@\\')', 'x')",
        "INSERT INTO millrace_test_guard.t FROM INFILE '@' FORMAT LineAsString",
        "INSERT INTO millrace_test_guard.t SELECT * FROM file('@', LineAsString)",
        "INSERT INTO millrace_test_guard.t VALUES (file('@'))",
        "INSERT INTO millrace_test_guard.t SELECT file('@')",
        "SELECT * FROM `@`",
        "SELECT * FROM default.`@`",
        "SELECT 1 IN `@`",
        "DESCRIBE TABLE `@`",
        "DESCRIBE TABLE file('@', LineAsString)",
        "SELECT * FROM loop('default', '@')",
        "SELECT * FROM sqlite('@', 'x')",
        "SELECT * FROM executable('cat @', LineAsString, 'a String')",
        "SELECT * FROM eval('SELECT file(\\'@\\')')",
        "CREATE TABLE millrace_test_guard.x (a String) ENGINE = File(LineAsString, '@')",
        "CREATE TEMPORARY TABLE x (a String) ENGINE = File(LineAsString, '@')",
        "CREATE TABLE millrace_test_guard.x (a String, b String DEFAULT file('@')) ENGINE = Memory",
        "CREATE TABLE millrace_test_guard.x AS file('@', LineAsString)",
        "CREATE VIEW millrace_test_guard.x AS SELECT file('@')",
        "ATTACH TABLE millrace_test_guard.x FROM '@' (a String) ENGINE = File(LineAsString)",
        "CREATE DICTIONARY millrace_test_guard.x (a UInt64, b String) PRIMARY KEY a \
         SOURCE(FILE(path '@' format 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
        "CREATE DATABASE millrace_test_x ENGINE = Filesystem('/')",
        "CREATE DATABASE millrace_test_x ENGINE = SQLite('@')",
        "RESTORE DATABASE millrace_test_guard FROM File('@')",
    ] {
        host.refused(sql, &[497, 36]).await;
    }
    for setting in [
        "format_template_resultset",
        "format_template_row",
        "format_schema",
    ] {
        host.refused(
            &format!("SELECT 'x' AS x FORMAT Template SETTINGS {setting} = '@'"),
            &[452],
        )
        .await;
    }
    host.refused(
        "SELECT 1 SETTINGS allow_experimental_eval_table_function = 1",
        &[452],
    )
    .await;
    host.refused("SET dialect = 'kusto'", &[452]).await;
}

#[tokio::test]
async fn the_host_cannot_be_written() {
    let host = Host::new().await;
    for sql in [
        "SELECT 1 INTO OUTFILE '%'",
        "SELECT 1 INTO /* */ OUTFILE '%'",
        "INSERT INTO FUNCTION file('%', TSV, 'a String') SELECT 'x'",
        "INSERT INTO FUNCTION file('%', TSV, 'a String') VALUES ('x')",
        "INSERT INTO TABLE FUNCTION file('%', TSV, 'a String') FORMAT TSV\nx\n",
        "CREATE TABLE millrace_test_guard.x (a String) ENGINE = MergeTree ORDER BY a \
         SETTINGS disk = disk(type = 'local', path = '%/')",
        "CREATE TABLE millrace_test_guard.x (a String) ENGINE = MergeTree ORDER BY a \
         SETTINGS disk = disk(type = 'web', endpoint = 'http://127.0.0.1:1/')",
        "ALTER TABLE millrace_test_guard.t MODIFY SETTING disk = disk(type = 'local', path = '%/')",
        "BACKUP DATABASE millrace_test_guard TO File('%')",
        "BACKUP DATABASE millrace_test_guard TO File('../../x')",
        "BACKUP DATABASE millrace_test_guard TO Disk('default', 'x')",
        "BACKUP DATABASE millrace_test_guard TO S3('http://127.0.0.1:1/x')",
        "ALTER TABLE millrace_test_guard.t FREEZE WITH NAME 'x'",
    ] {
        host.refused(sql, &[497, 36]).await;
    }
    let schema = "SELECT 1 AS x FORMAT Protobuf SETTINGS output_format_schema = '%'";
    host.refused(schema, &[452]).await;
    let errors = "INSERT INTO millrace_test_guard.t SETTINGS input_format_record_errors_file_path = '%' \
                  FORMAT CSV\nx";
    host.refused(errors, &[452]).await;
    let (status, text) = host
        .server
        .send("default_format=CSV%20INTO%20OUTFILE%20%27x%27", "SELECT 1")
        .await;
    assert!(status == 400 && text.starts_with("Code: 73. "), "{text}");
    let (status, text) = host
        .server
        .send("output_format_schema=/x", "SELECT 1 FORMAT Protobuf")
        .await;
    assert!(status == 403 && text.starts_with("Code: 452. "), "{text}");
}

#[tokio::test]
async fn a_filter_for_tables_can_only_compare_an_id() {
    let host = Host::new().await;
    let server = &host.server;
    for sql in [
        "CREATE TABLE IF NOT EXISTS millrace_test_guard.f (id UUID, n UInt8) ENGINE = MergeTree ORDER BY id",
        "INSERT INTO millrace_test_guard.f VALUES \
         ('00000000-0000-0000-0000-000000000001', 1), ('00000000-0000-0000-0000-000000000002', 2)",
    ] {
        assert_eq!(server.post(sql).await.0, 200);
    }
    let ask = async |filter: &str| {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("additional_table_filters", filter)
            .finish();
        server
            .send(&query, "SELECT n FROM millrace_test_guard.f")
            .await
    };
    let own = r"{'millrace_test_guard.f':'id = toUUID(\'00000000-0000-0000-0000-000000000002\')'}";
    assert_eq!(ask(own).await, (200, "2\n".to_owned()));
    for other in [
        r"{'millrace_test_guard.f':'n = 1'}".to_owned(),
        format!(
            r"{{'millrace_test_guard.f':'file(\'{}\') != \'\''}}",
            host.secret()
        ),
    ] {
        let (status, text) = ask(&other).await;
        assert!(status == 403 && text.starts_with("Code: 452. "), "{text}");
    }
}

/// Table functions that stay inside the engine. One that a new version of the library adds is not
/// among them, and must be judged before the library is updated.
const INSIDE: &[&str] = &[
    "SQLStandardValues",
    "dictionary",
    "fuzzJSON",
    "fuzzQuery",
    "generateRandom",
    "generateSeries",
    "generate_series",
    "loop",
    "merge",
    "mergeTreeAnalyzeIndexes",
    "mergeTreeAnalyzeIndexesUUID",
    "mergeTreeIndex",
    "mergeTreeProjection",
    "mergeTreeTextIndex",
    "null",
    "numbers",
    "numbers_mt",
    "primes",
    "prometheusQuery",
    "prometheusQueryRange",
    "timeSeriesData",
    "timeSeriesMetrics",
    "timeSeriesSamples",
    "timeSeriesSelector",
    "timeSeriesTags",
    "values",
    "view",
    "viewExplain",
    "viewIfPermitted",
    "zeros",
    "zeros_mt",
];

#[tokio::test]
async fn every_table_function_is_known_or_refused() {
    let host = Host::new().await;
    let (_, names) = host
        .server
        .post("SELECT name FROM system.table_functions ORDER BY name")
        .await;
    assert!(names.lines().count() > 80, "{names}");
    for name in names.lines() {
        for arguments in ["'@'", "'@', 'LineAsString', 'a String'"] {
            let sql = format!("SELECT * FROM {name}({arguments}) LIMIT 1");
            if INSIDE.contains(&name) {
                host.attack(&sql).await;
            } else {
                host.refused(&sql, &[497]).await;
            }
        }
    }
}

/// Table engines that keep their rows in the data folder, in memory, or nowhere.
const ENGINES: &[&str] = &[
    "AggregatingMergeTree",
    "Buffer",
    "CoalescingMergeTree",
    "CollapsingMergeTree",
    "GenerateRandom",
    "Join",
    "Log",
    "Memory",
    "Merge",
    "MergeTree",
    "Null",
    "ReplacingMergeTree",
    "Set",
    "StripeLog",
    "SummingMergeTree",
    "TinyLog",
    "VersionedCollapsingMergeTree",
];

#[tokio::test]
async fn every_table_engine_is_known_or_refused() {
    let host = Host::new().await;
    let (_, names) = host
        .server
        .post("SELECT name FROM system.table_engines ORDER BY name")
        .await;
    assert!(names.lines().count() > 60, "{names}");
    for name in names.lines().filter(|name| !ENGINES.contains(name)) {
        for arguments in ["", "('@')", "(0, '%', 1) PRIMARY KEY a"] {
            let table = "CREATE TABLE millrace_test_guard.e (a String, b String)";
            host.refused(&format!("{table} ENGINE = {name}{arguments}"), &[497])
                .await;
        }
    }
}

#[tokio::test]
async fn statements_beyond_our_databases_are_refused() {
    let host = Host::new().await;
    for sql in [
        "CREATE DATABASE other",
        "CREATE FUNCTION f AS (x) -> x",
        "CREATE USER x",
        "GRANT ALL ON *.* TO default",
        "CREATE NAMED COLLECTION c AS a = 1",
        "SYSTEM SHUTDOWN",
        "SYSTEM RELOAD CONFIG",
        "DETACH DATABASE millrace_test_guard",
        "BEGIN TRANSACTION",
        "EXECUTE AS default SELECT 1",
        "BACKUP TABLE system.one TO File('x')",
        "SELECT * FROM remote('127.0.0.1:1', 'system.one')",
        "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String')",
        "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
    ] {
        host.refused(sql, &[497]).await;
    }
}

#[tokio::test]
async fn nothing_hides_a_second_statement() {
    let host = Host::new().await;
    let drop = "DROP TABLE millrace_test_guard.t";
    for sql in [
        format!("SELECT 1; {drop}"),
        format!("SELECT 1 FORMAT TSV\n\n{drop}"),
        format!("SELECT 1 -- '\n; {drop} -- '"),
        format!("SELECT ‘; {drop} ’"),
        format!("SELECT $$ ' $$; {drop} --'"),
        format!("WITH 1 AS x INSERT INTO millrace_test_guard.t VALUES (x)\n\n{drop}"),
        format!("EXPLAIN AST INSERT INTO millrace_test_guard.t FORMAT TSV\n1\n\n{drop}"),
        format!("INSERT INTO millrace_test_guard.t SELECT 'x' FORMAT TSV\n\n{drop}"),
        format!(
            "INSERT INTO millrace_test_guard.t SELECT a FROM input('a String') FORMAT TSV\nx\n\n{drop}"
        ),
        format!("INSERT INTO millrace_test_guard.t FROM\u{a0}INFILE 'x' FORMAT TSV\n\n{drop}"),
        format!("{drop} PARALLEL WITH {drop}"),
        "exit".to_owned(),
        "quit; SELECT 1".to_owned(),
    ] {
        host.refused(&sql, &[62, 497]).await;
    }
    let (status, text) = host.server.post("EXISTS TABLE millrace_test_guard.t").await;
    assert_eq!((status, text.as_str()), (200, "1\n"));
}
