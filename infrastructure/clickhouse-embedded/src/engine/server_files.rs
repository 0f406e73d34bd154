//! The engine's own configuration, written anew at every start.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::LoadError;
use crate::config::EngineConfig;

/// Writes `config.xml` and `users.xml` into `folder` and returns the first one's path.
pub(super) fn write(folder: &Path, config: &EngineConfig) -> Result<PathBuf, LoadError> {
    let server = folder.join("config.xml");
    put(&server, &server_xml(folder, config))?;
    put(&folder.join("users.xml"), &users_xml(config))?;
    Ok(server)
}

fn put(path: &Path, text: &str) -> Result<(), LoadError> {
    std::fs::write(path, text).map_err(|source| LoadError::Io {
        path: path.to_owned(),
        source,
    })
}

fn server_xml(folder: &Path, config: &EngineConfig) -> String {
    let folder = escape(&folder.display().to_string());
    let memory = config.memory.as_u64();
    let marks = config.mark_cache.as_u64();
    let keep_free = config.keep_free.as_u64();
    let lifetime = config.old_parts_lifetime.as_secs();
    format!(
        "<clickhouse>
 <logger><level>error</level><console>0</console></logger>
 <users_config>{folder}/users.xml</users_config>
 <max_server_memory_usage>{memory}</max_server_memory_usage>
 <mark_cache_size>{marks}</mark_cache_size>
 <uncompressed_cache_size>0</uncompressed_cache_size>
 <max_thread_pool_size>{pool}</max_thread_pool_size>
 <max_thread_pool_free_size>16</max_thread_pool_free_size>
 <background_pool_size>{background}</background_pool_size>
 <merge_tree>
  <fsync_after_insert>1</fsync_after_insert>
  <fsync_part_directory>1</fsync_part_directory>
  <min_rows_to_fsync_after_merge>1</min_rows_to_fsync_after_merge>
  <old_parts_lifetime>{lifetime}</old_parts_lifetime>
 </merge_tree>
 <storage_configuration><disks><default>
  <keep_free_space_bytes>{keep_free}</keep_free_space_bytes>
 </default></disks></storage_configuration>
 <remote_url_allow_hosts/>
 <backups><allowed_path>{folder}/backups/</allowed_path></backups>
</clickhouse>
",
        pool = config.thread_pool,
        background = config.background_threads,
    )
}

/// What clients may do inside the configured databases. Dictionaries are left out, whose sources
/// are files, programs and addresses.
const IN_OUR_DATABASES: &str = "SHOW, SELECT, INSERT, ALTER TABLE, ALTER VIEW, CREATE DATABASE, \
    CREATE TABLE, CREATE VIEW, DROP DATABASE, DROP TABLE, DROP VIEW, UNDROP TABLE, TRUNCATE, \
    OPTIMIZE, BACKUP, CHECK";

/// What they may do beside them.
const EVERYWHERE: &[&str] = &[
    "SELECT ON system.*",
    "CREATE TEMPORARY TABLE, CREATE TEMPORARY VIEW, KILL QUERY, SYSTEM MERGES, SYSTEM MOVES, \
     SYSTEM DROP MARK CACHE ON *.*",
];

/// Settings that name files and addresses, hold SQL, or change the language: fixed for all.
const LOCKED: &[(&str, &str)] = &[
    ("additional_result_filter", ""),
    ("allow_experimental_ai_functions", "0"),
    ("allow_experimental_eval_table_function", "0"),
    ("allow_experimental_kusto_dialect", "0"),
    ("allow_experimental_polyglot_dialect", "0"),
    ("allow_experimental_prql_dialect", "0"),
    ("allow_introspection_functions", "0"),
    ("allow_python_table_function", "0"),
    ("ast_fuzzer_any_query", "0"),
    ("ast_fuzzer_runs", "0"),
    ("dialect", "clickhouse"),
    ("format_avro_schema_registry_url", ""),
    ("format_schema", ""),
    ("format_schema_source", "file"),
    ("format_template_resultset", ""),
    ("format_template_row", ""),
    ("implicit_select", "0"),
    ("input_format_record_errors_file_path", ""),
    ("output_format_schema", ""),
    ("parallel_replicas_custom_key", ""),
    ("polyglot_dialect", ""),
    ("schema_inference_hints", ""),
    ("url_base", ""),
];

fn users_xml(config: &EngineConfig) -> String {
    let databases = config
        .databases
        .iter()
        .map(|database| format!("{IN_OUR_DATABASES} ON {}.*", escape(database)));
    let everywhere = EVERYWHERE.iter().map(|grant| (*grant).to_owned());
    let mut grants = String::new();
    for grant in databases.chain(everywhere) {
        let _ = writeln!(grants, "    <query>GRANT {grant}</query>");
    }
    let mut values = String::new();
    let mut constraints = String::new();
    for (name, value) in LOCKED {
        let _ = writeln!(values, "   <{name}>{value}</{name}>");
        let _ = writeln!(constraints, "    <{name}><readonly/></{name}>");
    }
    let threads = match config.threads {
        0 => String::new(),
        count => format!("<max_threads>{count}</max_threads>"),
    };
    format!(
        "<clickhouse>
 <profiles><default>
   {threads}<async_insert>0</async_insert>
   <output_format_parallel_formatting>0</output_format_parallel_formatting>
{values}   <constraints>
{constraints}   </constraints>
 </default></profiles>
 <quotas><default/></quotas>
 <users>
  <default>
   <no_password/>
   <networks><ip>::/0</ip></networks>
   <profile>default</profile>
   <quota>default</quota>
   <grants>
{grants}   </grants>
  </default>
 </users>
</clickhouse>
"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{server_xml, users_xml};
    use crate::config::EngineConfig;

    #[test]
    fn memory_and_databases_reach_the_files() {
        let config = EngineConfig {
            databases: vec!["mine".into()],
            ..EngineConfig::default()
        };
        let server = server_xml(std::path::Path::new("/data/a&b"), &config);
        assert!(server.contains("<users_config>/data/a&amp;b/users.xml</users_config>"));
        assert!(server.contains(&format!(
            "<max_server_memory_usage>{}<",
            config.memory.as_u64()
        )));
        assert!(users_xml(&config).contains("CHECK ON mine.*</query>"));
    }
}
