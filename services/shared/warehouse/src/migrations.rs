//! Bringing a database to today's tables: numbered files, applied in order,
//! each recorded when it is done.

use clickhouse::Row;
use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64;

use crate::{Warehouse, WarehouseError};

/// A migration by its file's name.
macro_rules! migration {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../../schemas/clickhouse/", $name, ".sql")),
        )
    };
}

/// The files, in order. A file that was released is never changed.
const MIGRATIONS: &[(&str, &str)] = &[
    migration!("0001_fence"),
    migration!("0002_events"),
    migration!("0003_ledger"),
    migration!("0004_refused"),
    migration!("0005_replay"),
    migration!("0006_compact_parts"),
];

#[derive(Row, Deserialize)]
struct Applied {
    name: String,
    hash: u64,
}

/// Creates the database when it is missing and applies what was not applied
/// yet. Answers the names of those. May be run by several at once, and again
/// after it was cut off: every statement creates only what is missing.
///
/// # Errors
/// When the engine refuses, or a file was changed after it had been applied.
pub async fn run(warehouse: &Warehouse) -> Result<Vec<&'static str>, WarehouseError> {
    let database = warehouse.database();
    let anywhere = Warehouse::clone(warehouse).without_database();
    anywhere
        .statement(&format!("CREATE DATABASE IF NOT EXISTS {database}"))
        .run()
        .await?;
    anywhere
        .statement(&format!(
            "CREATE TABLE IF NOT EXISTS {database}.schema_migrations \
             (name String, hash UInt64, applied_at DateTime64(3, 'UTC')) \
             ENGINE = MergeTree ORDER BY name"
        ))
        .run()
        .await?;
    let applied: Vec<Applied> = warehouse
        .statement("SELECT name, hash FROM schema_migrations")
        .rows()
        .await?;

    let mut done = Vec::new();
    for (name, text) in MIGRATIONS {
        let hash = xxh3_64(text.as_bytes());
        match applied.iter().find(|row| row.name == *name) {
            Some(row) if row.hash == hash => continue,
            Some(_) => return Err(WarehouseError::MigrationChanged((*name).to_owned())),
            None => {}
        }
        for statement in statements(text, database) {
            anywhere.statement(&statement).run().await?;
        }
        warehouse
            .statement(
                "INSERT INTO schema_migrations SELECT {name:String}, {hash:UInt64}, now64(3)",
            )
            .bind("name", name)
            .bind("hash", hash)
            .run()
            .await?;
        done.push(*name);
    }
    Ok(done)
}

/// The statements of a file: comments taken out, cut at semicolons, the
/// database's name put in.
fn statements(text: &str, database: &str) -> Vec<String> {
    let code: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .collect();
    code.join("\n")
        .replace("{database}", database)
        .split(';')
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use event_schema::hot::{HOT, HotKind};

    use super::*;

    #[test]
    fn comments_and_blanks_are_no_statements() {
        let text = "-- one; two\nCREATE a {database}.t;\n\n-- end\n";
        assert_eq!(statements(text, "m"), ["CREATE a m.t"]);
    }

    #[test]
    fn the_table_has_the_hot_columns_in_their_order() {
        let (_, text) = MIGRATIONS[1];
        let lines: Vec<&str> = text
            .lines()
            .skip_while(|line| !line.contains(" browser "))
            .take(HOT.len())
            .collect();
        for (line, hot) in lines.iter().zip(HOT) {
            let kind = match hot.kind {
                HotKind::Dictionary => "LowCardinality(Nullable(String))",
                HotKind::Text => "Nullable(String)",
            };
            assert_eq!(
                line.trim(),
                format!("{} {kind} CODEC(ZSTD(1)),", hot.column)
            );
        }
        assert_eq!(lines.len(), HOT.len());
    }
}
