//! What a stack consists of and in which order it starts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::bail;

use crate::home::{Home, service_binary};
use crate::secrets;
use crate::settings::Settings;

use super::component::{Component, Work};
use super::endpoints::{Endpoints, Server, Transport};
use super::services::Surroundings;
use super::state::{Servers, Urls};
use super::{bootstrap, child, clickhouse, kafka, postgres, redis};

/// Everything that can be started, in the order of need.
const ALL: [&str; 8] = [
    "kafka",
    "postgres",
    "redis",
    "clickhouse",
    "auth-api",
    "capture-api",
    "consumer",
    "query-api",
];
/// Started when their binaries exist.
const WHEN_BUILT: [&str; 2] = ["realtime", "dashboard"];

/// Those of which a second one can run, and what it is called.
const SECONDS: [(&str, &str); 2] = [("capture-api", "capture-api-2"), ("consumer", "consumer-2")];

/// What was asked for on the command line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Added to every port.
    pub(crate) port_offset: u16,
    /// What carries the events; none: as configured, else Kafka.
    pub(crate) transport: Option<Transport>,
    /// How many brokers; none: as the home began, else one.
    pub(crate) brokers: Option<u16>,
    /// Services that run twice.
    pub(crate) second: Vec<String>,
    /// Ports of proxies, by the name of the server behind each.
    pub(crate) via: BTreeMap<String, u16>,
    /// A library that is loaded into the services that write times.
    pub(crate) preload: Option<PathBuf>,
    /// Only these; empty: all.
    pub(crate) only: Vec<String>,
}

/// Processes that start together once everything before them works, and what
/// is done once they do.
pub(crate) struct Stage {
    pub(super) components: Vec<Component>,
    pub(super) then: Vec<(String, Work)>,
}

/// A stack, ready to be started.
pub(crate) struct Plan {
    pub(super) stages: Vec<Stage>,
    pub(super) transport: Transport,
    pub(super) port_offset: u16,
    pub(super) urls: Urls,
    pub(super) servers: Servers,
}

impl Plan {
    /// Decides what runs.
    ///
    /// # Errors
    /// When something that is needed is missing or a name is unknown.
    pub(crate) fn build(
        home: &Home,
        settings: &Settings,
        options: &Options,
    ) -> anyhow::Result<Self> {
        for name in &options.only {
            if !ALL.contains(&name.as_str()) && !WHEN_BUILT.contains(&name.as_str()) {
                bail!(
                    "--only {name}: there is no such service; there are {}, {}",
                    ALL.join(", "),
                    WHEN_BUILT.join(", ")
                );
            }
        }
        for name in &options.second {
            if !SECONDS.iter().any(|(known, _)| known == name) {
                bail!("--second {name}: only capture-api and consumer can run twice");
            }
        }
        for server in options.via.keys() {
            if !["clickhouse", "postgres", "redis"].contains(&server.as_str())
                && !kafka::is_broker(server)
            {
                bail!("--via {server}: there is no such server");
            }
        }
        let endpoints = Endpoints::resolve(settings, options.port_offset)?;
        let transport = Self::transport(settings, options)?;
        kafka::decide_brokers(home, options.brokers)?;
        let token = engine_token(home, settings, &endpoints)?;
        let surroundings = Surroundings {
            home,
            settings,
            endpoints: &endpoints,
            transport,
            token,
            via: &options.via,
            preload: options.preload.as_deref(),
        };
        let wanted = Wanted {
            only: &options.only,
        };
        let mut stages = vec![servers(&surroundings, &wanted)?];
        if wanted.is("auth-api") {
            stages.push(Stage {
                components: vec![surroundings.component("auth-api")?],
                then: Vec::new(),
            });
        }
        let mut rest = Vec::new();
        for name in ["capture-api", "consumer", "query-api"] {
            if wanted.is(name) {
                rest.push(surroundings.component(name)?);
            }
        }
        for (name, second) in SECONDS {
            if options.second.iter().any(|one| one == name) {
                rest.push(surroundings.component(second)?);
            }
        }
        for name in WHEN_BUILT {
            if wanted.is(name) && service_binary(name).is_ok() {
                rest.push(surroundings.component(name)?);
            }
        }
        stages.push(Stage {
            components: rest,
            then: Vec::new(),
        });
        Ok(Self {
            urls: urls(&endpoints, &stages),
            servers: addresses(home, settings, &endpoints)?,
            stages,
            transport,
            port_offset: options.port_offset,
        })
    }

    /// What carries the events: the command line's choice, else the configuration's, else Kafka.
    ///
    /// # Errors
    /// When the configuration names something else.
    pub(crate) fn transport(settings: &Settings, options: &Options) -> anyhow::Result<Transport> {
        match (options.transport, settings.get("transport.kind")) {
            (Some(transport), _) => Ok(transport),
            (None, Some(configured)) => configured.parse(),
            (None, None) => Ok(Transport::Kafka),
        }
    }

