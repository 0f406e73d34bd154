//! Small rewrites of a query into a simpler one with the same answer.

use super::model::{Display, Math, Trends};
use super::parse::Parsed;
use super::time::Interval;

/// A rewrite of trends.
type TrendRewrite = fn(&mut Trends);

/// All rewrites of trends, by their names, in their order.
const TRENDS: &[(&str, TrendRewrite)] = &[
    (
        "rolling_of_long_buckets_is_unique",
        rolling_of_long_buckets_is_unique,
    ),
    ("a_total_accumulates_nothing", a_total_accumulates_nothing),
];

/// Applies every rewrite.
pub(crate) fn all(mut parsed: Parsed) -> Parsed {
    if let Parsed::Trends(trends) = &mut parsed {
        for (name, rewrite) in TRENDS {
            tracing::trace!(rewrite = name);
            rewrite(trends);
        }
    }
    parsed
}

/// `wau` and `mau` of weeks and months are the same as `unique`.
fn rolling_of_long_buckets_is_unique(trends: &mut Trends) {
    let is_long = matches!(trends.interval, Interval::Week | Interval::Month);
    if !is_long || trends.display == Display::TotalValue {
        return;
    }
    for series in &mut trends.series {
        if matches!(series.math, Math::Rolling { .. }) {
            series.math = Math::Unique;
        }
    }
}

/// The value of the whole range is its own running sum.
fn a_total_accumulates_nothing(trends: &mut Trends) {
    if trends.display == Display::TotalValue {
        trends.cumulative = false;
    }
}
