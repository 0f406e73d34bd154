//! Funnels: each person's events of interest as one row, in time order.
//!
//! What a funnel counts (ties in either order, different events, the best
//! start, exclusions, strictness) is folded from these rows in
//! [`crate::query::fold`]; docs/decisions says why not in the engine.

use super::bucket::EVENT_MS;
use super::keys::{key_sql, unset_key};
use super::read::{Read, any_selector, selector_condition};
use super::statement;
use crate::query::bindings::Bindings;
use crate::query::model::{Attribution, Funnel, Order, Selector};
use warehouse::read::Statement;

/// One person: the key (empty when nobody's value is known), the id (empty
/// unless persons are asked for), and the events: time in milliseconds, bits
/// of the steps and of the exclusions that they match, key (empty unless
/// attributed to a step).
pub(crate) type FunnelRow = (String, String, Vec<(i64, u32, u32, String)>);

/// Rows: [`FunnelRow`].
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
        "SELECT {key} AS key, {id} AS person, \
         arraySort(groupArray(({EVENT_MS}, {steps}, {exclusions}, {event_key}))) AS events {} \
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
                "toUInt32({}) * {}",
                selector_condition(selector, bindings),
                1_u32 << index
            )
        })
        .collect();
    if parts.is_empty() {
        "toUInt32(0)".to_owned()
    } else {
        format!("toUInt32({})", parts.join(" + "))
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
        format!("{pick}({key}, (timestamp, toString(uuid)), {known})"),
        "''".to_owned(),
    )
}
