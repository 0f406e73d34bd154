//! The query model: parse, rewrite, compile, run, shape.
//!
//! Reading order: [`fields`] and `parse` make the `model` of a request or name
//! all its faults; `rewrite` simplifies it; `compile` makes statements of it;
//! `run` sends them, `fold` works out what needs a person's events in order,
//! and `shape` makes the result.

mod binary;
pub mod bindings;
mod compile;
mod fault;
pub mod fields;
pub mod filter;
mod fold;
pub mod model;
pub mod page;
mod parse;
pub mod property;
mod rewrite;
mod run;
mod shape;
pub mod time;

use crate::engine::{Context, Source};
use serde_json::Value;
use warehouse::read::{ReadError, Statement};

pub use fault::Fault;
pub use model::Frame;
use parse::Parsed;
pub use parse::frame;
pub use time::Span;

/// The types of query that this module answers.
pub const KINDS: &[&str] = &[
    "trends",
    "funnels",
    "funnel_persons",
    "retention",
    "stickiness",
    "lifecycle",
    "paths",
    "sessions",
];

/// A parsed query.
#[derive(Debug, Clone)]
pub struct Query {
    parsed: Parsed,
}

/// The instants that a query reads, milliseconds since 1970, end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first instant.
    pub from_ms: i64,
    /// The first instant after the range.
    pub to_ms: i64,
}

/// A query's answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The result, in the contract's shape for its type.
    pub result: Value,
    /// How the result was approximated, when it was.
    pub approximate: Option<Approximate>,
}

/// How a result was approximated.
#[derive(Debug, Clone, PartialEq)]
pub struct Approximate {
    /// The method's name.
    pub method: &'static str,
    /// The expected relative error.
    pub relative_error: f64,
}

/// Why a parsed query did not answer.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A read failed.
    #[error("failed to read")]
    Read(#[from] ReadError),
    /// The engine's rows do not have the promised shape.
    #[error("unexpected rows: {0}")]
    Shape(String),
    /// A fault of the request that showed only now.
    #[error("the request is wrong")]
    Rejected(Vec<Fault>),
}

/// Reads a request; all its faults at once.
pub fn parse(kind: &str, params: &Value, context: &Context) -> Result<Query, Vec<Fault>> {
    let parsed = parse::parse(kind, params, context)?;
    Ok(Query {
        parsed: rewrite::all(parsed),
    })
}

impl Query {
    /// The query's type.
    pub fn kind(&self) -> &'static str {
        match &self.parsed {
            Parsed::Trends(_) => "trends",
            Parsed::Funnels(_) => "funnels",
            Parsed::FunnelPersons(_) => "funnel_persons",
            Parsed::Retention(_) => "retention",
            Parsed::Stickiness(_) => "stickiness",
            Parsed::Lifecycle(_) => "lifecycle",
            Parsed::Paths(_) => "paths",
            Parsed::Sessions(_) => "sessions",
        }
    }

    /// The instants it reads, looking back included.
    pub fn range(&self) -> Range {
        run::range(&self.parsed)
    }

    /// The statements that are known before it runs: what a breakdown adds
    /// when it has more values than rows is not among them.
    pub fn statements(&self) -> Vec<Statement> {
        run::statements(&self.parsed)
    }

    /// Runs it. What does not depend on another answer is asked at once.
    pub async fn run(&self, source: &dyn Source) -> Result<Answer, RunError> {
        run::check_patterns(&self.parsed, source).await?;
        let result = run::run(&self.parsed, source).await?;
        // Every measure is exact: nothing is sampled or estimated.
        Ok(Answer {
            result,
            approximate: None,
        })
    }
}
