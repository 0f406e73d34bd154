//! The bucket of an instant, as an index.

use crate::query::bindings::Bindings;

/// An event's time in milliseconds since 1970.
pub(super) const EVENT_MS: &str = "toUnixTimestamp64Milli(timestamp)";

/// Buckets of another length than the others, at most, for dividing to be
/// cheaper than looking up.
const ODD_BUCKETS: usize = 8;

/// The index (from 0) of the last of `starts` that is not after the instant
/// `at`, an expression in milliseconds; the instant must not lie before the
/// first. The starts ascend.
pub(super) fn index_sql(at: &str, starts: &[i64], bindings: &mut Bindings) -> String {
    let Some((first, rest)) = starts.split_first() else {
        return "toInt64(0)".to_owned();
    };
    if rest.is_empty() {
        return "toInt64(0)".to_owned();
    }
    if let Some((width, shifts)) = even_but_for(starts) {
        // The last bucket may be longer than the others.
        let last = i64::try_from(starts.len() - 1).unwrap_or(i64::MAX);
        let (first, width) = (bindings.integer(*first), bindings.integer(width));
        let mut since = format!("{at} - {first}");
        for (from, shift) in shifts {
            let (from, shift) = (bindings.integer(from), bindings.integer(shift));
            since.push_str(&format!(" + ({at} >= {from}) * {shift}"));
        }
        let last = bindings.integer(last);
        return format!("least(intDiv({since}, {width}), {last})");
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

/// The width of buckets that are all equally long but for a few, as local days
/// are but for those on which clocks change; and how far, from which instant
/// on, the time must be shifted so that dividing by the width is right.
fn even_but_for(starts: &[i64]) -> Option<(i64, Vec<(i64, i64)>)> {
    let widths: Vec<(i64, i64)> = starts
        .iter()
        .zip(starts.iter().skip(1))
        .map(|(start, next)| (*start, next - start))
        .collect();
    let mut sorted: Vec<i64> = widths.iter().map(|(_, width)| *width).collect();
    sorted.sort_unstable();
    let width = *sorted.get(sorted.len() / 2)?;
    let odd: Vec<(i64, i64)> = widths
        .into_iter()
        .filter(|(_, own)| *own != width)
        // A longer one stands still at its beginning, a shorter one leaps at
        // its end.
        .map(|(start, own)| {
            let from = if own > width { own - width } else { own };
            (start + from, width - own)
        })
        .collect();
    let is_even = width > 0
        && odd.len() <= ODD_BUCKETS
        // A bucket twice as long would still be cut in two.
        && odd.iter().all(|(_, shift)| *shift > -width);
    is_even.then_some((width, odd))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the expression of even buckets works out.
    fn divided(starts: &[i64], at: i64) -> i64 {
        let (width, shifts) = even_but_for(starts).unwrap();
        let shifted: i64 = shifts
            .iter()
            .filter(|(from, _)| at >= *from)
            .map(|(_, shift)| shift)
            .sum();
        ((at - starts[0] + shifted) / width).min(starts.len() as i64 - 1)
    }

    #[test]
    fn a_few_odd_buckets_are_shifted_right() {
        for starts in [
            vec![0, 10, 20, 30],
            vec![0, 10, 19, 29, 39],
            vec![0, 10, 21, 31, 41],
            vec![0, 9, 19, 30, 40, 50],
            vec![0, 10, 10, 20, 30],
            vec![5, 15, 34, 44, 54, 63, 73],
        ] {
            for at in starts[0]..starts[starts.len() - 1] + 25 {
                let expected = starts.partition_point(|start| *start <= at) as i64 - 1;
                assert_eq!(divided(&starts, at), expected, "{starts:?} {at}");
            }
        }
        assert!(even_but_for(&[0, 10, 30, 40, 50]).is_none());
        let uneven: Vec<i64> = (0..30).map(|n| n * n).collect();
        assert!(even_but_for(&uneven).is_none());
    }

    #[test]
    fn even_buckets_are_divided_and_uneven_ones_looked_up() {
        let mut bindings = Bindings::new();
        assert_eq!(index_sql("t", &[5], &mut bindings), "toInt64(0)");
        assert!(index_sql("t", &[0, 10, 20], &mut bindings).starts_with("least(intDiv(t - "));
        let uneven: Vec<i64> = (0..30).map(|n| n * n).collect();
        assert!(index_sql("t", &uneven, &mut bindings).starts_with("transform(roundDown(t, "));
    }
}
