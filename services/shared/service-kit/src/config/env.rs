//! Configuration keys from environment variables.

use figment::Error;
use figment::value::{Dict, Tag, Value};

use super::SECTIONS;

/// Prefix of every variable.
const PREFIX: &str = "MILLRACE_";

/// Variables of ours that are no configuration keys: where state and file are,
/// and what tests and tools are told.
const RESERVED: &[&str] = &["MILLRACE_HOME", "MILLRACE_CONFIG"];
const RESERVED_PREFIXES: &[&str] = &["MILLRACE_TEST_", "MILLRACE_SDK_", "MILLRACE_CLI_"];

/// What the variables say about the sections in `defaults`.
pub(super) fn values(variables: &[(String, String)], defaults: &Dict) -> Result<Dict, Box<Error>> {
    let mut dict = Dict::new();
    for (name, text) in variables {
        let Some(path) = path_of(name)? else { continue };
        if let Some(section) = path
            .first()
            .filter(|section| defaults.contains_key(section.as_str()))
        {
            let value = typed(text, defaults.get(section.as_str()), &path[1..]);
            insert(&mut dict, &path, value);
        }
    }
    Ok(dict)
}

/// The key path of a variable: `None` when it is none of ours.
fn path_of(name: &str) -> Result<Option<Vec<String>>, Box<Error>> {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return Ok(None);
    };
    if RESERVED.contains(&name)
        || RESERVED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
    {
        return Ok(None);
    }
    let path: Vec<String> = rest.split("__").map(str::to_lowercase).collect();
    if path.len() < 2 || !SECTIONS.contains(&path[0].as_str()) {
        return Err(Box::new(Error::from(format!(
            "unknown environment variable {name}: variables are {PREFIX}<SECTION>__<KEY>, sections are {}",
            SECTIONS.join(", ")
        ))));
    }
    Ok(Some(path))
}

/// The text in the type that the default at this place has, so that a
/// password of digits stays text.
fn typed(text: &str, default: Option<&Value>, path: &[String]) -> Value {
    let default = default.and_then(|section| {
        path.iter()
            .try_fold(section, |value, key| value.as_dict()?.get(key))
    });
    let as_text = || Value::String(Tag::Default, text.to_owned());
    match default {
        None | Some(Value::String(..) | Value::Empty(..)) => as_text(),
        Some(_) => text.parse().unwrap_or_else(|_| as_text()),
    }
}

fn insert(dict: &mut Dict, path: &[String], value: Value) {
    let [key, rest @ ..] = path else { return };
    if rest.is_empty() {
        dict.insert(key.clone(), value);
        return;
    }
    let entry = dict
        .entry(key.clone())
        .or_insert_with(|| Value::from(Dict::new()));
    if let Value::Dict(_, inner) = entry {
        insert(inner, rest, value);
    }
}
