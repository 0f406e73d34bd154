//! `millrace query`: questions, answered as tables with a little chart.

use std::io::Read;
use std::process::ExitCode;

use anyhow::Context;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Map, Value, json};

use crate::args;
use crate::client::{Connection, bar, sparkline};
use crate::home::Home;
use crate::output;

/// Characters of a full bar.
const BAR: usize = 40;

pub(super) async fn run(home: &Home, options: &args::Query) -> anyhow::Result<ExitCode> {
    let connection = Connection::new(home, &options.target);
    let (body, show): (Value, fn(&Value)) = match &options.question {
        args::Question::Trends(question) => (trends(question), show_trends),
        args::Question::Funnel(question) => (funnel(question), show_funnel),
        args::Question::Raw { body } => (raw(body.as_deref())?, |_| {}),
    };
    let answer = connection.query(&body).await?;
    let is_raw = matches!(options.question, args::Question::Raw { .. });
    if options.json || is_raw {
        output::json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    show(&answer["result"]);
    output::note(format_args!(
        "complete until {}, {} rows read in {} ms{}",
        answer["complete_until"].as_str().unwrap_or("unknown"),
        answer["rows_read"],
        answer["elapsed_ms"],
        if answer["cached"].as_bool() == Some(true) {
            " (cached)"
        } else {
            ""
        },
    ));
    Ok(ExitCode::SUCCESS)
}

fn raw(body: Option<&str>) -> anyhow::Result<Value> {
    let text = match body {
        Some(text) if text != "-" => text.to_owned(),
        _ => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .context("reading the question")?;
            text
        }
    };
    serde_json::from_str(&text).context("the question is no JSON")
}

fn range(range: &args::Range) -> Map<String, Value> {
    let mut params = Map::new();
    for (key, value) in [
        ("date_from", &range.from),
        ("date_to", &range.to),
        ("timezone", &range.timezone),
    ] {
        if let Some(value) = value {
            params.insert(key.to_owned(), json!(value));
        }
    }
    params.insert("refresh".to_owned(), json!(true));
    params
}

fn trends(question: &args::Trends) -> Value {
    let events: Vec<Value> = if question.events.is_empty() {
        vec![Value::Null]
    } else {
        question.events.iter().map(|event| json!(event)).collect()
    };
    let series: Vec<Value> = events
        .into_iter()
        .map(|event| {
            let mut series = json!({"event": event, "math": question.math});
            if let Some(property) = &question.property {
                series["property"] = json!(property);
            }
            series
        })
        .collect();
    let mut params = range(&question.range);
    params.insert("series".to_owned(), json!(series));
    params.insert("interval".to_owned(), json!(question.interval));
    if !question.breakdown.is_empty() {
        params.insert(
            "breakdown".to_owned(),
            json!({"properties": question.breakdown}),
        );
    }
    json!({"type": "trends", "params": params})
}

fn funnel(question: &args::Funnel) -> Value {
    let mut params = range(&question.range);
    let steps: Vec<Value> = question
        .steps
        .iter()
        .map(|event| json!({"event": event}))
        .collect();
    params.insert("steps".to_owned(), json!(steps));
    params.insert(
        "window_seconds".to_owned(),
        json!(question.window.as_secs()),
    );
    params.insert("order".to_owned(), json!(question.order));
    json!({"type": "funnels", "params": params})
}

/// One series: a row a bucket with a bar. Several: a row a series with a sparkline.
fn show_trends(result: &Value) {
    let labels: Vec<&str> = result["labels"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let series: Vec<&Value> = result["series"].as_array().into_iter().flatten().collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if let [one] = series.as_slice() {
        let values = numbers(&one["data"]);
        let largest = values.iter().copied().fold(0.0, f64::max);
        table.set_header(["", &name(one), ""]);
        for (label, value) in labels.iter().zip(&values) {
            table.add_row([(*label).to_owned(), text(*value), bar(*value, largest, BAR)]);
        }
    } else {
        table.set_header([
            "",
            "total",
            &format!(
                "{} to {}",
                labels.first().unwrap_or(&""),
                labels.last().unwrap_or(&"")
            ),
        ]);
        for one in series {
            let values = numbers(&one["data"]);
            table.add_row([name(one), text(values.iter().sum()), sparkline(&values)]);
        }
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    output::data(table.trim_fmt());
}

fn show_funnel(result: &Value) {
    let steps: Vec<&Value> = result["steps"].as_array().into_iter().flatten().collect();
    let largest = steps
        .first()
        .and_then(|step| step["count"].as_f64())
        .unwrap_or(0.0);
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["step", "persons", "reached", "median time", ""]);
    for step in steps {
        let count = step["count"].as_f64().unwrap_or(0.0);
        let conversion = step["conversion"].as_f64().unwrap_or(0.0) * 100.0;
        table.add_row([
            step["event"].as_str().unwrap_or("(any)").to_owned(),
            text(count),
            format!("{conversion:.1} %"),
            step["median_seconds"]
                .as_f64()
                .map(duration)
                .unwrap_or_default(),
            bar(count, largest, BAR),
        ]);
    }
    for column in 1..=3 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    output::data(table.trim_fmt());
}

fn name(series: &Value) -> String {
    let label = series["label"]
        .as_str()
        .or_else(|| series["event"].as_str())
        .unwrap_or("(any)");
    match &series["breakdown"] {
        Value::Array(values) => {
            let values: Vec<&str> = values
                .iter()
                .map(|value| value.as_str().unwrap_or("(not set)"))
                .collect();
            format!("{label}: {}", values.join(", "))
        }
        _ if series["other"].as_bool() == Some(true) => format!("{label}: (other)"),
        _ => label.to_owned(),
    }
}

fn numbers(data: &Value) -> Vec<f64> {
    match data {
        Value::Array(values) => values
            .iter()
            .map(|value| value.as_f64().unwrap_or(0.0))
            .collect(),
        one => one.as_f64().into_iter().collect(),
    }
}

/// Whole numbers without a point, others with two digits.
fn text(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 120.0 => format!("{seconds:.0} s"),
        seconds if seconds < 7200.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 172_800.0 => format!("{:.1} h", seconds / 3600.0),
        seconds => format!("{:.1} d", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_naturally() {
        assert_eq!(duration(95.0), "95 s");
        assert_eq!(duration(600.0), "10 min");
        assert_eq!(duration(9000.0), "2.5 h");
        assert_eq!(duration(259_200.0), "3.0 d");
    }

    #[test]
    fn series_are_named_by_their_breakdown() {
        assert_eq!(
            name(&json!({"label": "buy", "breakdown": ["web", null]})),
            "buy: web, (not set)"
        );
        assert_eq!(
            name(&json!({"label": "buy", "breakdown": null, "other": true})),
            "buy: (other)"
        );
        assert_eq!(name(&json!({"label": "buy", "breakdown": null})), "buy");
    }
}
