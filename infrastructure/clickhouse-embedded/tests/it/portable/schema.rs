//! What the warehouse builds on: fences, projections, partitions, deletes, system tables.

use crate::server::Database;

async fn events(database: &Database) {
    database
        .run("CREATE TABLE revoked (claim UInt64, yes UInt8) ENGINE = Join(ANY, LEFT, claim)")
        .await;
    let name = &database.name;
    database
        .run(&format!(
            "CREATE TABLE events (project UUID, at DateTime64(3, 'UTC'), event LowCardinality(String), \
             person UInt64, props Map(LowCardinality(String), String), claim UInt64, \
             INDEX by_person person TYPE bloom_filter(0.01) GRANULARITY 1, \
             CONSTRAINT fence CHECK claim != 0 AND joinGet('{name}.revoked', 'yes', claim) = 0, \
             PROJECTION hourly (SELECT project, event, toStartOfHour(at) AS hour, count() \
             GROUP BY project, event, hour)) ENGINE = MergeTree \
             PARTITION BY toYYYYMM(at) ORDER BY (project, toDate(at), event, person) \
             SETTINGS lightweight_mutation_projection_mode = 'rebuild'"
        ))
        .await;
    database
        .run(
            "INSERT INTO events SELECT toUUID('00000000-0000-0000-0000-000000000001'), \
             toDateTime64('2026-10-30 00:00:00', 3, 'UTC') + number, 'view', number % 10, \
             map('k', toString(number)), 7 FROM numbers(300000)",
        )
        .await;
}

#[tokio::test]
async fn a_revoked_claim_is_refused_for_ever() {
    let database = Database::create().await;
    events(&database).await;
    let insert = "INSERT INTO events (at, claim) VALUES ('2026-11-01 00:00:00', 7)";
    database.run(insert).await;
    database.run("INSERT INTO revoked VALUES (7, 1)").await;
    database.run("INSERT INTO revoked VALUES (7, 1)").await;
    for _ in 0..2 {
        let error = database
            .client
            .query(insert)
            .execute()
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("Code: 469. "), "{error}");
        database.run("DETACH TABLE revoked").await;
        database.run("ATTACH TABLE revoked").await;
    }
    database
        .run("INSERT INTO events (at, claim) VALUES ('2026-11-01 00:00:00', 8)")
        .await;
    assert_eq!(database.number("SELECT count() FROM events").await, 300_002);
    database.drop().await;
}

#[tokio::test]
async fn partitions_move_and_go() {
    let database = Database::create().await;
    events(&database).await;
    database.run("CREATE TABLE trash AS events").await;
    database
        .run("ALTER TABLE events MOVE PARTITION 202610 TO TABLE trash")
        .await;
    let moved = database.number("SELECT count() FROM trash").await;
    assert_eq!(moved, 2 * 86_400);
    database
        .run("ALTER TABLE trash DROP PARTITION 202610")
        .await;
    assert_eq!(database.number("SELECT count() FROM trash").await, 0);
    assert_eq!(
        database.number("SELECT count() FROM events").await,
        300_000 - moved
    );
    database.run("DELETE FROM events WHERE person = 3").await;
    assert_eq!(
        database
            .number("SELECT countIf(person = 3) FROM events")
            .await,
        0
    );
    database.run("OPTIMIZE TABLE events FINAL").await;
    database
        .run("ALTER TABLE events ADD COLUMN more UInt8 DEFAULT 5")
        .await;
    assert_eq!(
        database
            .number("SELECT toUInt64(max(more)) FROM events")
            .await,
        5
    );
    database.run("RENAME TABLE trash TO bin").await;
    database.run("EXCHANGE TABLES bin AND events").await;
    database.run("TRUNCATE TABLE events").await;
    database.drop().await;
}

#[tokio::test]
async fn system_tables_and_estimates_are_there() {
    let database = Database::create().await;
    events(&database).await;
    let name = &database.name;
    for sql in [
        format!(
            "SELECT sum(rows) FROM system.parts WHERE active AND database = '{name}' AND table = 'events'"
        ),
        format!(
            "SELECT 300000 * count() FROM system.tables WHERE database = '{name}' AND name = 'events'"
        ),
        format!(
            "SELECT 50000 * count() FROM system.columns WHERE database = '{name}' AND table = 'events'"
        ),
        format!("SELECT 300000 * count() FROM system.projections WHERE database = '{name}'"),
        "SELECT 300000 * least(count(), 1) FROM system.processes".to_owned(),
        "SELECT 300000 * least(count(), 1) FROM system.metrics".to_owned(),
        format!(
            "SELECT toUInt64(300000 * (1 - count())) FROM system.mutations \
             WHERE database = '{name}' AND NOT is_done"
        ),
    ] {
        assert_eq!(database.number(&sql).await, 300_000, "{sql}");
    }
    let estimate = "EXPLAIN ESTIMATE SELECT sum(person) FROM events";
    let bytes = database
        .client
        .query(estimate)
        .fetch_bytes("JSONEachRow")
        .unwrap()
        .collect()
        .await;
    assert!(String::from_utf8_lossy(&bytes.unwrap()).contains("\"rows\":300000"));
    database
        .run(&format!("SYSTEM STOP MERGES {name}.events"))
        .await;
    database
        .run(&format!("SYSTEM START MERGES {name}.events"))
        .await;
    database.drop().await;
}
