//! The query model: parse, rewrite, compile, run, shape.

use crate::engine::{Context, Source};
use serde_json::Value;
use warehouse::read::{ReadError, Statement};

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

/// One fault of a request, with the JSON path of its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The place, as in `params.steps[1].event`.
    pub path: String,
    /// What is wrong, for programs.
    pub code: &'static str,
    /// What is wrong, for people.
    pub detail: String,
}

/// A parsed query.
#[derive(Debug, Clone)]
pub struct Query;

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
pub fn parse(_kind: &str, _params: &Value, _context: &Context) -> Result<Query, Vec<Fault>> {
    Err(vec![Fault {
        path: "type".to_owned(),
        code: "unknown",
        detail: "no such type of query".to_owned(),
    }])
}

impl Query {
    /// The query's type.
    pub fn kind(&self) -> &'static str {
        "trends"
    }

    /// The instants it reads.
    pub fn range(&self) -> Range {
        Range { from_ms: 0, to_ms: 0 }
    }

    /// The statements that are known before it runs.
    pub fn statements(&self) -> Vec<Statement> {
        Vec::new()
    }

    /// Runs it.
    pub async fn run(&self, _source: &dyn Source) -> Result<Answer, RunError> {
        Err(RunError::Shape("not built".to_owned()))
    }
}
