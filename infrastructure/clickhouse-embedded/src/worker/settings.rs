//! What a connection is told before the statement: its name, database and settings.

use uuid::Uuid;

use super::spare::Manner;
use super::ticket::REQUEST_SETTING;
use crate::engine::{Connection, EngineError};
use crate::http::QueryRequest;
use crate::sql::are_plain_filters;

/// The setting that is the client's to name a statement; without one it is the `query_id`.
pub(super) const COMMENT: &str = "log_comment";

/// A setting of a session before a request changed it; no value: the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Saved {
    name: String,
    value: Option<String>,
}

/// Tells a new connection all of `manner`, which may not be changed by what follows.
pub(super) fn introduce(connection: &mut Connection, manner: &Manner) -> Result<(), EngineError> {
    enter(connection, manner.database.as_deref())?;
    let mut changes = assignments(&manner.settings);
    if manner.read_only {
        changes.push("readonly = 2".to_owned());
    }
    set(connection, &changes)
}

/// Names the request in the engine's list of processes.
pub(super) fn name(
    connection: &mut Connection,
    request: &QueryRequest,
    ticket: Uuid,
) -> Result<(), EngineError> {
    let mut comments = request.settings.iter();
    let comment = comments
        .rfind(|(name, _)| name == COMMENT)
        .map_or(&request.query_id, |(_, comment)| comment);
    let changes = [
        format!("{REQUEST_SETTING} = '{ticket}'"),
        format!("{COMMENT} = {}", quoted(comment)),
    ];
    set(connection, &changes)
}

/// Sets what a request in a session wants, and gives back what must be restored after it. The
/// session could not be given back once it may only read: there the judgement of the statement
/// is enough.
pub(super) fn visit(
    connection: &mut Connection,
    request: &QueryRequest,
    ticket: Uuid,
) -> Result<Vec<Saved>, EngineError> {
    enter(connection, request.database.as_deref())?;
    let saved = save(connection, &request.settings)?;
    set(connection, &assignments(&request.settings))?;
    name(connection, request, ticket)?;
    Ok(saved)
}

/// Refuses a setting that holds SQL unless it has the one form that is taken.
pub(super) fn judge(settings: &[(String, String)]) -> Result<(), EngineError> {
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
    set(connection, &changes)
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

fn enter(connection: &mut Connection, database: Option<&str>) -> Result<(), EngineError> {
    let Some(database) = database else {
        return Ok(());
    };
    run(connection, &format!("USE {}", identifier(database)))
}

fn assignments(settings: &[(String, String)]) -> Vec<String> {
    settings
        .iter()
        .map(|(name, value)| format!("{name} = {}", quoted(value)))
        .collect()
}

fn set(connection: &mut Connection, changes: &[String]) -> Result<(), EngineError> {
    if changes.is_empty() {
        return Ok(());
    }
    run(connection, &format!("SET {}", changes.join(", ")))
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
