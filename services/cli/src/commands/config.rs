//! `millrace config`: each service prints its own configuration, in the
//! environment that the launcher gives it.

use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

use crate::args;
use crate::home::{Home, service_binary};
use crate::launch::{Endpoints, Options, Plan, StackState, environment_of};
use crate::output;
use crate::settings::Settings;

const SERVICES: [&str; 7] = [
    "auth-api",
    "capture-api",
    "consumer",
    "query-api",
    "realtime",
    "dashboard",
    "clickhouse-embedded",
];

pub(super) fn run(home: &Home, options: &args::Config) -> anyhow::Result<ExitCode> {
    let settings = Settings::load(home)?;
    let offset = StackState::read(home).map_or(0, |state| state.port_offset);
    let endpoints = Endpoints::resolve(&settings, offset)?;
    let transport = Plan::transport(&settings, &Options::default())?;
    let chosen: Vec<&'static str> = match &options.service {
        Some(name) => match SERVICES.into_iter().find(|known| known == name) {
            Some(known) => vec![known],
            None => bail!(
                "{name} has no configuration of its own; there are {}",
                SERVICES.join(", ")
            ),
        },
        None => SERVICES.to_vec(),
    };
    let mut is_complete = true;
    for name in chosen {
        let environment = environment_of(home, &settings, &endpoints, transport, name)?;
        let printed = Command::new(service_binary(name)?)
            .arg("config")
            .envs(environment)
            .output()
            .with_context(|| format!("running {name} config"))?;
        if options.service.is_none() {
            output::data(format_args!("# {name}"));
        }
        output::raw(&String::from_utf8_lossy(&printed.stdout));
        if !printed.status.success() {
            is_complete = false;
            output::note(String::from_utf8_lossy(&printed.stderr));
        }
    }
    Ok(if is_complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
