//! A request that was understood: any type of query, ready to run.

use super::hints::Names;
use super::{Context, Request, ScopedSource};
use crate::query::{self, Approximate, Fault, Query, RunError};
use crate::reads::{self, Catalogue, Events, Live, Persons, Trace};
use crate::seed::{self, Form};
use serde_json::value::{RawValue, to_raw_value};
use warehouse::read::Statement;

/// A request that was understood.
#[derive(Debug, Clone)]
pub struct Plan {
    what: What,
    /// The old shape that the result takes, when it was asked for in the old
    /// form.
    form: Option<Form>,
    /// The names it asks for, where an empty answer may be a wrong name.
    names: Names,
}

#[derive(Debug, Clone)]
enum What {
    Query(Query),
    Events(Events),
    Persons(Persons),
    Catalogue(Catalogue),
    Live(Live),
    Trace(Trace),
}

/// A plan's result, before it is put into its envelope.
#[derive(Debug)]
pub struct Outcome {
    /// The result, in the contract's shape for its type.
    pub result: Box<RawValue>,
    /// How it was approximated, when it was.
    pub approximate: Option<Approximate>,
}

/// Every type of query.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    query::KINDS
        .iter()
        .chain(reads::KINDS)
        .chain(seed::KINDS)
        .copied()
}

impl Plan {
    /// Reads a request. Faults are named with the paths of a body with `type`
    /// and `params`.
    pub fn parse(request: &Request, context: &Context) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let (kind, params) = (request.kind.as_str(), &request.params);
        if let Some(old) = seed::translate(kind, params, &mut faults) {
            let query = query::parse(old.kind, &old.params, context).map_err(|more| {
                faults.extend(more.into_iter().map(|fault| renamed(fault, &old.form)));
            });
            return match query {
                Ok(query) if faults.is_empty() => Ok(Self {
                    what: What::Query(query),
                    form: Some(old.form),
                    names: Names::of(params),
                }),
                _ => Err(faults),
            };
        }
        let what = match kind {
            "events" => Events::parse(params, context, &mut faults).map(What::Events),
            "persons" => Persons::parse(params, context, &mut faults).map(What::Persons),
            "catalogue" => Catalogue::parse(params, context, &mut faults).map(What::Catalogue),
            "live" => Live::parse(params, context, &mut faults).map(What::Live),
            "trace" => Some(What::Trace(Trace::parse(params, context, &mut faults))),
            _ if query::KINDS.contains(&kind) => {
                return query::parse(kind, params, context).map(|query| Self {
                    what: What::Query(query),
                    form: None,
                    names: Names::of(params),
                });
            }
            _ => return Err(vec![unknown(kind)]),
        };
        match what {
            Some(what) if faults.is_empty() => Ok(Self {
                what,
                form: None,
                names: Names::default(),
            }),
            _ => Err(faults),
        }
    }

    /// The latest events of all times.
    pub fn recent(limit: usize, context: &Context) -> Self {
        Self {
            what: What::Events(reads::recent(limit, context)),
            form: None,
            names: Names::default(),
        }
    }

    /// The type that answers.
    pub fn kind(&self) -> &'static str {
        match &self.what {
            What::Query(query) => query.kind(),
            What::Events(_) => "events",
            What::Persons(_) => "persons",
            What::Catalogue(_) => "catalogue",
            What::Live(_) => "live",
            What::Trace(_) => "trace",
        }
    }

    /// The old shape that the result takes, if any.
    pub fn form(&self) -> Option<&Form> {
        self.form.as_ref()
    }

    /// The names it asks for.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// The statements that are known before it runs.
    pub fn statements(&self) -> Vec<Statement> {
        match &self.what {
            What::Query(query) => query.statements(),
            What::Events(events) => events.statements(),
            What::Persons(persons) => persons.statements(),
            What::Catalogue(catalogue) => catalogue.statements(),
            What::Live(live) => live.statements(),
            What::Trace(trace) => trace.statements(),
        }
    }

    /// Runs it.
    pub async fn run(&self, source: &ScopedSource) -> Result<Outcome, RunError> {
        let exact = |result| Outcome {
            result,
            approximate: None,
        };
        match &self.what {
            What::Query(query) => {
                let answer = Box::pin(query.run(source)).await?;
                let result = to_raw_value(&answer.result)
                    .map_err(|error| RunError::Shape(error.to_string()))?;
                Ok(Outcome {
                    result,
                    approximate: answer.approximate,
                })
            }
            What::Events(events) => events.run(source).await.map(exact),
            What::Persons(persons) => persons.run(source).await.map(exact),
            What::Catalogue(catalogue) => catalogue.run(source).await.map(exact),
            What::Live(live) => live
                .run(source, source.open_sessions().await)
                .await
                .map(exact),
            What::Trace(trace) => trace.run(source.reading(), source.topic()).await.map(exact),
        }
    }
}

/// A fault under the name that the old form has for its place.
fn renamed(fault: Fault, form: &Form) -> Fault {
    Fault {
        path: format!("params.{}", form.path(&fault.path)),
        ..fault
    }
}

fn unknown(kind: &str) -> Fault {
    let known: Vec<&str> = kinds().collect();
    Fault {
        path: "type".to_owned(),
        code: "unknown_type",
        detail: format!(
            "there is no type {kind:?}; these are answered: {}",
            known.join(", ")
        ),
    }
}
