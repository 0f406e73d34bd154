//! Kafka: nodes that are broker and controller in one Java process; one, or three
//! that hold every record three times.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::home::{Home, source_folder};
use crate::secrets;

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

/// How many brokers a home may have: one, or as many as hold each record three times.
const CLUSTER: u16 = 3;
/// Ports of one broker, and so from one broker's to the next one's.
const PORTS: u16 = 2;
const NAMES: [&str; CLUSTER as usize] = ["kafka", "kafka-2", "kafka-3"];

/// Classes as they lie in memory, beside the jars; see `infrastructure/kafka/archive-classes.sh`.
const CLASSES: &str = "classes.jsa";

/// The file by which a data folder is known to have been used.
const FORMATTED: &str = "meta.properties";

/// Whether that is the name of a broker.
pub(super) fn is_broker(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Decides how many brokers this home has, once and for ever: a log is not moved
/// from one broker to three by starting it differently.
///
/// # Errors
/// When it began otherwise, or when there is no such cluster.
pub(super) fn decide_brokers(home: &Home, asked: Option<u16>) -> anyhow::Result<()> {
    let has_begun = home.data().join(NAMES[0]).join(FORMATTED).is_file();
    let asked = match asked {
        None => return Ok(()),
        Some(count @ (1 | CLUSTER)) => count,
        Some(other) => bail!("--brokers {other}: there can be 1 or {CLUSTER}"),
    };
    if has_begun && asked != brokers_of(home) {
        bail!(
            "the log in {} has {} broker(s): --brokers {asked} needs a state folder of its own",
            home.root().display(),
            brokers_of(home)
        );
    }
    for name in NAMES.iter().take(usize::from(asked)) {
        fs::create_dir_all(home.data().join(name)).context("creating the brokers' folders")?;
    }
    Ok(())
}

/// How many brokers this home has.
pub(super) fn brokers_of(home: &Home) -> u16 {
    if home.data().join(NAMES[2]).is_dir() {
        CLUSTER
    } else {
        1
    }
}

/// Where clients find the brokers, the first of which listens on that port.
pub(super) fn addresses(home: &Home, port: u16) -> String {
    let brokers = (0..brokers_of(home)).map(|index| format!("127.0.0.1:{}", port + index * PORTS));
    brokers.collect::<Vec<_>>().join(",")
}

/// The brokers: the first one on that port with its controller on the next, the
/// others on those that follow. `via` says where clients are to find a broker
/// instead, by its name.
///
/// # Errors
/// When the jars are missing.
pub(super) fn components(
    home: &Home,
    port: u16,
    controller: u16,
    via: &BTreeMap<String, u16>,
) -> anyhow::Result<Vec<Component>> {
    let jars = jars_folder()?;
    let brokers = brokers_of(home);
    let nodes = (0..brokers).zip(NAMES).map(|(index, name)| Node {
        number: index + 1,
        port: port + index * PORTS,
        advertised: via.get(name).copied().unwrap_or(port + index * PORTS),
        controller: controller + index * PORTS,
        first_controller: controller,
        brokers,
    });
    nodes
        .zip(NAMES)
        .map(|(node, name)| component(home, jars.clone(), name, node))
        .collect()
}

fn component(
    home: &Home,
    jars: PathBuf,
    name: &'static str,
    node: Node,
) -> anyhow::Result<Component> {
    let files = Files::new(home, jars, name);
    let launch = files.java().arguments([
        "-Xms128m".to_owned(),
        "-Xmx512m".to_owned(),
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
    let probe = Probe::Kafka(format!("127.0.0.1:{}", node.port));
    let mut component = Component::new(name, launch, probe);
    component.ports = vec![node.port, node.controller];
    component.stop_within = Duration::from_secs(30);
    // All nodes of a cluster are formatted with the same id.
    let cluster = match node.brokers {
        1 => URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes()),
        _ => {
            let secret = secrets::get_or_create(home, "kafka-cluster")?;
            let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, secret.as_bytes());
            URL_SAFE_NO_PAD.encode(id.as_bytes())
        }
    };
    component.prepare = Some(Box::new(move || files.prepare(&node, &cluster)));
    Ok(component)
}

/// One broker with its controller.
struct Node {
    /// From 1.
    number: u16,
    port: u16,
    /// Where clients are told to find it.
    advertised: u16,
    controller: u16,
    first_controller: u16,
    /// How many there are.
    brokers: u16,
}

impl Node {
    fn properties(&self, data: &Path) -> String {
        let copies = self.brokers.to_string();
        let controllers = (0..self.brokers).map(|index| {
            let port = self.first_controller + index * PORTS;
            format!("{}@127.0.0.1:{port}", index + 1)
        });
        // One node founds a quorum of itself, three are told of each other.
        let quorum = match self.brokers {
            1 => format!("bootstrap.servers=127.0.0.1:{}", self.controller),
            _ => format!("voters={}", controllers.collect::<Vec<_>>().join(",")),
        };
        PROPERTIES
            .replace("{node}", &self.number.to_string())
            .replace("{kafka_port}", &self.port.to_string())
            .replace("{advertised_port}", &self.advertised.to_string())
            .replace("{controller_port}", &self.controller.to_string())
            .replace("{quorum}", &quorum)
            .replace("{copies}", &copies)
            .replace("{in_sync}", &(self.brokers / 2 + 1).to_string())
            .replace("{data_dir}", &data.display().to_string())
    }
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
    fn new(home: &Home, jars: PathBuf, name: &str) -> Self {
        let run = home.run().join(name);
        Self {
            jars,
            data: home.data().join(name),
            properties: run.join("server.properties"),
            logging: run.join("log4j2.xml"),
            run,
            home: home.root().to_owned(),
        }
    }

    fn java(&self) -> Launch {
        let classes = self.jars.join(CLASSES);
        let mut arguments = vec!["-cp".to_owned(), format!("{}/*", self.jars.display())];
        if classes.is_file() {
            arguments.push(format!("-XX:SharedArchiveFile={}", classes.display()));
        }
        // The small collector: with half a gigabyte it pauses no longer than the others.
        arguments.push("-XX:+UseSerialGC".to_owned());
        let launch = Launch::new("java").arguments(arguments);
        launch.environment([("LC_ALL".to_owned(), "C.UTF-8".to_owned())])
    }

    /// Writes the configuration and, the first time, formats the data folder.
    fn prepare(&self, node: &Node, cluster: &str) -> anyhow::Result<()> {
        fs::create_dir_all(&self.run)
            .with_context(|| format!("creating {}", self.run.display()))?;
        fs::create_dir_all(&self.data)
            .with_context(|| format!("creating {}", self.data.display()))?;
        fs::write(&self.properties, node.properties(&self.data))
            .context("writing Kafka's configuration")?;
        fs::write(&self.logging, LOGGING).context("writing Kafka's logging configuration")?;
        if self.data.join(FORMATTED).is_file() {
            return Ok(());
        }
        let mut arguments = vec![
            "-XX:TieredStopAtLevel=1".to_owned(),
            "kafka.tools.StorageTool".to_owned(),
            "format".to_owned(),
            "--ignore-formatted".to_owned(),
            // One word: an id may begin with a dash.
            format!("--cluster-id={cluster}"),
            "-c".to_owned(),
            self.properties.display().to_string(),
        ];
        if node.brokers == 1 {
            arguments.push("--standalone".to_owned());
        }
        let format = self.java().arguments(arguments);
        child::run(&self.home, &format, None).context("formatting Kafka's data folder")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(brokers: u16) -> Node {
        Node {
            number: 2,
            port: 1,
            advertised: 7,
            controller: 4,
            first_controller: 2,
            brokers,
        }
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        let text = node(1).properties(Path::new("/data"));
        assert!(!text.contains('{'), "{text}");
        assert!(text.contains("\nlisteners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:4\n"));
        assert!(text.contains("\nadvertised.listeners=PLAINTEXT://127.0.0.1:7,"));
        assert!(text.contains("\ncontroller.quorum.bootstrap.servers=127.0.0.1:4\n"));
        assert!(text.contains("\nmin.insync.replicas=1\n"));
    }

    #[test]
    fn three_know_each_other() {
        let text = node(3).properties(Path::new("/data"));
        assert!(
            text.contains("\ncontroller.quorum.voters=1@127.0.0.1:2,2@127.0.0.1:4,3@127.0.0.1:6\n")
        );
        assert!(text.contains("\noffsets.topic.replication.factor=3\n"));
        assert!(text.contains("\nmin.insync.replicas=2\n"));
    }

    #[test]
    fn a_home_keeps_its_number_of_brokers() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(folder.path())).unwrap();
        assert!(decide_brokers(&home, Some(2)).is_err());
        decide_brokers(&home, Some(3)).unwrap();
        decide_brokers(&home, None).unwrap();
        fs::write(home.data().join(NAMES[0]).join(FORMATTED), "").unwrap();
        assert!(decide_brokers(&home, Some(1)).is_err());
        assert_eq!(
            addresses(&home, 9092),
            "127.0.0.1:9092,127.0.0.1:9094,127.0.0.1:9096"
        );
    }
}
