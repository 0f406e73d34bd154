//! `millrace status`, and the summary at the end of `up`.

use std::process::ExitCode;
use std::time::Duration;

use chrono::Utc;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use serde_json::json;

use crate::args::Status;
use crate::home::Home;
use crate::launch::{Credentials, Phase, ServicePhase, ServiceState, StackState};
use crate::output;
use crate::process::{unshared_memory, unshared_memory_of_one};

/// One process as `status` shows it.
#[derive(Debug, Serialize)]
struct Line {
    name: String,
    pid: Option<u32>,
    state: &'static str,
    /// Where it can be reached.
    address: String,
    memory_bytes: u64,
    restarts: u32,
    detail: Option<String>,
}

pub(super) async fn run(home: &Home, options: Status) -> anyhow::Result<ExitCode> {
    let Some(state) = StackState::read(home) else {
        if options.json {
            output::json(&json!({"phase": "stopped", "services": []}))?;
        }
        output::note(format_args!(
            "no stack has run in {}: start one with `millrace up`",
            home.root().display()
        ));
        return Ok(ExitCode::FAILURE);
    };
    if options.exports {
        print_exports(&state);
        return Ok(ExitCode::SUCCESS);
    }
    let runs = state.launcher_is_alive();
    let mut lines = Vec::new();
    for service in &state.services {
        lines.push(look_at(service, runs).await);
    }
    let is_well = runs
        && state.phase == Phase::Running
        && lines
            .iter()
            .all(|line| line.state == ServicePhase::Ready.text());
    if options.json {
        print_json(home, &state, &lines, runs)?;
    } else {
        print_table(home, &state, &lines, runs);
    }
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The process as it is now: what the launcher recorded, and what the process itself answers.
async fn look_at(service: &ServiceState, launcher_runs: bool) -> Line {
    let alive = service.process.filter(|process| process.is_alive());
    let mut phase = service.state;
    let mut detail = None;
    if alive.is_none() && matches!(phase, ServicePhase::Ready | ServicePhase::Starting) {
        phase = if launcher_runs {
            ServicePhase::Restarting
        } else {
            ServicePhase::Stopped
        };
    }
    if phase == ServicePhase::Ready
        && let Err(error) = service.probe.ask().await
    {
        phase = ServicePhase::NotReady;
        detail = Some(format!("{error:#}"));
    }
    if phase != ServicePhase::Ready && detail.is_none() {
        detail.clone_from(&service.last_end);
    }
    Line {
        name: service.name.clone(),
        pid: alive.map(|process| process.pid),
        state: phase.text(),
        address: service.probe.address().to_owned(),
        memory_bytes: alive.map_or(0, |process| unshared_memory(process.pid)),
        restarts: service.restarts,
        detail,
    }
}

/// Memory of the launcher without its children, and of everything.
fn total(state: &StackState, lines: &[Line], runs: bool) -> (u64, u64) {
    let launcher = if runs {
        unshared_memory_of_one(state.launcher.pid)
    } else {
        0
    };
    (
        launcher,
        launcher + lines.iter().map(|line| line.memory_bytes).sum::<u64>(),
    )
}

/// The servers as tests look for them. Generated passwords hold nothing that a shell would interpret.
fn print_exports(state: &StackState) {
    let servers = &state.servers;
    for (name, value) in [
        ("KAFKA", &servers.kafka),
        ("CLICKHOUSE_URL", &servers.clickhouse_url),
        ("POSTGRES_URL", &servers.postgres_url),
        ("REDIS_URL", &servers.redis_url),
    ] {
        if let Some(value) = value {
            output::data(format_args!("export MILLRACE_TEST_{name}='{value}'"));
        }
    }
}

fn print_json(home: &Home, state: &StackState, lines: &[Line], runs: bool) -> anyhow::Result<()> {
    let credentials = Credentials::read(home);
    let (launcher, total) = total(state, lines, runs);
    let owner = credentials.as_ref();
    output::json(&json!({
        "capture_url": state.urls.capture_url,
        "query_url": state.urls.query_url,
        "auth_url": state.urls.auth_url,
        "realtime_url": state.urls.realtime_url,
        "dashboard_url": state.urls.dashboard_url,
        "project_id": owner.map(|made| &made.project_id),
        "write_key": owner.map(|made| &made.write_key),
        "read_key": owner.map(|made| &made.read_key),
        "account": owner.map(|made| json!({"email": made.email, "password_file": Credentials::password_file(home)})),
        "phase": if runs { json!(state.phase) } else { json!("stopped") },
        "transport": state.transport,
        "home": home.root(),
        "ready_after_ms": state.ready_after_ms,
        "services": lines,
        "launcher": {"pid": runs.then_some(state.launcher.pid), "memory_bytes": launcher},
        "memory_bytes": total,
        "servers": state.servers,
    }))
}

fn print_table(home: &Home, state: &StackState, lines: &[Line], runs: bool) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["service", "pid", "state", "memory", "restarts", ""]);
    for line in lines {
        table.add_row([
            line.name.clone(),
            line.pid.map(|pid| pid.to_string()).unwrap_or_default(),
            line.state.to_owned(),
            output::bytes(line.memory_bytes),
            line.restarts.to_string(),
            line.detail.clone().unwrap_or_default(),
        ]);
    }
    let (launcher, total) = total(state, lines, runs);
    let pid = if runs {
        state.launcher.pid.to_string()
    } else {
        String::new()
    };
    table.add_row([
        "launcher",
        &pid,
        if runs { "ready" } else { "stopped" },
        &output::bytes(launcher),
        "",
        "",
    ]);
    table.add_row(["total", "", "", &output::bytes(total), "", ""]);
    for column in [1, 3, 4] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    output::data(table.trim_fmt());
    if let Some(problem) = state
        .problem
        .as_ref()
        .filter(|_| state.phase == Phase::Failed)
    {
        output::note(format_args!("\nThe last start failed: {problem}"));
    }
    if runs {
        output::data("");
        print_addresses(home, state);
    }
}

