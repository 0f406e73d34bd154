//! From a zone's local time to instants and back.

use super::SECOND_MS;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// The longest stretch of local time that a zone ever skipped, in hours: a
/// whole day (Apia 2011, Kwajalein 1993) and some room.
const LONGEST_GAP_HOURS: i64 = 50;

/// The zone's offset from UTC at an instant, in seconds.
pub(crate) fn offset_seconds(zone: Tz, at_ms: i64) -> i64 {
    let at = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    i64::from(
        zone.offset_from_utc_datetime(&at.naive_utc())
            .fix()
            .local_minus_utc(),
    )
}

/// The local time at an instant.
pub(crate) fn local_time(zone: Tz, at_ms: i64) -> NaiveDateTime {
    let shifted = at_ms.saturating_add(offset_seconds(zone, at_ms) * SECOND_MS);
    DateTime::from_timestamp_millis(shifted)
        .unwrap_or_default()
        .naive_utc()
}

/// The local date at an instant.
pub(crate) fn local_date(zone: Tz, at_ms: i64) -> NaiveDate {
    local_time(zone, at_ms).date()
}

/// The instant of a local time. A time that a zone has twice is the first of
/// the two; one that it skips is read with the offset from before the gap.
pub(crate) fn instant_of(zone: Tz, local: NaiveDateTime) -> i64 {
    if let Some(at) = zone.from_local_datetime(&local).earliest() {
        return at.timestamp_millis();
    }
    let naive_ms = local.and_utc().timestamp_millis();
    (1..=LONGEST_GAP_HOURS)
        .find_map(|hours| {
            let before = local.checked_sub_signed(TimeDelta::hours(hours))?;
            zone.from_local_datetime(&before).earliest()
        })
        .map_or(naive_ms, |before| {
            let offset = i64::from(before.offset().fix().local_minus_utc());
            naive_ms - offset * SECOND_MS
        })
}

/// The first instant of a local day: midnight, or what comes first after it
/// where the clock skips midnight.
pub(crate) fn day_start(zone: Tz, date: NaiveDate) -> i64 {
    let midnight = date.and_time(NaiveTime::MIN);
    if let Some(at) = zone.from_local_datetime(&midnight).earliest() {
        return at.timestamp_millis();
    }
    // The gap ends at or before this instant and began less than a gap ago.
    let after = instant_of(zone, midnight);
    transition_before(zone, after - LONGEST_GAP_HOURS * 3_600 * SECOND_MS, after)
}

/// The last instant in (from, to] at which the zone's offset becomes what it
/// is at `to`; `to` itself when it was so all along.
pub(crate) fn transition_before(zone: Tz, from_ms: i64, to_ms: i64) -> i64 {
    let offset = offset_seconds(zone, to_ms);
    let (mut low, mut high) = (from_ms / SECOND_MS, to_ms / SECOND_MS);
    if offset_seconds(zone, low * SECOND_MS) == offset {
        return to_ms;
    }
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if offset_seconds(zone, middle * SECOND_MS) == offset {
            high = middle;
        } else {
            low = middle;
        }
    }
    high * SECOND_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .timestamp_millis()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_starts_at_local_midnight() {
        let berlin = Tz::Europe__Berlin;
        assert_eq!(
            day_start(berlin, date("2025-03-30")),
            at("2025-03-29T23:00:00Z")
        );
        assert_eq!(
            day_start(berlin, date("2025-03-31")),
            at("2025-03-30T22:00:00Z")
        );
    }

    #[test]
    fn a_day_whose_midnight_is_skipped_starts_after_the_gap() {
        // Cairo, 2024-04-26: 00:00 became 01:00.
        assert_eq!(
            day_start(Tz::Africa__Cairo, date("2024-04-26")),
            at("2024-04-25T22:00:00Z")
        );
        // Apia had no 2011-12-30 at all.
        let skipped = day_start(Tz::Pacific__Apia, date("2011-12-30"));
        assert_eq!(skipped, day_start(Tz::Pacific__Apia, date("2011-12-31")));
    }

    #[test]
    fn a_repeated_hour_is_read_as_its_first_and_a_skipped_one_with_the_old_offset() {
        let berlin = Tz::Europe__Berlin;
        let twice = "2025-10-26T02:30:00".parse().unwrap();
        assert_eq!(instant_of(berlin, twice), at("2025-10-26T02:30:00+02:00"));
        let skipped = "2025-03-30T02:30:00".parse().unwrap();
        assert_eq!(instant_of(berlin, skipped), at("2025-03-30T03:30:00+02:00"));
    }
}
