//! Trends: a number for each bucket.

use super::{Breakdown, Formula, Frame, Selector};
use crate::query::property::Property;
use crate::query::time::{Buckets, Interval};

/// Numbers of events or persons over time.
#[derive(Debug, Clone)]
pub struct Trends {
    /// Range and filters.
    pub frame: Frame,
    /// The length of a bucket.
    pub interval: Interval,
    /// The buckets of the range.
    pub buckets: Buckets,
    /// The buckets of the range that it is compared with.
    pub earlier: Option<Earlier>,
    /// The series, A first.
    pub series: Vec<Series>,
    /// How each series is broken down.
    pub breakdown: Option<Breakdown>,
    /// What is computed from the series; answered in their place.
    pub formula: Option<Formula>,
    /// Whether each bucket holds what came up to its end.
    pub cumulative: bool,
    /// A number for each bucket or one for the range.
    pub display: Display,
}

/// The range that a trend is compared with.
#[derive(Debug, Clone)]
pub struct Earlier {
    /// The range itself, with the filters.
    pub frame: Frame,
    /// Its buckets.
    pub buckets: Buckets,
}

/// A number for each bucket or one for the whole range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Display {
    /// For each bucket.
    TimeSeries,
    /// For the range.
    TotalValue,
}

/// One series of a trend.
#[derive(Debug, Clone)]
pub struct Series {
    /// The events.
    pub selector: Selector,
    /// What is computed of them.
    pub math: Math,
    /// What it is called in the answer.
    pub label: String,
}

/// What is computed of the events of a bucket.
#[derive(Debug, Clone)]
pub enum Math {
    /// How many there are.
    Total,
    /// How many persons did them.
    Unique,
    /// How many persons did them in this many local days ending with the bucket.
    Rolling {
        /// The days.
        days: u64,
    },
    /// How many persons did the first of them ever.
    FirstTime,
    /// A measure of a property's numbers.
    Numeric(Numeric, Property),
}

/// A measure of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Numeric {
    /// Their sum.
    Sum,
    /// Their mean.
    Average,
    /// The least.
    Minimum,
    /// The greatest.
    Maximum,
    /// A quantile, interpolated linearly, both ends included.
    Quantile(f64),
}

impl Math {
    /// Whether a running sum over buckets has a meaning.
    pub fn can_accumulate(&self) -> bool {
        matches!(
            self,
            Self::Total | Self::Unique | Self::Numeric(Numeric::Sum, _)
        )
    }
}
