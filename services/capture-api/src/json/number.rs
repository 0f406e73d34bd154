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
    let mut may_overflow = whole > 308;
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

fn count_digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn is_finite(literal: &[u8]) -> bool {
    std::str::from_utf8(literal)
        .ok()
        .and_then(|text| text.parse::<f64>().ok())
        .is_some_and(f64::is_finite)
}
