//! RFC 3339 as clients write it: with an offset, `Z`, or neither (UTC); any
//! number of fraction digits, of which three are kept.

use event_schema::envelope::parse_instant;

/// Milliseconds since the epoch; `None` when it is no such time.
#[must_use]
pub fn parse_timestamp(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if let Some(ms) = parse_instant(bytes) {
        return Some(ms);
    }
    let (date_time, rest) = bytes.split_at_checked(19)?;
    if !matches!(date_time.get(10), Some(b'T' | b't' | b' ')) {
        return None;
    }
    let (fraction, offset) = split_fraction(rest)?;
    let mut whole = *b"0000-00-00T00:00:00.000Z";
    whole.get_mut(..19)?.copy_from_slice(date_time);
    *whole.get_mut(10)? = b'T';
    whole.get_mut(20..23)?.copy_from_slice(&fraction);
    // A leap second is the first of the next minute.
    let is_leap_second = whole.get(17..19)? == b"60";
    if is_leap_second {
        whole.get_mut(17..19)?.copy_from_slice(b"59");
    }
    let ms = parse_instant(&whole)?;
    let leap = if is_leap_second { 1_000 } else { 0 };
    Some(ms + leap - offset_ms(offset)?)
}

/// The first three digits behind a point, and what follows them all.
fn split_fraction(rest: &[u8]) -> Option<([u8; 3], &[u8])> {
    let mut digits = *b"000";
    let Some(fraction) = rest.strip_prefix(b".") else {
        return Some((digits, rest));
    };
    let count = fraction
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if count == 0 {
        return None;
    }
    for (digit, byte) in digits.iter_mut().zip(fraction.get(..count)?) {
        *digit = *byte;
    }
    Some((digits, fraction.get(count..)?))
}

fn offset_ms(offset: &[u8]) -> Option<i64> {
    let (sign, hours, minutes) = match offset {
        [] | [b'Z' | b'z'] => return Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] | [sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
            (*sign, pair(*h1, *h2)?, pair(*m1, *m2)?)
        }
        _ => return None,
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let ms = (hours * 60 + minutes) * 60_000;
    Some(if sign == b'-' { -ms } else { ms })
}

fn pair(tens: u8, ones: u8) -> Option<i64> {
    let digit = |byte: u8| char::from(byte).to_digit(10).map(i64::from);
    Some(digit(tens)? * 10 + digit(ones)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_spelling_of_one_instant() {
        for text in [
            "2026-01-31T12:00:00.123Z",
            "2026-01-31T12:00:00.1234567Z",
            "2026-01-31t12:00:00.123z",
            "2026-01-31 12:00:00.123",
            "2026-01-31T13:30:00.123+01:30",
            "2026-01-31T13:30:00.123+0130",
            "2026-01-31T04:00:00.123-08:00",
        ] {
            assert_eq!(parse_timestamp(text), Some(1_769_860_800_123), "{text}");
        }
        assert_eq!(parse_timestamp("1970-01-01T00:00:00"), Some(0));
        assert_eq!(
            parse_timestamp("2016-12-31T23:59:60Z"),
            Some(1_483_228_800_000)
        );
        assert_eq!(
            parse_timestamp("2026-01-31T12:00:00.5Z"),
            Some(1_769_860_800_500)
        );
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "yesterday",
            "1700000000",
            "2026-01-31",
            "2026-01-31T12:00",
            "2026-01-31T12:00:00.Z",
            "2026-01-31T12:00:00+1",
            "2026-01-31T12:00:00+24:00",
            "2026-02-30T12:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T12:00:61Z",
            "2026-01-31X12:00:00Z",
            "12026-01-31T12:00:00Z",
            "2026-01-31T12:00:00ÄZ",
        ] {
            assert_eq!(parse_timestamp(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = parse_timestamp(&text);
        }

        #[test]
        fn agrees_with_the_calendar_library(ms in 0_i64..4_102_444_800_000, minutes in -1439_i32..1440) {
            let offset = chrono::FixedOffset::east_opt(minutes * 60).unwrap();
            let text = chrono::DateTime::from_timestamp_millis(ms).unwrap().with_timezone(&offset).to_rfc3339();
            prop_assert_eq!(parse_timestamp(&text), Some(ms));
        }
    }
}
