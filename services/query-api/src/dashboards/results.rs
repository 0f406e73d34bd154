//! Running the widgets of a dashboard together.

use super::Dashboard;
use super::dashboard::Widget;
use crate::engine::{Engine, Failure, Plan, Request, instant};
use crate::present;
use event_schema::ids::ProjectId;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::Duration;

/// How old a widget's answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// As old as the widget's own params allow.
    AsAsked,
    /// Computed now.
    Fresh,
    /// At least so old: for who has no credential, and so no limit of its own.
    AtLeast(Duration),
}

impl Age {
    fn of(self, asked: Duration) -> Duration {
        match self {
            Self::AsAsked => asked,
            Self::Fresh => Duration::ZERO,
            Self::AtLeast(age) => asked.max(age),
        }
    }
}

/// A dashboard with the results of its widgets.
#[derive(Debug, Serialize)]
pub struct WithResults {
    /// The dashboard.
    pub dashboard: Dashboard,
    /// Its widgets, in their order.
    pub widgets: Vec<WidgetResult>,
}

/// A widget's result, or what it died of.
#[derive(Debug, Serialize)]
pub struct WidgetResult {
    index: usize,
    #[serde(rename = "type")]
    kind: String,
    params: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Arc<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    complete_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cached: Option<bool>,
}

/// Runs the widgets together. One that fails spoils only itself.
pub async fn with_results(engine: &Engine, dashboard: Dashboard, age: Age) -> WithResults {
    let project = dashboard.project;
    let widgets = dashboard.widgets().0.into_iter().enumerate();
    let results = widgets.map(|(index, widget)| run(engine, project, index, widget, age));
    WithResults {
        widgets: futures::future::join_all(results).await,
        dashboard,
    }
}

async fn run(
    engine: &Engine,
    project: ProjectId,
    index: usize,
    widget: Widget,
    age: Age,
) -> WidgetResult {
    let mut result = WidgetResult {
        index,
        kind: widget.kind.clone(),
        params: widget.params.clone(),
        data: None,
        error: None,
        code: None,
        complete_until: None,
        cached: None,
    };
    match answer(engine, project, widget, age).await {
        Ok((data, complete_until, cached)) => {
            result.data = Some(data);
            result.complete_until = complete_until;
            result.cached = Some(cached);
        }
        Err(failure) => {
            result.error = Some(failure.detail());
            result.code = Some(failure.code());
        }
    }
    result
}

type Answered = (Arc<RawValue>, Option<String>, bool);

async fn answer(
    engine: &Engine,
    project: ProjectId,
    widget: Widget,
    age: Age,
) -> Result<Answered, Failure> {
    let mut faults = Vec::new();
    let mut request = Request::new(&widget.kind, widget.params, "params", &mut faults);
    request.max_age = age.of(request.max_age);
    if !faults.is_empty() {
        return Err(Failure::Invalid(faults));
    }
    let plan = Plan::parse(&request, &engine.context()).map_err(Failure::Invalid)?;
    let served = engine.answer(project, &request, plan.clone()).await?;
    let data = present::inner(&plan, &served).ok_or(Failure::Internal)?;
    Ok((
        data,
        served.envelope.complete_until.map(instant),
        served.cached,
    ))
}
