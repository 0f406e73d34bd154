//! Merging the sources, and telling where each value came from.

use std::path::{Path, PathBuf};

use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::SECTIONS;
use super::env;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A source cannot be read, or a value does not fit its key.
    #[error("configuration: {0}")]
    Invalid(Box<figment::Error>),
    /// The file has a section that nobody reads.
    #[error("configuration: unknown section [{section}] in {file}; sections are {}", SECTIONS.join(", "))]
    UnknownSection {
        /// The section.
        section: String,
        /// The file it stands in.
        file: String,
    },
    /// A `<key>_file` names a file that cannot be read.
    #[error("configuration: {key} names {path}, which cannot be read: {source}")]
    SecretFile {
        /// The key, dotted.
        key: String,
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
}

impl From<Box<figment::Error>> for ConfigError {
    fn from(error: Box<figment::Error>) -> Self {
        Self::Invalid(error)
    }
}

impl From<figment::Error> for ConfigError {
    fn from(error: figment::Error) -> Self {
        Self::Invalid(Box::new(error))
    }
}

/// Where configuration is read from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The TOML file, when there is one.
    pub file: Option<PathBuf>,
    /// The environment.
    pub variables: Vec<(String, String)>,
}

impl Sources {
    /// This process's: `$MILLRACE_CONFIG`, else `$MILLRACE_HOME/millrace.toml`
    /// when it exists; and its environment.
    #[must_use]
    pub fn of_process() -> Self {
        let variables: Vec<_> = std::env::vars()
            .filter(|(name, _)| name.starts_with("MILLRACE_"))
            .collect();
        let get = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        };
        let file = get("MILLRACE_CONFIG").map(PathBuf::from).or_else(|| {
            get("MILLRACE_HOME")
                .map(|home| Path::new(&home).join("millrace.toml"))
                .filter(|file| file.exists())
        });
        Self { file, variables }
    }
}

/// A configuration with the origin of every value.
#[derive(Debug)]
pub struct Loaded<T> {
    /// The values in force.
    pub config: T,
    layers: Vec<Layer>,
}

/// One value in force, as `millrace config` prints it.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// Dotted key: `kafka.brokers`.
    pub key: String,
    /// The value; secrets are hidden.
    pub value: String,
    /// Where it came from: `default`, a file, a variable.
    pub origin: String,
}

/// Reads the configuration of this process.
///
/// # Errors
/// [`ConfigError`] names the key and the source of what is wrong.
pub fn load<T: Serialize + DeserializeOwned + Default>() -> Result<Loaded<T>, ConfigError> {
    load_from(&Sources::of_process())
}

/// Reads a configuration from `sources`.
///
/// # Errors
/// [`ConfigError`] names the key and the source of what is wrong.
pub fn load_from<T: Serialize + DeserializeOwned + Default>(
    sources: &Sources,
) -> Result<Loaded<T>, ConfigError> {
    let defaults: Dict = Figment::from(Serialized::defaults(T::default())).extract()?;
    let mut layers = Vec::new();
    if let Some(file) = &sources.file {
        layers.push(own_sections(file, &defaults)?);
    }
    layers.push(Layer {
        name: ENVIRONMENT.to_owned(),
        dict: env::values(&sources.variables, &defaults)?,
    });
    let merged: Dict = merge(&defaults, &layers).extract()?;
    for (section, values) in &merged {
        layers.extend(values_from_files(section, values)?);
    }
    let config = without_file_keys(&merge(&defaults, &layers))?.extract()?;
    Ok(Loaded { config, layers })
}

/// The name of the layer whose values come from variables.
const ENVIRONMENT: &str = "environment";

/// The values of one source, under the name that people know it by.
#[derive(Clone, Debug)]
struct Layer {
    name: String,
    dict: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<figment::value::Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.dict.clone()))
    }
}

fn merge(defaults: &Dict, layers: &[Layer]) -> Figment {
    let base = Figment::from(Layer {
        name: "default".to_owned(),
        dict: defaults.clone(),
    });
    layers
        .iter()
        .fold(base, |figment, layer| figment.merge(layer.clone()))
}

/// The sections of the file that this service reads.
fn own_sections(file: &Path, defaults: &Dict) -> Result<Layer, ConfigError> {
    let mut dict: Dict = Figment::from(Toml::file_exact(file)).extract()?;
    if let Some(section) = dict
        .keys()
        .find(|section| !SECTIONS.contains(&section.as_str()))
    {
        return Err(ConfigError::UnknownSection {
            section: section.clone(),
            file: file.display().to_string(),
        });
    }
    dict.retain(|section, _| defaults.contains_key(section));
    Ok(Layer {
        name: file.display().to_string(),
        dict,
    })
}

/// What the `<key>_file` entries of a section hold.
fn values_from_files(section: &str, values: &Value) -> Result<Vec<Layer>, ConfigError> {
    let Some(dict) = values.as_dict() else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for (key, path) in dict {
        let (Some(target), Some(path)) = (key.strip_suffix("_file"), path.as_str()) else {
            continue;
        };
        if !dict.contains_key(target) || path.is_empty() {
            continue;
        }
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::SecretFile {
            key: format!("{section}.{key}"),
            path: path.to_owned(),
            source,
        })?;
        let value = Dict::from([(target.to_owned(), Value::from(text.trim_end()))]);
        found.push(Layer {
            name: path.to_owned(),
            dict: Dict::from([(section.to_owned(), Value::from(value))]),
        });
    }
    Ok(found)
}

