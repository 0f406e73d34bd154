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
    std::fs::write(path, text).map_err(|source| LoadError::Io { path: path.to_owned(), source })
}

fn server_xml(folder: &Path, config: &EngineConfig) -> String {
    let folder = escape(&folder.display().to_string());
    let memory = config.memory.as_u64();
    let marks = config.mark_cache.as_u64();
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
  <old_parts_lifetime>{lifetime}</old_parts_lifetime>
 </merge_tree>
 <backups><allowed_path>{folder}/backups/</allowed_path></backups>
</clickhouse>
",
        pool = config.thread_pool,
        background = config.background_threads,
    )
}

fn users_xml(config: &EngineConfig) -> String {
    let mut grants = String::new();
    for database in &config.databases {
        let _ = writeln!(grants, "   <query>GRANT ALL ON {}.*</query>", escape(database));
    }
    for grant in [
        "SELECT ON system.*",
        "CREATE DATABASE, CREATE TEMPORARY TABLE, KILL QUERY, SYSTEM ON *.*",
    ] {
        let _ = writeln!(grants, "   <query>GRANT {grant}</query>");
    }
    let threads = config.threads;
    format!(
        "<clickhouse>
 <profiles><default><max_threads>{threads}</max_threads></default></profiles>
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
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{server_xml, users_xml};
    use crate::config::EngineConfig;

    #[test]
    fn memory_and_databases_reach_the_files() {
        let config = EngineConfig { databases: vec!["mine".into()], ..EngineConfig::default() };
        let server = server_xml(std::path::Path::new("/data/a&b"), &config);
        assert!(server.contains("<users_config>/data/a&amp;b/users.xml</users_config>"));
        assert!(server.contains(&format!("<max_server_memory_usage>{}<", config.memory.as_u64())));
        assert!(users_xml(&config).contains("GRANT ALL ON mine.*"));
    }
}
