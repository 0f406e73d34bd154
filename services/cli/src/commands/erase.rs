//! `millrace erase`: the end of a project's events.

use std::process::ExitCode;

use event_schema::ids::ProjectId;
use serde_json::json;
use warehouse::Warehouse;

use crate::args;
use crate::client::Stores;
use crate::home::Home;
use crate::output::{self, Failure};

use super::projects::confirm;

pub(super) async fn run(home: &Home, options: &args::Erase) -> anyhow::Result<ExitCode> {
    if !options.yes {
        confirm("erases every event of", &options.project.to_string())?;
    }
    let warehouse = Warehouse::connect(&Stores::of(home)?.clickhouse);
    let erased = warehouse
        .erase(ProjectId(options.project))
        .await
        .map_err(|error| Failure::unreachable(format!("the warehouse does not answer: {error}")))?;
    if options.json {
        output::json(&json!({"project_id": options.project, "erased": erased}))?;
    } else {
        output::data(format_args!("{erased} events erased"));
    }
    Ok(ExitCode::SUCCESS)
}
