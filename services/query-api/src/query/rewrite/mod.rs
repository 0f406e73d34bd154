//! Small rewrites of a query into a simpler one with the same answer.

use super::model::{Display, Funnel, Math, Order, Trends};
use super::parse::Parsed;
use super::time::Interval;

/// A rewrite under its name.
type Rewrite<T> = (&'static str, fn(&mut T));

/// All rewrites of trends, by their names, in their order.
const TRENDS: &[Rewrite<Trends>] = &[
    (
        "rolling_of_long_buckets_is_unique",
        rolling_of_long_buckets_is_unique,
    ),
    ("a_total_accumulates_nothing", a_total_accumulates_nothing),
];

/// All rewrites of funnels, by their names, in their order.
const FUNNELS: &[Rewrite<Funnel>] = &[(
    "a_simple_funnel_excludes_nothing",
    a_simple_funnel_excludes_nothing,
)];

/// Applies every rewrite.
pub(crate) fn all(mut parsed: Parsed) -> Parsed {
    match &mut parsed {
        Parsed::Trends(trends) => apply(TRENDS, trends),
        Parsed::Funnels(funnel) | Parsed::FunnelPersons(funnel) => apply(FUNNELS, funnel),
        _ => {}
    }
    parsed
}

fn apply<T>(rewrites: &[Rewrite<T>], query: &mut T) {
    for (name, rewrite) in rewrites {
        tracing::trace!(rewrite = name);
        rewrite(query);
    }
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

/// Each step is counted by itself: there is no attempt that could be spoiled.
fn a_simple_funnel_excludes_nothing(funnel: &mut Funnel) {
    if funnel.order == Order::Simple {
        funnel.exclusions.clear();
    }
}
