//! Filters: conditions on one event, shared by every query.
//!
//! A property that is not set makes every negative operator true and every
//! other one false; values compare as text, apart from numbers and dates.

mod parse;
mod regex;
mod sql;

use super::property::Property;

pub use parse::{FilterRules, parse};

/// Conditions that must all hold.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    /// The conditions.
    pub(crate) all: Vec<Node>,
}

/// A condition or a group of them.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// One condition.
    Leaf(Condition),
    /// At least one holds.
    Any(Vec<Node>),
    /// Every one holds.
    All(Vec<Node>),
}

/// One condition on one property.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    /// The property.
    pub(crate) property: Property,
    /// What its value must be.
    pub(crate) test: Test,
    /// Whether the test must fail (which it does when nothing is set).
    pub(crate) negated: bool,
    /// Where the condition stands in the request.
    pub(crate) path: String,
}

/// What the value of a property is tested for.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    /// It is one of these texts.
    OneOf(Vec<String>),
    /// It contains this text, whatever the case.
    Contains(String),
    /// This regular expression matches somewhere in it.
    Matches(String),
    /// It is set.
    Set,
    /// It is a number that compares like this.
    Number(Comparison, Operand),
    /// It is a date before this instant, in microseconds since 1970.
    Before(i64, chrono_tz::Tz),
    /// It is a date after this instant, in microseconds since 1970.
    After(i64, chrono_tz::Tz),
}

/// A comparison of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
    /// Less.
    Less,
    /// Less or equal.
    LessOrEqual,
}

/// What a number is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    /// A number that a double holds exactly enough.
    Number(f64),
    /// A whole number with more digits than a double holds, as text.
    Wide(String),
    /// Something that is no number: nothing compares with it.
    NotANumber,
}

impl Filters {
    /// Whether there are no conditions.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Every regular expression with its path: only the engine knows whether
    /// it compiles.
    pub fn patterns(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        collect_patterns(&self.all, &mut found);
        found
    }
}

fn collect_patterns(nodes: &[Node], found: &mut Vec<(String, String)>) {
    for node in nodes {
        match node {
            Node::Any(nodes) | Node::All(nodes) => collect_patterns(nodes, found),
            Node::Leaf(Condition {
                test: Test::Matches(pattern),
                path,
                ..
            }) => {
                found.push((format!("{path}.value"), pattern.clone()));
            }
            Node::Leaf(_) => {}
        }
    }
}
