//! What a range's ends mean.

use super::buckets::days_before;
use super::zone::{day_start, instant_of, local_date};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

/// The years in which dates of a request may lie. Events lie in 1970 to 2099.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2250;

/// One end of a range as a client writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A bare date: the whole local day.
    Day(NaiveDate),
    /// An exact instant, in microseconds since 1970.
    Instant(i64),
}

impl Moment {
    /// The first millisecond of it.
    pub fn start_ms(self, zone: Tz) -> i64 {
        match self {
            Self::Day(date) => day_start(zone, date),
            Self::Instant(micros) => -(-micros).div_euclid(1_000),
        }
    }

    /// The first millisecond after it; the moment itself is included.
    pub fn end_ms(self, zone: Tz) -> i64 {
        match self {
            Self::Day(date) => day_start(zone, date.succ_opt().unwrap_or(date)),
            Self::Instant(micros) => micros.div_euclid(1_000) + 1,
        }
    }

    /// The first microsecond of it.
    pub(crate) fn start_micros(self, zone: Tz) -> i64 {
        match self {
            Self::Day(_) => self.start_ms(zone) * 1_000,
            Self::Instant(micros) => micros,
        }
    }

    /// The last microsecond of it.
    pub(crate) fn last_micros(self, zone: Tz) -> i64 {
        match self {
            Self::Day(_) => self.end_ms(zone) * 1_000 - 1,
            Self::Instant(micros) => micros,
        }
    }
}

/// Reads `2025-03-30`, RFC 3339, or RFC 3339 without an offset (local time).
/// Years far from any event are refused.
pub fn parse_moment(text: &str, zone: Tz) -> Option<Moment> {
    if text.len() == 10
        && let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d")
    {
        return YEARS.contains(&date.year()).then_some(Moment::Day(date));
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return YEARS
            .contains(&at.year())
            .then_some(Moment::Instant(at.timestamp_micros()));
    }
    let local = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ]
    .iter()
    .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    if !YEARS.contains(&local.year()) {
        return None;
    }
    let below_ms = i64::from(local.and_utc().timestamp_subsec_micros() % 1_000);
    Some(Moment::Instant(instant_of(zone, local) * 1_000 + below_ms))
}

/// The instants that a query asks about, and their zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first millisecond.
    pub from_ms: i64,
    /// The first millisecond after it.
    pub to_ms: i64,
    /// The zone of days, weeks, months and bare times.
    pub zone: Tz,
}

impl Span {
    /// How many local days it touches.
    pub fn days(&self) -> u64 {
        let first = local_date(self.zone, self.from_ms);
        let last = local_date(self.zone, self.to_ms - 1);
        u64::try_from((last - first).num_days()).unwrap_or(0) + 1
    }

    /// The same span that many local days earlier: each end keeps its local
    /// time of day.
    #[must_use]
    pub fn days_earlier(&self, days: u64) -> Self {
        let shift = |at_ms: i64| {
            let local = super::local_time(self.zone, at_ms);
            let date = days_before(local.date(), days);
            if local.time() == chrono::NaiveTime::MIN || at_ms == day_start(self.zone, local.date())
            {
                return day_start(self.zone, date);
            }
            instant_of(self.zone, date.and_time(local.time()))
        };
        Self {
            from_ms: shift(self.from_ms),
            to_ms: shift(self.to_ms),
            zone: self.zone,
        }
    }

    /// Where the `days` local days begin that end with the span's last one.
    pub fn last_days_from(&self, days: u64) -> i64 {
        let last = local_date(self.zone, self.to_ms - 1);
        day_start(self.zone, days_before(last, days - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .timestamp_millis()
    }

    #[test]
    fn a_bare_date_is_the_whole_local_day() {
        let day = parse_moment("2025-03-30", Tz::Europe__Berlin).unwrap();
        assert_eq!(day.start_ms(Tz::Europe__Berlin), at("2025-03-29T23:00:00Z"));
        assert_eq!(day.end_ms(Tz::Europe__Berlin), at("2025-03-30T22:00:00Z"));
    }

    #[test]
    fn a_value_with_a_time_is_exact_and_local_without_an_offset() {
        let zone = Tz::Asia__Kolkata;
        for (text, instant) in [
            ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z"),
            ("2025-01-01T00:00:00+02:00", "2024-12-31T22:00:00Z"),
            ("2025-01-01T05:30:00", "2025-01-01T00:00:00Z"),
            ("2025-01-01 05:30", "2025-01-01T00:00:00Z"),
        ] {
            let moment = parse_moment(text, zone).unwrap();
            assert_eq!(moment.start_ms(zone), at(instant), "{text}");
            assert_eq!(moment.end_ms(zone), at(instant) + 1, "{text}");
        }
    }

    #[test]
    fn finer_digits_than_milliseconds_keep_both_ends_included() {
        let moment = parse_moment("2025-01-01T00:00:00.0005Z", Tz::UTC).unwrap();
        assert_eq!(moment.start_ms(Tz::UTC), at("2025-01-01T00:00:00.001Z"));
        assert_eq!(moment.end_ms(Tz::UTC), at("2025-01-01T00:00:00.001Z"));
    }

    #[test]
    fn what_is_no_date_or_far_away_is_none() {
        for text in [
            "",
            "2025-13-01",
            "2025-1-1",
            "yesterday",
            "9999-01-01",
            "0001-01-01",
            "99999-01-01",
        ] {
            assert_eq!(parse_moment(text, Tz::UTC), None, "{text}");
        }
    }

    #[test]
    fn a_span_shifts_by_its_local_days() {
        let zone = Tz::Europe__Berlin;
        let from_ms = day_start(zone, "2025-03-29".parse().unwrap());
        let to_ms = day_start(zone, "2025-04-01".parse().unwrap());
        let span = Span {
            from_ms,
            to_ms,
            zone,
        };
        assert_eq!(span.days(), 3);
        let earlier = span.days_earlier(3);
        assert_eq!(
            earlier.from_ms,
            day_start(zone, "2025-03-26".parse().unwrap())
        );
        assert_eq!(
            earlier.to_ms,
            day_start(zone, "2025-03-29".parse().unwrap())
        );
    }
}
