//! Funnels: how far persons come through steps.

use super::{Breakdown, Frame, Selector};
use crate::query::time::Buckets;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// How far persons come through steps.
#[derive(Debug, Clone)]
pub struct Funnel {
    /// Range and filters. What the filters remove does not exist.
    pub frame: Frame,
    /// The steps, two or more.
    pub steps: Vec<Selector>,
    /// The longest time from the first step to the last, in milliseconds.
    pub window_ms: i64,
    /// In which order the steps must be done.
    pub order: Order,
    /// Events that spoil an attempt.
    pub exclusions: Vec<Exclusion>,
    /// How persons are told apart.
    pub breakdown: Option<FunnelBreakdown>,
    /// Whether the times to convert are counted by length.
    pub histogram: bool,
    /// The buckets in which attempts start, when they are asked for.
    pub over_time: Option<Buckets>,
    /// Which persons are asked for, in place of numbers.
    pub persons: Option<PersonsPage>,
}

/// In which order the steps of a funnel must be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// One after the other; others may come in between.
    Ordered,
    /// One after the other without any other event in between.
    Strict,
    /// In any order, inside one window.
    Unordered,
    /// Each step by itself.
    Simple,
}

impl Order {
    /// All, by the names of the contract.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("ordered", Self::Ordered),
        ("strict", Self::Strict),
        ("unordered", Self::Unordered),
        ("simple", Self::Simple),
    ];
}

/// An event that spoils an attempt when it lies between two steps.
#[derive(Debug, Clone)]
pub struct Exclusion {
    /// The event.
    pub selector: Selector,
    /// The step after which it counts, from 0.
    pub from_step: usize,
    /// The step before which it counts, from 0.
    pub to_step: usize,
}

/// How the persons of a funnel are told apart.
#[derive(Debug, Clone)]
pub struct FunnelBreakdown {
    /// The properties.
    pub by: Breakdown,
    /// Which of a person's events names the value.
    pub attribution: Attribution,
}

/// Which of a person's events names the value of a breakdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribution {
    /// The first that matches a step and has a value.
    FirstTouch,
    /// The last that matches a step and has a value.
    LastTouch,
    /// Every event of this step (from 0): a person counts once for each value.
    Step(usize),
}

/// Which persons of a funnel are asked for.
#[derive(Debug, Clone)]
pub struct PersonsPage {
    /// The step, from 0.
    pub step: usize,
    /// Those who reached it, or those who reached the one before but not it.
    pub reached: bool,
    /// How many.
    pub limit: usize,
    /// Those after this one, in the order of their ids.
    pub after: Option<String>,
}

impl PersonsPage {
    /// The cursor that asks for the persons after `distinct_id`.
    pub fn encode(distinct_id: &str) -> String {
        URL_SAFE_NO_PAD.encode(distinct_id)
    }

    /// The person that a cursor names.
    pub fn decode(cursor: &str) -> Option<String> {
        URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
    }
}
