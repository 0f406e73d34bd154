//! Instants on the wire: `2026-01-31T23:59:59.999Z`, always these 24 bytes, so
//! that the hot path neither allocates nor consults a calendar library.

const MS_PER_DAY: i64 = 86_400_000;

/// The instant as text; `ms` is milliseconds since the epoch, within the
/// years 0000 to 9999.
#[must_use]
pub fn format_instant(ms: i64) -> [u8; 24] {
    let (year, month, day) = civil_of_days(ms.div_euclid(MS_PER_DAY));
    let mut rest = ms.rem_euclid(MS_PER_DAY);
    let mut out = *b"0000-00-00T00:00:00.000Z";
    digits(&mut out[20..23], rest % 1000);
    rest /= 1000;
    digits(&mut out[17..19], rest % 60);
    rest /= 60;
    digits(&mut out[14..16], rest % 60);
    digits(&mut out[11..13], rest / 60);
    digits(&mut out[8..10], day);
    digits(&mut out[5..7], month);
    digits(&mut out[0..4], year);
    out
}

/// Milliseconds since the epoch of text in exactly the form that
/// [`format_instant`] writes; `None` for any other.
#[must_use]
pub fn parse_instant(text: &[u8]) -> Option<i64> {
    let shape = text.len() == 24
        && [
            (4, b'-'),
            (7, b'-'),
            (10, b'T'),
            (13, b':'),
            (16, b':'),
            (19, b'.'),
            (23, b'Z'),
        ]
        .iter()
        .all(|&(at, byte)| text[at] == byte);
    if !shape {
        return None;
    }
    let year = number(&text[0..4])?;
    let month = number(&text[5..7]).filter(|month| (1..=12).contains(month))?;
    let day = number(&text[8..10]).filter(|day| (1..=days_in_month(year, month)).contains(day))?;
    let hour = number(&text[11..13]).filter(|hour| *hour < 24)?;
    let minute = number(&text[14..16]).filter(|minute| *minute < 60)?;
    let second = number(&text[17..19]).filter(|second| *second < 60)?;
    let ms = number(&text[20..23])?;
    Some(
        days_of_civil(year, month, day) * MS_PER_DAY
            + ((hour * 60 + minute) * 60 + second) * 1000
            + ms,
    )
}

fn digits(out: &mut [u8], mut value: i64) {
    for byte in out.iter_mut().rev() {
        // A remainder of ten always fits.
        *byte = b'0' + u8::try_from(value % 10).unwrap_or(0);
        value /= 10;
    }
}

fn number(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + i64::from(byte - b'0'))
    })
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar. Years
/// begin in March here, so that the leap day is the last of its year.
fn days_of_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_of_civil`].
fn civil_of_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, SecondsFormat};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_the_calendar_library(ms in 0..crate::limits::TIMESTAMP_MS_END) {
            let expected = DateTime::from_timestamp_millis(ms).unwrap().to_rfc3339_opts(SecondsFormat::Millis, true);
            let text = format_instant(ms);
            prop_assert_eq!(std::str::from_utf8(&text).unwrap(), expected);
            prop_assert_eq!(parse_instant(&text), Some(ms));
        }

        #[test]
        fn never_panics(text in proptest::collection::vec(any::<u8>(), 0..30)) {
            let _ = parse_instant(&text);
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "2026-02-29T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z",
            "2026-01-01T24:00:00.000Z",
            "2026-01-01T00:00:00Z",
            "",
        ] {
            assert_eq!(parse_instant(text.as_bytes()), None, "{text}");
        }
    }
}
