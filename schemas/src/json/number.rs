//! Numbers: checked, never converted, so that every digit is kept.

/// What a literal is as a number.
pub(super) enum NumberForm {
    /// One that a double holds, exactly or nearly.
    Valid,
    /// Well-formed, and beyond what a double holds.
    OutOfRange,
    /// None.
    NotANumber,
}

/// Most digits before the point of a number that a double holds for sure.
const PLAIN_DIGITS_MAX: usize = 308;

/// Judges `literal` by JSON's grammar of numbers.
pub(super) fn number(literal: &[u8]) -> NumberForm {
    let digits = literal.strip_prefix(b"-").unwrap_or(literal);
    let whole = count_digits(digits);
    let has_bad_start = whole == 0 || (whole > 1 && digits.first() == Some(&b'0'));
    let mut rest = digits.get(whole..).unwrap_or_default();
    if has_bad_start {
        return NumberForm::NotANumber;
    }
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = count_digits(fraction);
        if count == 0 {
            return NumberForm::NotANumber;
        }
        rest = fraction.get(count..).unwrap_or_default();
    }
    let mut may_overflow = whole > PLAIN_DIGITS_MAX;
    if let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let exponent = exponent
            .strip_prefix(b"+")
            .or_else(|| exponent.strip_prefix(b"-"))
            .unwrap_or(exponent);
        if exponent.is_empty() {
            return NumberForm::NotANumber;
        }
        rest = exponent.get(count_digits(exponent)..).unwrap_or_default();
        may_overflow = true;
    }
    if !rest.is_empty() {
        return NumberForm::NotANumber;
    }
    if may_overflow && !is_finite(literal) {
        return NumberForm::OutOfRange;
    }
    NumberForm::Valid
}

/// The bytes of the number that `text` starts with, when it is of the usual
/// form: whole, or with a fraction, and short enough that a double holds it. 0
/// for anything else, of which [`number`] knows.
pub(super) fn plain_number_length(text: &[u8]) -> usize {
    let sign = usize::from(text.first() == Some(&b'-'));
    let mut at = sign;
    while text.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    let whole = at - sign;
    let is_padded = whole > 1 && text.get(sign) == Some(&b'0');
    if whole == 0 || whole > PLAIN_DIGITS_MAX || is_padded {
        return 0;
    }
    if text.get(at) != Some(&b'.') {
        return at;
    }
    let point = at;
    at += 1;
    while text.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    if at - point > 1 { at } else { 0 }
}

fn count_digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn is_finite(literal: &[u8]) -> bool {
    std::str::from_utf8(literal)
        .ok()
        .and_then(|text| text.parse::<f64>().ok())
        .is_some_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_plain_is_valid(text in "-?[0-9]{0,4}\\.?[0-9]{0,3}[eE]?[-+x,.]?[0-9]{0,2}") {
            let text = text.as_bytes();
            let plain = plain_number_length(text);
            let literal = text.get(..plain).unwrap();
            prop_assert!(plain == 0 || matches!(number(literal), NumberForm::Valid));
            let is_whole = matches!(number(text), NumberForm::Valid) && !text.iter().any(u8::is_ascii_alphabetic);
            prop_assert!(!is_whole || plain == text.len());
        }
    }

    #[test]
    fn long_numbers_are_left_to_the_judge() {
        assert_eq!(plain_number_length("9".repeat(308).as_bytes()), 308);
        assert_eq!(plain_number_length("9".repeat(309).as_bytes()), 0);
    }
}
