//! When a row happened, in the many ways that files write it.

use std::str::FromStr;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::object::scalar_text;

/// How times are written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) enum TimeFormat {
    /// RFC 3339 and its relatives, dates, and numbers since 1970 by their size.
    #[default]
    Auto,
    /// A number since 1970: so many to a second.
    Unix(i64),
    /// A pattern of `strftime`.
    Pattern(String),
}

impl FromStr for TimeFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "auto" => Self::Auto,
            "unix" => Self::Unix(1),
            "unix_ms" => Self::Unix(1_000),
            "unix_us" => Self::Unix(1_000_000),
            "unix_ns" => Self::Unix(1_000_000_000),
            pattern if pattern.contains('%') => Self::Pattern(pattern.to_owned()),
            _ => {
                return Err(
                    "is auto, unix, unix_ms, unix_us, unix_ns, or a pattern such as %d.%m.%Y %H:%M"
                        .to_owned(),
                );
            }
        })
    }
}

impl TryFrom<String> for TimeFormat {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<TimeFormat> for String {
    fn from(format: TimeFormat) -> Self {
        match format {
            TimeFormat::Auto => "auto".to_owned(),
            TimeFormat::Unix(1) => "unix".to_owned(),
            TimeFormat::Unix(1_000) => "unix_ms".to_owned(),
            TimeFormat::Unix(1_000_000) => "unix_us".to_owned(),
            TimeFormat::Unix(_) => "unix_ns".to_owned(),
            TimeFormat::Pattern(pattern) => pattern,
        }
    }
}

/// Milliseconds since 1970; `zone` is that of times without an offset. Finer digits are cut.
pub(crate) fn parse(value: &RawValue, format: &TimeFormat, zone: Tz) -> Option<i64> {
    let text = scalar_text(value)?;
    let text = text.trim();
    match format {
        TimeFormat::Auto => number(text).or_else(|| calendar(text, zone)),
        TimeFormat::Unix(parts) => scaled(text, *parts),
        TimeFormat::Pattern(pattern) => with_pattern(text, pattern, zone),
    }
}

/// Milliseconds since 1970 of a date or a time as people type it; `zone` is that of times
/// without an offset.
pub(crate) fn local_moment(text: &str, zone: Tz) -> Option<i64> {
    calendar(text.trim(), zone)
}

/// A number since 1970: seconds up to the year 5138, then milliseconds, micro- and
/// nanoseconds by size. Eight digits are a date (20240131), not a number.
fn number(text: &str) -> Option<i64> {
    let digits = text.trim_start_matches('-').split('.').next()?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match digits.len() {
        8 if digits == text => None,
        ..=11 => scaled(text, 1),
        12..=14 => scaled(text, 1_000),
        15..=17 => scaled(text, 1_000_000),
        18..=19 => scaled(text, 1_000_000_000),
        _ => None,
    }
}

/// Milliseconds of a decimal number of which `parts` are a second, without detours over floats.
fn scaled(text: &str, parts: i64) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_negative = whole.starts_with('-');
    let whole: i128 = whole.parse().ok()?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: i128 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let thousandths = if is_negative {
        -thousandths
    } else {
        thousandths
    };
    let ms = (whole * 1_000 + thousandths).div_euclid(i128::from(parts));
    i64::try_from(ms).ok()
}

fn calendar(text: &str, zone: Tz) -> Option<i64> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.timestamp_millis());
    }
    if let Some(local) = text
        .strip_suffix(" UTC")
        .or_else(|| text.strip_suffix(" Z"))
        .and_then(local_time)
    {
        return Some(local.and_utc().timestamp_millis());
    }
    // 2024-01-31 12:00:00+02, 2024-01-31T12:00:00 +0200
    for pattern in [
        "%Y-%m-%d %H:%M:%S%.f %#z",
        "%Y-%m-%dT%H:%M:%S%.f %#z",
        "%Y-%m-%d %H:%M:%S%.f%#z",
        "%Y-%m-%dT%H:%M:%S%.f%#z",
    ] {
        if let Ok(instant) = DateTime::parse_from_str(text, pattern) {
            return Some(instant.timestamp_millis());
        }
    }
    in_zone(local_time(text)?, zone)
}

