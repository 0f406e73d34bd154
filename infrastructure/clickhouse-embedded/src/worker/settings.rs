//! What a connection is told before the statement: its name, database and settings.

use std::fmt::Write as _;

use uuid::Uuid;

use super::ticket::REQUEST_SETTING;
use crate::engine::{Connection, EngineError};
use crate::http::QueryRequest;
use crate::sql::are_plain_filters;

/// A setting of a session before a request changed it; no value: the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Saved {
    name: String,
    value: Option<String>,
}

/// Sets everything. For a session that is kept, gives back what must be restored.
pub(super) fn prepare(
    connection: &mut Connection,
    request: &QueryRequest,
    ticket: Uuid,
    keep: bool,
) -> Result<Vec<Saved>, EngineError> {
    judge(&request.settings)?;
    let mut sql = format!("SET {REQUEST_SETTING} = '{ticket}'");
    if !request
        .settings
        .iter()
        .any(|(name, _)| name == "log_comment")
    {
        let _ = write!(sql, ", log_comment = {}", quoted(&request.query_id));
    }
    run(connection, &sql)?;
    if let Some(database) = &request.database {
        run(connection, &format!("USE {}", identifier(database)))?;
    }
    let saved = if keep {
        save(connection, &request.settings)?
    } else {
        Vec::new()
    };
    let mut changes: Vec<String> = request
        .settings
        .iter()
        .map(|(name, value)| format!("{name} = {}", quoted(value)))
        .collect();
    // A session could not be given back with it: there the judgement of the statement is enough.
    if request.read_only && !keep {
        changes.push("readonly = 2".to_owned());
    }
    if !changes.is_empty() {
        run(connection, &format!("SET {}", changes.join(", ")))?;
    }
    Ok(saved)
}

/// Refuses a setting that holds SQL unless it has the one form that is taken.
fn judge(settings: &[(String, String)]) -> Result<(), EngineError> {
    let held = settings
        .iter()
        .filter(|(name, _)| name == "additional_table_filters");
    for (_, value) in held {
        if !are_plain_filters(value) {
            return Err(EngineError::new(
                452,
                "SETTING_CONSTRAINT_VIOLATION",
                "additional_table_filters may only compare a column with a UUID",
            ));
        }
    }
    Ok(())
}

/// Undoes what a request set in a session.
pub(super) fn restore(connection: &mut Connection, saved: &[Saved]) -> Result<(), EngineError> {
    if saved.is_empty() {
        return Ok(());
    }
    let changes: Vec<String> = saved
        .iter()
        .map(|setting| match &setting.value {
            Some(value) => format!("{} = {}", setting.name, quoted(value)),
            None => format!("{} = DEFAULT", setting.name),
        })
        .collect();
    run(connection, &format!("SET {}", changes.join(", ")))
}

fn save(
    connection: &mut Connection,
    settings: &[(String, String)],
) -> Result<Vec<Saved>, EngineError> {
    if settings.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = settings.iter().map(|(name, _)| quoted(name)).collect();
    let sql = format!(
        "SELECT name, value FROM system.settings WHERE changed AND name IN ({})",
        names.join(", ")
    );
    let result = connection.execute(sql.as_bytes(), "JSONCompactEachRow", &[])?;
    let changed: Vec<(String, String)> = serde_json::Deserializer::from_slice(result.as_ref())
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(|error| EngineError::new(1001, "STD_EXCEPTION", &error.to_string()))?;
    let before = |name: &str| {
        changed
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    };
    Ok(settings
        .iter()
        .map(|(name, _)| Saved {
            name: name.clone(),
            value: before(name),
        })
        .collect())
}

fn run(connection: &mut Connection, sql: &str) -> Result<(), EngineError> {
    connection.execute(sql.as_bytes(), "Null", &[]).map(drop)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

#[cfg(test)]
mod tests {
    use super::{identifier, quoted};

    #[test]
    fn quotes_cannot_be_left() {
        assert_eq!(quoted("a'b\\"), r"'a\'b\\'");
        assert_eq!(identifier("a`b\\"), r"`a\`b\\`");
    }
}
