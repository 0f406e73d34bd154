//! What the user has configured, as far as the launcher needs to know it: the
//! services read the same file and environment themselves and check every key.

use std::env;
use std::fs;

use anyhow::Context;
use toml::{Table, Value};

use crate::home::Home;

/// `millrace.toml` and the `MILLRACE_…` environment; the environment wins.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    file: Table,
}

impl Settings {
    /// Reads the configuration file where there is one.
    ///
    /// # Errors
    /// When the file is not TOML or not readable.
    pub(crate) fn load(home: &Home) -> anyhow::Result<Self> {
        let path = home.config_file();
        let file = match fs::read_to_string(&path) {
            Ok(text) => text
                .parse()
                .with_context(|| format!("reading {}", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Table::new(),
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        Ok(Self { file })
    }

    /// A value by its dotted path (`capture.http.listen`), as text.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        env::var(environment_name(path))
            .ok()
            .or_else(|| self.in_file(path))
    }

    fn in_file(&self, path: &str) -> Option<String> {
        let mut parts = path.split('.');
        let mut value = self.file.get(parts.next()?)?;
        for part in parts {
            value = value.as_table()?.get(part)?;
        }
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Table(_) | Value::Array(_) => None,
            other => Some(other.to_string()),
        }
    }

    /// Whether the user chose this value, so that the launcher must not.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.get(path).is_some() || self.get(&format!("{path}_file")).is_some()
    }
}

/// The environment variable of a dotted path: `MILLRACE_CAPTURE__HTTP__LISTEN`.
pub(crate) fn environment_name(path: &str) -> String {
    format!("MILLRACE_{}", path.to_uppercase().replace('.', "__"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_path() {
        let file = "[kafka]\npartitions = 24\n[capture.http]\nlisten = \"0.0.0.0:80\""
            .parse()
            .unwrap();
        let settings = Settings { file };
        assert_eq!(settings.get("kafka.partitions").as_deref(), Some("24"));
        assert_eq!(
            settings.get("capture.http.listen").as_deref(),
            Some("0.0.0.0:80")
        );
        assert_eq!(settings.get("capture.http"), None);
        assert!(!settings.has("redis.url"));
    }

    #[test]
    fn environment_names_follow_the_services_rule() {
        assert_eq!(
            environment_name("capture.http.listen"),
            "MILLRACE_CAPTURE__HTTP__LISTEN"
        );
    }
}