    /// All ports with the process that will listen on each.
    pub(crate) fn ports(&self) -> Vec<(u16, &'static str)> {
        let components = self.stages.iter().flat_map(|stage| &stage.components);
        components
            .flat_map(|component| component.ports.iter().map(|port| (*port, component.name)))
            .collect()
    }
}

struct Wanted<'a> {
    only: &'a [String],
}

impl Wanted<'_> {
    fn is(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == name)
    }
}

/// What clients of our own engine send as their password; none when the engine
/// is somebody else's or the user has decided.
pub(super) fn engine_token(
    home: &Home,
    settings: &Settings,
    endpoints: &Endpoints,
) -> anyhow::Result<Option<String>> {
    let is_own = matches!(endpoints.clickhouse, Server::Own(_));
    if !is_own || settings.has("engine.token") {
        return Ok(None);
    }
    secrets::get_or_create(home, "clickhouse").map(Some)
}

fn servers(around: &Surroundings<'_>, wanted: &Wanted<'_>) -> anyhow::Result<Stage> {
    let home = around.home;
    let mut components = Vec::new();
    if let (Server::Own(port), true, Transport::Kafka) = (
        &around.endpoints.kafka,
        wanted.is("kafka"),
        around.transport,
    ) {
        components.extend(kafka::components(
            home,
            *port,
            around.endpoints.kafka_controller,
            around.via,
        )?);
    }
    let own_postgres = match around.endpoints.postgres {
        Server::Own(port) if wanted.is("postgres") => Some(port),
        _ => None,
    };
    if let Some(port) = own_postgres {
        components.push(postgres::component(home, port)?);
    }
    if let (Server::Own(port), true) = (&around.endpoints.redis, wanted.is("redis")) {
        components.push(redis::component(home, *port, around.transport)?);
    }
    if let (Server::Own(port), true) = (&around.endpoints.clickhouse, wanted.is("clickhouse")) {
        components.push(clickhouse::component(
            home,
            around.settings,
            *port,
            around.token.clone(),
        )?);
    }
    Ok(Stage {
        components,
        then: preparations(around, wanted, own_postgres)?,
    })
}

/// What is done once the servers work and before the first service starts.
fn preparations(
    around: &Surroundings<'_>,
    wanted: &Wanted<'_>,
    own_postgres: Option<u16>,
) -> anyhow::Result<Vec<(String, Work)>> {
    let mut works: Vec<(String, Work)> = Vec::new();
    if let Some(port) = own_postgres {
        let home = around.home.clone();
        works.push((
            "creating database, roles and schemas".to_owned(),
            Box::new(move || postgres::ensure_roles(&home, port)),
        ));
    }
    for name in ["auth-api", "query-api", "consumer"] {
        if wanted.is(name) {
            let root = around.home.root().to_owned();
            let launch = around.launch(name)?.arguments(["migrate"]);
            works.push((
                format!("migrating the tables of {name}"),
                Box::new(move || child::run(&root, &launch, None).map(drop)),
            ));
        }
    }
    if wanted.is("auth-api") {
        let home = around.home.clone();
        let launch = around.launch("auth-api")?;
        works.push((
            "creating the first project".to_owned(),
            Box::new(move || bootstrap::ensure(&home, launch)),
        ));
    }
    Ok(works)
}

fn urls(endpoints: &Endpoints, stages: &[Stage]) -> Urls {
    let url = |name: &str, listen: &super::endpoints::Listen| {
        let runs = stages
            .iter()
            .flat_map(|stage| &stage.components)
            .any(|component| component.name == name);
        runs.then(|| listen.url())
    };
    Urls {
        capture_url: url("capture-api", &endpoints.capture),
        query_url: url("query-api", &endpoints.query),
        auth_url: url("auth-api", &endpoints.auth),
        realtime_url: url("realtime", &endpoints.realtime),
        dashboard_url: url("dashboard", &endpoints.dashboard),
    }
}

fn addresses(home: &Home, settings: &Settings, endpoints: &Endpoints) -> anyhow::Result<Servers> {
    let address = |server: &Server, own: &dyn Fn(u16) -> anyhow::Result<String>| match server {
        Server::Own(port) => own(*port),
        Server::External(address) => Ok(address.clone()),
    };
    let token = engine_token(home, settings, endpoints)?;
    Ok(Servers {
        kafka: Some(address(&endpoints.kafka, &|port| {
            Ok(kafka::addresses(home, port))
        })?),
        clickhouse_url: Some(address(&endpoints.clickhouse, &|port| {
            let login = token
                .as_ref()
                .map(|token| format!("default:{token}@"))
                .unwrap_or_default();
            Ok(format!("http://{login}127.0.0.1:{port}"))
        })?),
        postgres_url: Some(address(&endpoints.postgres, &|port| {
            let password =
                secrets::get_or_create(home, &postgres::secret_name(postgres::SUPERUSER))?;
            Ok(postgres::url(postgres::SUPERUSER, &password, port))
        })?),
        redis_url: Some(address(&endpoints.redis, &|port| {
            Ok(redis::url(&secrets::get_or_create(home, "redis")?, port))
        })?),
    })
}
