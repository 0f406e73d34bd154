//! The bucket of an instant, as an index.

use crate::query::bindings::Bindings;

/// An event's time in milliseconds since 1970.
pub(super) const EVENT_MS: &str = "toUnixTimestamp64Milli(timestamp)";

/// The index (from 0) of the last of `starts` that is not after the instant
/// `at`, an expression in milliseconds; the instant must not lie before the
/// first. The starts ascend.
pub(super) fn index_sql(at: &str, starts: &[i64], bindings: &mut Bindings) -> String {
    let Some((first, rest)) = starts.split_first() else {
        return "toInt64(0)".to_owned();
    };
    let Some(second) = rest.first() else {
        return "toInt64(0)".to_owned();
    };
    let width = second - first;
    if width > 0
        && starts
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if b - a == width))
    {
        // The last bucket may be longer than the others.
        let last = i64::try_from(starts.len() - 1).unwrap_or(i64::MAX);
        let (first, width) = (bindings.integer(*first), bindings.integer(width));
        let last = bindings.integer(last);
        return format!("least(intDiv({at} - {first}, {width}), {last})");
    }
    // Of starts that are equal (a zone may skip a whole day) the last counts.
    let mut unique: Vec<(i64, i64)> = Vec::with_capacity(starts.len());
    for (index, start) in (0_i64..).zip(starts) {
        match unique.last_mut() {
            Some(last) if last.0 == *start => last.1 = index,
            _ => unique.push((*start, index)),
        }
    }
    let (starts, indexes): (Vec<i64>, Vec<i64>) = unique.into_iter().unzip();
    let (starts, indexes) = (bindings.integers(starts), bindings.integers(indexes));
    format!("transform(roundDown({at}, {starts}), {starts}, {indexes}, toInt64(-1))")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_buckets_are_divided_and_uneven_ones_looked_up() {
        let mut bindings = Bindings::new();
        assert_eq!(index_sql("t", &[5], &mut bindings), "toInt64(0)");
        assert!(index_sql("t", &[0, 10, 20], &mut bindings).starts_with("least(intDiv(t - "));
        assert!(index_sql("t", &[0, 10, 21], &mut bindings).starts_with("transform(roundDown(t, "));
        assert!(index_sql("t", &[0, 10, 10], &mut bindings).starts_with("transform("));
    }
}