/// A date with or without a time, without an offset.
fn local_time(text: &str) -> Option<NaiveDateTime> {
    for pattern in [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
        "%Y/%m/%d %H:%M:%S%.f",
        "%Y/%m/%d %H:%M",
    ] {
        if let Ok(local) = NaiveDateTime::parse_from_str(text, pattern) {
            return Some(local);
        }
    }
    ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"]
        .iter()
        .find_map(|pattern| NaiveDate::parse_from_str(text, pattern).ok())
        .map(|date| date.and_time(NaiveTime::MIN))
}

fn with_pattern(text: &str, pattern: &str, zone: Tz) -> Option<i64> {
    if let Ok(instant) = DateTime::<FixedOffset>::parse_from_str(text, pattern) {
        return Some(instant.timestamp_millis());
    }
    if let Ok(local) = NaiveDateTime::parse_from_str(text, pattern) {
        return in_zone(local, zone);
    }
    let date = NaiveDate::parse_from_str(text, pattern).ok()?;
    in_zone(date.and_time(NaiveTime::MIN), zone)
}

/// A local time that is there twice is the earlier one; one that is not there at all (clocks
/// went forward) is as far behind the gap as it is in it.
fn in_zone(local: NaiveDateTime, zone: Tz) -> Option<i64> {
    let instant = zone.from_local_datetime(&local).earliest().or_else(|| {
        let hour = chrono::Duration::hours(1);
        Some(zone.from_local_datetime(&(local - hour)).earliest()? + hour)
    })?;
    Some(instant.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(json: &str) -> Option<i64> {
        let value = RawValue::from_string(json.to_owned()).unwrap();
        parse(&value, &TimeFormat::Auto, Tz::UTC)
    }

    #[test]
    fn every_spelling_of_one_moment() {
        for text in [
            "1706702400123",
            "1706702400123456",
            "1706702400123456789",
            "1706702400.123",
            "\"1706702400.1239\"",
            "\"2024-01-31T12:00:00.123Z\"",
            "\"2024-01-31T13:00:00.123456+01:00\"",
            "\"2024-01-31 12:00:00.123\"",
            "\"2024-01-31 12:00:00.123 UTC\"",
            "\"2024-01-31 13:00:00.123+01\"",
            "\"2024-01-31 13:00:00.123 +0100\"",
            "\" 2024/01/31 12:00:00.123 \"",
        ] {
            assert_eq!(auto(text), Some(1_706_702_400_123), "{text}");
        }
        let day = Some(1_706_659_200_000);
        assert_eq!(auto("\"2024-01-31\""), day);
        assert_eq!(auto("20240131"), day);
        assert_eq!(auto("1706659200"), day);
        assert_eq!(auto("0"), Some(0));
        assert_eq!(auto("-1.5"), Some(-1_500));
        for text in [
            "\"\"",
            "null",
            "\"soon\"",
            "\"31.01.2024\"",
            "true",
            "[1]",
            "1e9",
        ] {
            assert_eq!(auto(text), None, "{text}");
        }
    }

    #[test]
    fn a_format_and_a_zone_are_followed() {
        let berlin = |json: &str, format: &str| {
            let value = RawValue::from_string(json.to_owned()).unwrap();
            parse(&value, &format.parse().unwrap(), Tz::Europe__Berlin)
        };
        let noon = Some(1_706_698_800_000);
        assert_eq!(berlin("\"31.01.2024 12:00\"", "%d.%m.%Y %H:%M"), noon);
        assert_eq!(berlin("\"2024-01-31 12:00\"", "auto"), noon);
        assert_eq!(berlin("\"2024-01-31T11:00:00Z\"", "auto"), noon);
        assert_eq!(berlin("1706698800", "unix"), noon);
        assert_eq!(berlin("\"1706698800000\"", "unix_ms"), noon);
        assert_eq!(
            berlin("\"31.01.2024\"", "%d.%m.%Y"),
            Some(1_706_655_600_000)
        );
        // 02:30 does not exist on that day, and exists twice on the other.
        assert_eq!(
            berlin("\"2024-03-31 02:30\"", "auto"),
            Some(1_711_848_600_000)
        );
        assert_eq!(
            berlin("\"2024-10-27 02:30\"", "auto"),
            Some(1_729_989_000_000)
        );
        assert!("yesterday".parse::<TimeFormat>().is_err());
    }
}
