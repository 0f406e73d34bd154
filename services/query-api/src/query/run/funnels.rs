//! Running funnels.

use super::breakdown::Tops;
use super::rows::each;
use crate::engine::Source;
use crate::query::RunError;
use crate::query::binary::Bytes;
use crate::query::compile::{self, FunnelEvent, Key, OTHER, unset_key};
use crate::query::fold::funnel::{Person, Rules, Tally, best_chain, plain};
use crate::query::model::{Attribution, Funnel, Order, PersonsPage};
use crate::query::shape::{funnel, funnel_persons};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Events of a person in time order.
type Events = [FunnelEvent];

/// What is counted of all persons.
struct Counted {
    overall: Tally,
    by_key: HashMap<Key, Tally>,
}

/// Counts how far persons come.
pub(super) async fn run(query: &Funnel, source: &dyn Source) -> Result<Value, RunError> {
    let mut counted = count(query, source, None).await?;
    let Some(breakdown) = &query.breakdown else {
        return Ok(funnel(query, &counted.overall, None));
    };
    counted.by_key.retain(|_, tally| !tally.is_empty());
    let tops = ranked(&counted.by_key, breakdown.by.limit);
    if let Some(keys) = tops.limiting() {
        match breakdown.attribution {
            // A person has one value: the rest adds up.
            Attribution::FirstTouch | Attribution::LastTouch => {
                share_the_rest(query, &mut counted.by_key, keys);
            }
            Attribution::Step(_) => {
                let keys: HashSet<Key> = keys.iter().cloned().collect();
                counted = count(query, source, Some(&keys)).await?;
            }
        }
    }
    Ok(funnel(
        query,
        &counted.overall,
        Some((&tops.rows(), &counted.by_key)),
    ))
}

/// The values with rows of their own: most persons at the first step first.
fn ranked(by_key: &HashMap<Key, Tally>, limit: usize) -> Tops {
    let first = |tally: &Tally| tally.counts.first().copied().unwrap_or(0);
    let mut ranked: Vec<(&Key, u64)> = by_key
        .iter()
        .map(|(key, tally)| (key, first(tally)))
        .collect();
    ranked.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| a.cmp(b)));
    Tops::of(
        ranked.into_iter().map(|(key, _)| key.clone()).collect(),
        limit,
    )
}

fn share_the_rest(query: &Funnel, by_key: &mut HashMap<Key, Tally>, keys: &[Key]) {
    let own: HashSet<&Key> = keys.iter().collect();
    let rest: Vec<Key> = by_key
        .keys()
        .filter(|key| !own.contains(key))
        .cloned()
        .collect();
    let mut other = Tally::of(query.steps.len(), None);
    for key in rest {
        if let Some(tally) = by_key.remove(&key) {
            other.merge(tally);
        }
    }
    by_key.insert(OTHER.to_owned(), other);
}

async fn count(
    query: &Funnel,
    source: &dyn Source,
    tops: Option<&HashSet<Key>>,
) -> Result<Counted, RunError> {
    let rules = Rules::of(query);
    let steps = query.steps.len();
    let buckets = query.over_time.as_ref();
    if buckets.is_none() && plain::is_plain(&rules) && compile::is_packed(query) {
        return count_plain(query, source, &rules).await;
    }
    let mut counted = Counted {
        overall: Tally::of(steps, buckets),
        by_key: HashMap::new(),
    };
    let unset = unset_key(
        query
            .breakdown
            .as_ref()
            .map_or(0, |breakdown| breakdown.by.properties.len()),
    );
    each_person(query, source, |key, _, events| {
        let whole = person(&rules, events);
        counted.overall.add(&rules, &whole, buckets);
        let mut add = |key: &str, person: &Person| {
            let tally = counted.by_key.entry(key.to_owned());
            tally
                .or_insert_with(|| Tally::of(steps, None))
                .add(&rules, person, None);
        };
        match query
            .breakdown
            .as_ref()
            .map(|breakdown| breakdown.attribution)
        {
            None => {}
            Some(Attribution::Step(step)) => {
                for (key, person) in persons_by_step_value(&rules, events, step, tops) {
                    add(&key, &person);
                }
            }
            Some(_) => add(if key.is_empty() { &unset } else { key }, &whole),
        }
    })
    .await?;
    Ok(counted)
}

