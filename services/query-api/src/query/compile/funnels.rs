//! Funnels: each person's events of interest as one row, in time order.
//!
//! What a funnel counts (ties in either order, different events, the best
//! start, exclusions, strictness) is folded from these rows in
//! [`crate::query::fold`]; docs/decisions says why not in the engine.

use super::bucket::EVENT_MS;
use super::keys::{key_sql, unset_key};
use super::order::EVENT_ORDER;
use super::read::{Read, any_selector, selector_condition};
use super::statement;
use crate::query::bindings::Bindings;
use crate::query::model::{Attribution, Funnel, Order, Selector};
use warehouse::read::Statement;

/// An event: time in milliseconds, bits of the steps and of the exclusions
/// that it matches, key (empty unless attributed to a step).
pub(crate) type FunnelEvent = (i64, u32, u32, String);

/// The bits of a packed event that are left for steps and exclusions: times
/// until 2100 take 42.
const MARK_BITS: usize = 21;

/// Whether each event of a funnel's rows is one number: numbers are grouped
/// several times faster than tuples. The others are [`FunnelEvent`]s.
pub(crate) fn is_packed(query: &Funnel) -> bool {
    let by_step = query
        .breakdown
        .as_ref()
        .is_some_and(|breakdown| matches!(breakdown.attribution, Attribution::Step(_)));
    !by_step && query.steps.len() + query.exclusions.len() <= MARK_BITS
}

/// Reads a packed event.
pub(crate) fn unpack(query: &Funnel, packed: u64) -> FunnelEvent {
    let low = |value: u64| u32::try_from(value & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    let marks = packed & ((1 << MARK_BITS) - 1);
    let steps = marks & ((1 << query.steps.len()) - 1);
    let at = i64::try_from(packed >> MARK_BITS).unwrap_or(i64::MAX);
    (
        at,
        low(steps),
        low(marks >> query.steps.len()),
        String::new(),
    )
}

/// Rows: one a person: the key (empty when nobody's value is known), the id
/// (empty unless persons are asked for), and the events in any order.
pub(crate) fn funnel(query: &Funnel) -> Statement {
    let mut bindings = Bindings::new();
    let span = query.frame.span;
    let steps = bits(query.steps.iter(), &mut bindings);
    let exclusions = bits(
        query.exclusions.iter().map(|exclusion| &exclusion.selector),
        &mut bindings,
    );
    let (key, event_key) = keys(query, &steps, &mut bindings);
    let id = if query.persons.is_some() {
        "any(distinct_id)"
    } else {
        "''"
    };
    let events = if is_packed(query) {
        let shift = query.steps.len();
        format!(
            "groupArray(bitShiftLeft(toUInt64({EVENT_MS}), {MARK_BITS}) + {steps} + bitShiftLeft({exclusions}, {shift}))"
        )
    } else {
        format!("groupArray(({EVENT_MS}, {steps}, {exclusions}, {event_key}))")
    };
    let mut read = Read::new((span.from_ms, span.to_ms), &mut bindings);
    if query.order != Order::Strict {
        let all = query
            .steps
            .iter()
            .chain(query.exclusions.iter().map(|exclusion| &exclusion.selector));
        read = read.and(any_selector(all, &mut bindings));
    }
    let read = read.filtered(&query.frame.filters, &mut bindings);
    // Without a first step nobody gets anywhere in an ordered funnel.
    let needed = match query.order {
        Order::Ordered | Order::Strict => format!("bitAnd({steps}, 1)"),
        Order::Unordered | Order::Simple => steps.clone(),
    };
    let text = format!(
        "SELECT {key} AS key, {id} AS person, {events} AS events {} \
         GROUP BY person_id HAVING max({needed}) > 0",
        read.sql()
    );
    statement(text, bindings)
}

/// A number with bit i set when selector i takes the event.
fn bits<'a>(selectors: impl Iterator<Item = &'a Selector>, bindings: &mut Bindings) -> String {
    let parts: Vec<String> = selectors
        .enumerate()
        .map(|(index, selector)| {
            format!(
                "toUInt64({}) * {}",
                selector_condition(selector, bindings),
                1_u32 << index
            )
        })
        .collect();
    if parts.is_empty() {
        "toUInt64(0)".to_owned()
    } else {
        format!("toUInt64({})", parts.join(" + "))
    }
}

/// The key of a person and that of an event.
fn keys(query: &Funnel, steps: &str, bindings: &mut Bindings) -> (String, String) {
    let Some(breakdown) = &query.breakdown else {
        return ("''".to_owned(), "''".to_owned());
    };
    let key = key_sql(Some(&breakdown.by), bindings);
    let pick = match breakdown.attribution {
        Attribution::FirstTouch => "argMinIf",
        Attribution::LastTouch => "argMaxIf",
        Attribution::Step(step) => {
            let event = format!("if(bitTest({steps}, {step}), {key}, '')");
            return ("''".to_owned(), event);
        }
    };
    let unset = bindings.text(unset_key(breakdown.by.properties.len()));
    let known = format!("{steps} > 0 AND {key} != {unset}");
    (
        format!("{pick}({key}, {EVENT_ORDER}, {known})"),
        "''".to_owned(),
    )
}
