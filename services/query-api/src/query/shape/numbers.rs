//! Numbers of answers.

use serde_json::Value;

/// Up to here a double holds every whole number.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A number, without a fraction where it has none. What no number holds is 0.
pub(super) fn number(value: f64) -> Value {
    if !value.is_finite() {
        return Value::from(0);
    }
    if value.fract() == 0.0 && value.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and exactly held")]
        return Value::from(value as i64);
    }
    Value::from(value)
}

/// Milliseconds as seconds.
#[expect(
    clippy::cast_precision_loss,
    reason = "times between events are far below 2^53 ms"
)]
pub(super) fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1_000.0
}

/// The mean of milliseconds, in seconds; `None` of nothing.
#[expect(
    clippy::cast_precision_loss,
    reason = "sums of times are far below 2^53 ms"
)]
pub(super) fn mean_seconds(milliseconds: &[i64]) -> Option<f64> {
    if milliseconds.is_empty() {
        return None;
    }
    let sum: i64 = milliseconds.iter().sum();
    Some(sum as f64 / milliseconds.len() as f64 / 1_000.0)
}

/// The median of milliseconds, in seconds: the mean of the two in the middle
/// of an even number. `None` of nothing.
pub(super) fn median_seconds(milliseconds: &[i64]) -> Option<f64> {
    let mut sorted = milliseconds.to_vec();
    sorted.sort_unstable();
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(seconds(upper));
    }
    let lower = *sorted.get(sorted.len() / 2 - 1)?;
    Some(seconds(lower + upper) / 2.0)
}

/// `part` of `whole` as a fraction; 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "a fraction")]
pub(super) fn fraction(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_in_the_middle() {
        assert_eq!(median_seconds(&[2_000, 1_000]), Some(1.5));
        assert_eq!(median_seconds(&[3_000, 1_000, 2_000]), Some(2.0));
        assert_eq!(median_seconds(&[]), None);
        assert_eq!(mean_seconds(&[1_000, 2_001]), Some(1.5005));
    }

    #[test]
    fn whole_numbers_have_no_fraction() {
        assert_eq!(number(3.0).to_string(), "3");
        assert_eq!(number(1.5).to_string(), "1.5");
        assert_eq!(number(f64::NAN).to_string(), "0");
    }
}
