use super::*;
use chrono::DateTime;

fn at(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text)
        .unwrap()
        .timestamp_millis()
}

fn covering(interval: Interval, zone: Tz, from: &str, to: &str) -> Buckets {
    Buckets::covering(
        interval,
        WeekStart::Monday,
        zone,
        (at(from), at(to)),
        10_000,
    )
    .unwrap()
}

#[test]
fn dst_days_have_23_or_25_hours_and_stay_one_day() {
    let berlin = Tz::Europe__Berlin;
    let days = covering(
        Interval::Day,
        berlin,
        "2025-03-29T23:00:00Z",
        "2025-03-31T22:00:00Z",
    );
    assert_eq!(days.labels(), ["2025-03-30", "2025-03-31"]);
    assert_eq!(days.end_of(0) - days.starts()[0], 23 * 3_600_000);
    let hours = covering(
        Interval::Hour,
        berlin,
        "2025-10-25T22:00:00Z",
        "2025-10-26T23:00:00Z",
    );
    assert_eq!(hours.len(), 25);
}

#[test]
fn a_repeated_hour_is_two_buckets_and_a_skipped_one_none() {
    let berlin = Tz::Europe__Berlin;
    let spring = covering(
        Interval::Hour,
        berlin,
        "2025-03-30T00:00:00Z",
        "2025-03-30T02:00:00Z",
    );
    assert_eq!(
        spring.labels(),
        ["2025-03-30T01:00:00+01:00", "2025-03-30T03:00:00+02:00"]
    );
    let autumn = covering(
        Interval::Hour,
        berlin,
        "2025-10-26T00:00:00Z",
        "2025-10-26T02:00:00Z",
    );
    assert_eq!(
        autumn.labels(),
        ["2025-10-26T02:00:00+02:00", "2025-10-26T02:00:00+01:00"]
    );
}

#[test]
fn half_hour_zones_have_hours_of_their_own() {
    let hours = covering(
        Interval::Hour,
        Tz::Asia__Kolkata,
        "2025-01-01T00:00:00Z",
        "2025-01-01T01:00:00Z",
    );
    assert_eq!(
        hours.labels(),
        ["2025-01-01T05:00:00+05:30", "2025-01-01T06:00:00+05:30"]
    );
    // Lord Howe moves by half an hour: the repeated half is a bucket of its own.
    let shift = covering(
        Interval::Hour,
        Tz::Australia__Lord_Howe,
        "2025-04-05T14:00:00Z",
        "2025-04-05T16:00:00Z",
    );
    assert_eq!(shift.starts()[1] - shift.starts()[0], 3_600_000);
    assert_eq!(shift.end_of(1) - shift.starts()[1], 1_800_000);
}

#[test]
fn weeks_and_months_may_start_before_the_range() {
    let weeks = covering(
        Interval::Week,
        Tz::UTC,
        "2025-01-01T00:00:00Z",
        "2025-01-07T00:00:00Z",
    );
    assert_eq!(weeks.labels(), ["2024-12-30", "2025-01-06"]);
    let months = covering(
        Interval::Month,
        Tz::UTC,
        "2025-01-31T00:00:00Z",
        "2025-03-01T00:00:00Z",
    );
    assert_eq!(months.labels(), ["2025-01-01", "2025-02-01"]);
    let range = (at("2025-01-01T00:00:00Z"), at("2025-01-02T00:00:00Z"));
    let sunday = Buckets::covering(Interval::Week, WeekStart::Sunday, Tz::UTC, range, 10).unwrap();
    assert_eq!(sunday.labels(), ["2024-12-29"]);
}

#[test]
fn periods_are_counted_and_the_one_before_is_whole() {
    let months = Buckets::periods(
        Interval::Month,
        WeekStart::Monday,
        Tz::UTC,
        at("2025-03-15T00:00:00Z"),
        3,
    )
    .unwrap();
    assert_eq!(months.labels(), ["2025-03-01", "2025-04-01", "2025-05-01"]);
    assert_eq!(months.end(), at("2025-06-01T00:00:00Z"));
    assert_eq!(months.start_before_first(), at("2025-02-01T00:00:00Z"));
    let hours = Buckets::periods(
        Interval::Hour,
        WeekStart::Monday,
        Tz::UTC,
        at("2025-03-15T00:10:00Z"),
        2,
    )
    .unwrap();
    assert_eq!(hours.start_before_first(), at("2025-03-14T23:00:00Z"));
}

#[test]
fn too_many_buckets_are_refused() {
    let range = (at("2025-01-01T00:00:00Z"), at("2025-01-11T00:00:00Z"));
    assert!(Buckets::covering(Interval::Day, WeekStart::Monday, Tz::UTC, range, 9).is_none());
    assert!(Buckets::covering(Interval::Day, WeekStart::Monday, Tz::UTC, range, 10).is_some());
}

#[test]
fn windows_end_with_their_bucket() {
    let berlin = Tz::Europe__Berlin;
    let days = covering(
        Interval::Day,
        berlin,
        "2025-03-30T23:00:00Z",
        "2025-03-31T22:00:00Z",
    );
    assert_eq!(days.windows(7), [at("2025-03-24T23:00:00Z")]);
    let hours = covering(
        Interval::Hour,
        berlin,
        "2025-04-01T10:00:00Z",
        "2025-04-01T11:00:00Z",
    );
    assert_eq!(hours.windows(7), [at("2025-03-25T12:00:00Z")]);
}