/// Counts an ordered funnel whose persons have one value each, if any.
async fn count_plain(
    query: &Funnel,
    source: &dyn Source,
    rules: &Rules,
) -> Result<Counted, RunError> {
    let mut counted = Counted {
        overall: Tally::of(rules.steps, None),
        by_key: HashMap::new(),
    };
    let breakdown = query.breakdown.as_ref();
    let unset = unset_key(breakdown.map_or(0, |breakdown| breakdown.by.properties.len()));
    let (mut packed, mut chain) = (Vec::new(), Vec::new());
    each(source, compile::funnel(query), |row| {
        let (key, _) = (row.text()?, row.text()?);
        row.list_into(&mut packed, Bytes::unsigned)?;
        packed.sort_unstable();
        let events = packed.iter().map(|event| compile::unpack(query, *event));
        let steps = events.clone().map(|(at, steps, _, _)| (at, steps));
        if !plain::best_chain(rules, steps, &mut chain) {
            let events: Vec<FunnelEvent> = events.collect();
            chain = best_chain(rules, &person(rules, &events));
        }
        counted.overall.add_chain(&chain);
        if breakdown.is_some() {
            let key = if key.is_empty() { &unset } else { &*key };
            let tally = counted.by_key.entry(key.to_owned());
            tally
                .or_insert_with(|| Tally::of(rules.steps, None))
                .add_chain(&chain);
        }
        Some(())
    })
    .await?;
    Ok(counted)
}

/// Hands out every person with their events in time order.
async fn each_person(
    query: &Funnel,
    source: &dyn Source,
    mut with: impl FnMut(&str, &str, &Events) + Send,
) -> Result<(), RunError> {
    let is_packed = compile::is_packed(query);
    each(source, compile::funnel(query), |row| {
        let (key, id) = (row.text()?, row.text()?);
        let events = if is_packed {
            let mut packed = row.list(Bytes::unsigned)?;
            // Time is in the upper bits; what is below has no order of its own.
            packed.sort_unstable();
            let events = packed.into_iter();
            events.map(|event| compile::unpack(query, event)).collect()
        } else {
            let mut events = row.list(event)?;
            events.sort_unstable();
            events
        };
        with(&key, &id, &events);
        Some(())
    })
    .await
}

fn event(row: &mut Bytes<'_>) -> Option<FunnelEvent> {
    let bits = |row: &mut Bytes<'_>| row.unsigned().map(|bits| u32::try_from(bits).unwrap_or(0));
    let at = row.integer()?;
    Some((at, bits(row)?, bits(row)?, row.text()?.into_owned()))
}

/// The person once for each value that the events of a step carry, each time
/// without that step's events of other values.
fn persons_by_step_value(
    rules: &Rules,
    events: &Events,
    step: usize,
    tops: Option<&HashSet<Key>>,
) -> Vec<(Key, Person)> {
    let row_of = |key: &Key| match tops {
        Some(tops) if !tops.contains(key) => OTHER.to_owned(),
        _ => key.clone(),
    };
    let of_step = |steps: u32| steps >> step & 1 == 1;
    let mut keys: BTreeMap<Key, Vec<FunnelEvent>> = BTreeMap::new();
    for (_, _, _, key) in events.iter().filter(|event| of_step(event.1)) {
        keys.entry(row_of(key)).or_default();
    }
    for (key, kept) in &mut keys {
        kept.extend(
            events
                .iter()
                .filter(|event| !of_step(event.1) || row_of(&event.3) == *key)
                .cloned(),
        );
    }
    keys.into_iter()
        .map(|(key, events)| (key, person(rules, &events)))
        .collect()
}

fn person(rules: &Rules, events: &Events) -> Person {
    let events = events
        .iter()
        .map(|(at, steps, exclusions, _)| (*at, *steps, *exclusions));
    Person::new(events, rules.exclusions.len(), rules.order == Order::Strict)
}

/// Names the persons who reached a step, or who did not.
pub(super) async fn run_persons(query: &Funnel, source: &dyn Source) -> Result<Value, RunError> {
    let Some(page) = &query.persons else {
        return Err(RunError::Shape(
            "a page of persons without a step".to_owned(),
        ));
    };
    let rules = Rules::of(query);
    // The persons of the page, by id; never more than one beyond it.
    let mut found: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    each_person(query, source, |_, id, events| {
        if page.after.as_deref().is_some_and(|after| id <= after) {
            return;
        }
        if let Some(times) = times_on_page(&rules, page, &person(&rules, events)) {
            found.insert(id.to_owned(), times);
            if found.len() > page.limit + 1 {
                found.pop_last();
            }
        }
    })
    .await?;
    Ok(funnel_persons(page, found))
}

/// The times of a person's chain, when the person belongs on the page.
fn times_on_page(rules: &Rules, page: &PersonsPage, person: &Person) -> Option<Vec<i64>> {
    if rules.order == Order::Simple {
        let done = person.all_steps();
        let has = |step: usize| done >> step & 1 == 1;
        let belongs = match page.step.checked_sub(1) {
            Some(before) if !page.reached => has(before) && !has(page.step),
            _ => has(page.step),
        };
        let shown = if page.reached {
            page.step
        } else {
            page.step.saturating_sub(1)
        };
        let first = person
            .groups
            .iter()
            .find(|group| group.masks.iter().any(|mask| mask >> shown & 1 == 1));
        return belongs.then(|| first.map(|group| group.at).into_iter().collect());
    }
    let chain = best_chain(rules, person);
    let belongs = if page.reached {
        chain.len() > page.step
    } else {
        chain.len() == page.step
    };
    belongs.then_some(chain)
}