/// The merged values less the `<key>_file` entries that were followed.
fn without_file_keys(figment: &Figment) -> Result<Figment, ConfigError> {
    let mut merged: Dict = figment.extract()?;
    let mut is_changed = false;
    for value in merged.values_mut() {
        if let Value::Dict(_, dict) = value {
            let followed: Vec<String> = dict
                .keys()
                .filter(|key| {
                    key.strip_suffix("_file")
                        .is_some_and(|target| dict.contains_key(target))
                })
                .cloned()
                .collect();
            is_changed |= !followed.is_empty();
            dict.retain(|key, _| !followed.contains(key));
        }
    }
    if is_changed {
        return Ok(Figment::from(Layer {
            name: "configuration".to_owned(),
            dict: merged,
        }));
    }
    Ok(figment.clone())
}

impl<T: Serialize> Loaded<T> {
    /// Every value in force, by key.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        if let Ok(value) = Value::serialize(&self.config) {
            self.collect("", &value, &mut settings);
        }
        settings
    }

    fn collect(&self, path: &str, value: &Value, out: &mut Vec<Setting>) {
        if let Value::Dict(_, dict) = value {
            for (key, inner) in dict {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                self.collect(&path, inner, out);
            }
            return;
        }
        let text = serde_json::to_value(value).map(|json| match json {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        });
        out.push(Setting {
            key: path.to_owned(),
            value: text.unwrap_or_default(),
            origin: self.origin(path),
        });
    }

    fn origin(&self, path: &str) -> String {
        let has = |layer: &&Layer| {
            let value = Value::from(layer.dict.clone());
            value.find_ref(path).is_some()
        };
        match self.layers.iter().rev().find(has) {
            Some(layer) if layer.name == ENVIRONMENT => {
                format!("MILLRACE_{}", path.to_uppercase().replace('.', "__"))
            }
            Some(layer) => layer.name.clone(),
            None => "default".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::config::{KafkaConfig, PostgresConfig};

    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Config {
        kafka: KafkaConfig,
        postgres: PostgresConfig,
    }

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn environment_wins_over_file_and_file_over_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("millrace.toml");
        std::fs::write(
            &file,
            "[kafka]\nbrokers = \"a:1\"\npartitions = 3\n[capture]\nanything = 1\n",
        )
        .unwrap();
        let sources = Sources {
            file: Some(file.clone()),
            variables: variables(&[("MILLRACE_KAFKA__BROKERS", "b:2")]),
        };
        let loaded = load_from::<Config>(&sources).unwrap();
        assert_eq!(loaded.config.kafka.brokers, "b:2");
        assert_eq!(loaded.config.kafka.partitions, 3);
        assert_eq!(loaded.config.kafka.replication_factor, 1);
        let origin = |key: &str| {
            loaded
                .settings()
                .into_iter()
                .find(|s| s.key == key)
                .unwrap()
                .origin
        };
        assert_eq!(origin("kafka.brokers"), "MILLRACE_KAFKA__BROKERS");
        assert_eq!(origin("kafka.partitions"), file.display().to_string());
        assert_eq!(origin("kafka.replication_factor"), "default");
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        for (name, expected) in [
            ("MILLRACE_KAFKA__BROKRES", "brokres"),
            ("MILLRACE_KAKFA__BROKERS", "MILLRACE_KAKFA__BROKERS"),
            ("MILLRACE_BROKERS", "MILLRACE_BROKERS"),
        ] {
            let sources = Sources {
                file: None,
                variables: variables(&[(name, "x")]),
            };
            let error = load_from::<Config>(&sources).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("millrace.toml");
        std::fs::write(&file, "[kakfa]\nbrokers = \"a:1\"\n").unwrap();
        let error = load_from::<Config>(&Sources {
            file: Some(file),
            variables: Vec::new(),
        })
        .unwrap_err();
        assert!(error.to_string().contains("[kakfa]"), "{error}");
    }

    #[test]
    fn secrets_come_from_files_and_are_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("url");
        std::fs::write(&file, "postgres://u:12345@h/d\n").unwrap();
        let sources = Sources {
            file: None,
            variables: variables(&[
                ("MILLRACE_POSTGRES__URL_FILE", file.to_str().unwrap()),
                ("MILLRACE_KAFKA__SASL_PASSWORD", "12345"),
            ]),
        };
        let loaded = load_from::<Config>(&sources).unwrap();
        assert_eq!(
            loaded.config.postgres.url.expose(),
            "postgres://u:12345@h/d"
        );
        assert_eq!(loaded.config.kafka.sasl_password.expose(), "12345");
        let shown = format!("{:?} {:?}", loaded.config, loaded.settings());
        assert!(!shown.contains("12345"), "{shown}");
    }
}
