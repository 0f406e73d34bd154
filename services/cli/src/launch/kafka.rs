//! Kafka: one node, broker and controller in one Java process.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::home::{Home, source_folder};

use super::child;
use super::component::{Component, Launch};
use super::probe::Probe;

const PROPERTIES: &str = include_str!("../../../../infrastructure/kafka/server.properties");
const LOGGING: &str = include_str!("../../../../infrastructure/kafka/log4j2.xml");

/// The folder that holds Kafka's jars.
///
/// # Errors
/// When they have not been fetched.
pub(crate) fn jars_folder() -> anyhow::Result<PathBuf> {
    let source = source_folder().context(
        "Kafka's jars lie in the source folder, which was not found; set MILLRACE_CLI_SOURCE",
    )?;
    let folder = source.join("infrastructure/kafka/lib");
    let is_there = fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some());
    if !is_there {
        bail!(
            "Kafka's jars are missing from {}: run infrastructure/prerequisites.sh",
            folder.display()
        );
    }
    Ok(folder)
}

/// The broker on that port, its controller on the other.
///
/// # Errors
/// When the jars are missing.
pub(super) fn component(home: &Home, port: u16, controller: u16) -> anyhow::Result<Component> {
    let files = Files::new(home, jars_folder()?);
    let launch = files.java().arguments([
        "-Xms256m".to_owned(),
        "-Xmx512m".to_owned(),
        "-XX:+UseG1GC".to_owned(),
        "-XX:+ExitOnOutOfMemoryError".to_owned(),
        format!(
            "-Dlog4j2.configurationFile=file:{}",
            files.logging.display()
        ),
        format!("-Dkafka.logs.dir={}", files.run.display()),
        // Compression libraries unpack themselves there; /tmp may forbid to run them.
        format!("-Djava.io.tmpdir={}", files.run.display()),
        "kafka.Kafka".to_owned(),
        files.properties.display().to_string(),
    ]);
    let mut component = Component::new("kafka", launch, Probe::Kafka(format!("127.0.0.1:{port}")));
    component.prepare = Some(Box::new(move || files.prepare(port, controller)));
    component.ports = vec![port, controller];
    component.ready_within = Duration::from_secs(90);
    component.stop_within = Duration::from_secs(30);
    Ok(component)
}

struct Files {
    jars: PathBuf,
    data: PathBuf,
    run: PathBuf,
    properties: PathBuf,
    logging: PathBuf,
    home: PathBuf,
}

impl Files {
    fn new(home: &Home, jars: PathBuf) -> Self {
        let run = home.run().join("kafka");
        Self {
            jars,
            data: home.data().join("kafka"),
            properties: run.join("server.properties"),
            logging: run.join("log4j2.xml"),
            run,
            home: home.root().to_owned(),
        }
    }

    fn java(&self) -> Launch {
        let launch =
            Launch::new("java").arguments(["-cp".to_owned(), format!("{}/*", self.jars.display())]);
        launch.environment([("LC_ALL".to_owned(), "C.UTF-8".to_owned())])
    }

    /// Writes the configuration and, the first time, formats the data folder.
    fn prepare(&self, port: u16, controller: u16) -> anyhow::Result<()> {
        fs::create_dir_all(&self.run)
            .with_context(|| format!("creating {}", self.run.display()))?;
        fs::create_dir_all(&self.data)
            .with_context(|| format!("creating {}", self.data.display()))?;
        fs::write(&self.properties, properties(port, controller, &self.data))
            .context("writing Kafka's configuration")?;
        fs::write(&self.logging, LOGGING).context("writing Kafka's logging configuration")?;
        if self.data.join("meta.properties").is_file() {
            return Ok(());
        }
        let cluster = URL_SAFE_NO_PAD.encode(uuid::Uuid::new_v4().as_bytes());
        let format = self.java().arguments([
            "-XX:TieredStopAtLevel=1",
            "kafka.tools.StorageTool",
            "format",
            "--standalone",
            "--ignore-formatted",
            // One word: an id may begin with a dash.
            &format!("--cluster-id={cluster}"),
            "-c",
            &self.properties.display().to_string(),
        ]);
        child::run(&self.home, &format, None).context("formatting Kafka's data folder")?;
        Ok(())
    }
}

fn properties(port: u16, controller: u16, data: &Path) -> String {
    PROPERTIES
        .replace("{kafka_port}", &port.to_string())
        .replace("{controller_port}", &controller.to_string())
        .replace("{data_dir}", &data.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_fill_in() {
        let text = properties(1, 2, Path::new("/data"));
        assert!(!text.contains('{'), "{text}");
        assert!(text.contains("listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2"));
    }
}