fn print_addresses(home: &Home, state: &StackState) {
    let urls = &state.urls;
    for (name, url) in [
        ("capture", &urls.capture_url),
        ("query", &urls.query_url),
        ("accounts", &urls.auth_url),
        ("realtime", &urls.realtime_url),
        ("dashboard", &urls.dashboard_url),
    ] {
        if let Some(url) = url {
            output::data(format_args!("{name:<11}{url}"));
        }
    }
    if let Some(made) = Credentials::read(home) {
        output::data(format_args!("{:<11}{}", "project", made.project_id));
        output::data(format_args!("{:<11}{}", "write key", made.write_key));
        output::data(format_args!("{:<11}{}", "read key", made.read_key));
        output::data(format_args!(
            "{:<11}{}, password in {}",
            "login",
            made.email,
            Credentials::password_file(home).display()
        ));
    }
}

/// What a person wants to know once everything works.
pub(super) fn summary(home: &Home, state: &StackState, took: Duration) {
    output::data(format_args!(
        "Millrace is up after {:.1} s ({} as transport).\n",
        took.as_secs_f64(),
        state.transport.name()
    ));
    print_addresses(home, state);
    let (Some(capture), Some(made)) = (&state.urls.capture_url, Credentials::read(home)) else {
        return;
    };
    output::data(format_args!(
        "\nSend an event:\n  curl -sS {capture}/capture -H 'X-API-Key: {}' \\\n    -d '{{\"event\":\"hello\",\"distinct_id\":\"me\"}}'",
        made.write_key
    ));
    if let Some(query) = &state.urls.query_url {
        let today = Utc::now().format("%Y-%m-%d");
        output::data(format_args!(
            "\nSee it in a trend:\n  curl -sS '{query}/api/trends?event=hello&interval=day&date_from={today}&date_to={today}' \\\n    -H 'X-API-Key: {}'",
            made.read_key
        ));
    }
}
