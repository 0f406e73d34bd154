//! Instants on the wire: `2026-01-31T23:59:59.999Z`, always these 24 bytes, so
//! that the hot path neither allocates nor consults a calendar library.

const MS_PER_DAY: i64 = 86_400_000;

/// The instant as text; `ms` is milliseconds since the epoch, within the
/// years 0000 to 9999.
#[must_use]
pub fn format_instant(ms: i64) -> [u8; 24] {
    let (year, month, day) = civil_of_days(ms.div_euclid(MS_PER_DAY));
    // A day's milliseconds fit.
    let of_day = ms.rem_euclid(MS_PER_DAY) as u32;
    let (seconds, ms) = (of_day / 1000, of_day % 1000);
    let (minutes, second) = (seconds / 60, seconds % 60);
    let [y1, y2] = pair(year / 100);
    let [y3, y4] = pair(year);
    let [mo1, mo2] = pair(month);
    let [d1, d2] = pair(day);
    let [h1, h2] = pair(minutes / 60);
    let [mi1, mi2] = pair(minutes % 60);
    let [s1, s2] = pair(second);
    let [f1, f2] = pair(ms / 10);
    let [_, f3] = pair(ms % 10);
    [
        y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T', //
        h1, h2, b':', mi1, mi2, b':', s1, s2, b'.', f1, f2, f3, b'Z',
    ]
}

/// Milliseconds since the epoch of text in exactly the form that
/// [`format_instant`] writes; `None` for any other.
#[must_use]
pub fn parse_instant(text: &[u8]) -> Option<i64> {
    let &[
        y1,
        y2,
        y3,
        y4,
        b'-',
        mo1,
        mo2,
        b'-',
        d1,
        d2,
        b'T', //
        h1,
        h2,
        b':',
        mi1,
        mi2,
        b':',
        s1,
        s2,
        b'.',
        f1,
        f2,
        f3,
        b'Z',
    ] = text
    else {
        return None;
    };
    let year = number([y1, y2, y3, y4])?;
    let month = number([mo1, mo2]).filter(|month| (1..=12).contains(month))?;
    let day = number([d1, d2]).filter(|day| (1..=days_in_month(year, month)).contains(day))?;
    let hour = number([h1, h2]).filter(|hour| *hour < 24)?;
    let minute = number([mi1, mi2]).filter(|minute| *minute < 60)?;
    let second = number([s1, s2]).filter(|second| *second < 60)?;
    let ms = number([f1, f2, f3])?;
    let of_day = ((hour * 60 + minute) * 60 + second) * 1000 + ms;
    Some(days_of_civil(year, month, day) * MS_PER_DAY + i64::from(of_day))
}

/// The two digits of each number below 100.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + value as u8 / 10, b'0' + value as u8 % 10];
        value += 1;
    }
    pairs
};

/// The two digits of `value`, which is below 100.
fn pair(value: u32) -> [u8; 2] {
    PAIRS[value as usize % PAIRS.len()]
}

fn number<const DIGITS: usize>(text: [u8; DIGITS]) -> Option<u32> {
    text.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + u32::from(byte - b'0'))
    })
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

/// Years after which the calendar repeats itself, and their days. Counting
/// begins one such era early, so that nothing is ever negative.
const ERA_YEARS: u32 = 400;
const ERA_DAYS: u32 = 146_097;
/// Days from where counting begins, a first of March, to 1970-01-01.
const EPOCH_DAYS: u32 = ERA_DAYS + 719_468;

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar. Years
/// begin in March here, so that the leap day is the last of its year.
fn days_of_civil(year: u32, month: u32, day: u32) -> i64 {
    let year = year + ERA_YEARS - u32::from(month <= 2);
    let (era, year_of_era) = (year / ERA_YEARS, year % ERA_YEARS);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i64::from(era * ERA_DAYS + day_of_era) - i64::from(EPOCH_DAYS)
}

/// The inverse of [`days_of_civil`].
fn civil_of_days(days: i64) -> (u32, u32, u32) {
    let days = u32::try_from(days + i64::from(EPOCH_DAYS)).unwrap_or(0);
    let (era, day_of_era) = (days / ERA_DAYS, days % ERA_DAYS);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = (year_of_era + era * ERA_YEARS + u32::from(month <= 2)).saturating_sub(ERA_YEARS);
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
    fn every_day_of_the_years_that_can_be_written_comes_back() {
        let mut day = DateTime::from_timestamp_millis(-62_167_219_200_000).unwrap();
        for _ in 0..3_652_425 / 25 {
            let ms = day.timestamp_millis();
            let text = format_instant(ms);
            assert_eq!(parse_instant(&text), Some(ms), "{day}");
            assert!(
                text.starts_with(day.format("%Y-%m-%d").to_string().as_bytes()),
                "{day}"
            );
            day += chrono::TimeDelta::days(25);
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
