//! The shape of funnels.

use super::numbers::{fraction, mean_seconds, median_seconds, number};
use super::row_name;
use crate::query::compile::Key;
use crate::query::fold::funnel::Tally;
use crate::query::model::{Funnel, PersonsPage};
use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};

/// The result of a funnel. `split`: the keys of the breakdown's rows, and
/// their persons.
pub(crate) fn funnel(
    query: &Funnel,
    overall: &Tally,
    split: Option<(&[&str], &HashMap<Key, Tally>)>,
) -> Value {
    let mut result = counted(query, overall);
    if let Some((keys, tallies)) = split {
        let properties = query
            .breakdown
            .as_ref()
            .map_or(0, |breakdown| breakdown.by.properties.len());
        let rows = keys.iter().filter_map(|key| {
            let mut row = row_name(key, properties);
            row.extend(counted(
                query,
                tallies.get(*key).filter(|tally| !tally.is_empty())?,
            ));
            Some(Value::Object(row))
        });
        result.insert("breakdowns".to_owned(), rows.collect());
    }
    if let Some(buckets) = &query.over_time {
        let over_time = json!({
            "labels": buckets.labels(),
            "entered": overall.entered,
            "converted": overall.converted,
        });
        result.insert("over_time".to_owned(), over_time);
    }
    Value::Object(result)
}

/// Steps, and the histogram where it is asked for.
fn counted(query: &Funnel, tally: &Tally) -> Map<String, Value> {
    let first = tally.counts.first().copied().unwrap_or(0);
    let steps: Vec<Value> = query
        .steps
        .iter()
        .zip(tally.counts.iter().zip(&tally.gaps_ms))
        .enumerate()
        .map(|(index, (step, (count, gaps)))| {
            json!({
                "step": index + 1,
                "event": step.event,
                "count": count,
                "conversion": number(fraction(*count, first)),
                "average_seconds": mean_seconds(gaps).map(number),
                "median_seconds": median_seconds(gaps).map(number),
            })
        })
        .collect();
    let mut fields = Map::from_iter([("steps".to_owned(), steps.into())]);
    if query.histogram {
        let steps = tally.gaps_ms.iter().enumerate().skip(1);
        let histogram: Value = steps
            .map(|(to, gaps)| json!({"from_step": to, "to_step": to + 1, "bins": bins(gaps)}))
            .collect();
        fields.insert("histogram".to_owned(), histogram);
    }
    fields
}

/// Times by length: 0 to 1, 1 to 2, 2 to 4 … seconds, the upper end excluded,
/// up to the longest.
fn bins(gaps_ms: &[i64]) -> Vec<Value> {
    let mut counts: Vec<u64> = Vec::new();
    for gap in gaps_ms {
        let whole = u64::try_from(gap / 1_000).unwrap_or(0);
        let bin = usize::try_from(u64::BITS - whole.leading_zeros()).unwrap_or(0);
        if counts.len() <= bin {
            counts.resize(bin + 1, 0);
        }
        if let Some(count) = counts.get_mut(bin) {
            *count += 1;
        }
    }
    let bound = |bin: usize| if bin == 0 { 0 } else { 1_u64 << (bin - 1) };
    let bins = counts.into_iter().enumerate();
    bins.map(|(bin, count)| {
        json!({"from_seconds": bound(bin), "to_seconds": bound(bin + 1), "count": count})
    })
    .collect()
}

/// The result of a page of persons: those found, one more than a page when
/// there are more.
pub(crate) fn funnel_persons(page: &PersonsPage, mut found: BTreeMap<String, Vec<i64>>) -> Value {
    let has_more = found.len() > page.limit;
    if has_more {
        found.pop_last();
    }
    let next = found
        .last_key_value()
        .filter(|_| has_more)
        .map(|(id, _)| PersonsPage::encode(id));
    let persons: Vec<Value> = found
        .into_iter()
        .map(|(id, times)| {
            let times: Vec<String> = times.into_iter().map(instant).collect();
            json!({"distinct_id": id, "times": times})
        })
        .collect();
    json!({"persons": persons, "next": next})
}

fn instant(at_ms: i64) -> String {
    let at = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_fall_into_doubling_bins_whose_upper_end_is_excluded() {
        let counts = |gaps: &[i64]| -> Vec<u64> {
            bins(gaps)
                .iter()
                .filter_map(|bin| bin["count"].as_u64())
                .collect()
        };
        assert_eq!(
            counts(&[0, 999, 1_000, 1_999, 2_000, 3_999, 4_000]),
            [2, 2, 2, 1]
        );
        assert_eq!(counts(&[]), Vec::<u64>::new());
        assert_eq!(
            bins(&[8_000])[4],
            json!({"from_seconds": 8, "to_seconds": 16, "count": 1})
        );
    }
}
