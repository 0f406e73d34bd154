//! Buckets: the local hours, days, weeks and months of a range.

use super::SECOND_MS;
use super::zone::{
    day_start, instant_of, local_date, local_time, offset_seconds, transition_before,
};
use chrono::{DateTime, Datelike, Days, FixedOffset, Months, NaiveDate, SecondsFormat, Timelike};
use chrono_tz::Tz;

/// The length of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// A local hour; one that comes twice when clocks go back is two.
    Hour,
    /// A local day, 23 to 25 hours long.
    Day,
    /// Seven local days.
    Week,
    /// A local month.
    Month,
}

impl Interval {
    /// All, by the names of the contract.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("hour", Self::Hour),
        ("day", Self::Day),
        ("week", Self::Week),
        ("month", Self::Month),
    ];
}

/// The first day of a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeekStart {
    /// ISO weeks.
    Monday,
    /// Weeks as in the United States.
    Sunday,
}

impl WeekStart {
    /// All, by the names of the contract.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("monday", Self::Monday), ("sunday", Self::Sunday)];
}

/// Consecutive buckets of a zone, by the instants at which they start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    interval: Interval,
    zone: Tz,
    week_start: WeekStart,
    /// The dates of the buckets; empty for hours.
    dates: Vec<NaiveDate>,
    /// Where each starts, in milliseconds since 1970.
    starts: Vec<i64>,
    /// Where the last one ends.
    end: i64,
}

impl Buckets {
    /// The buckets that overlap `[from_ms, to_ms)`. `None` when they are more
    /// than `most`.
    pub fn covering(
        interval: Interval,
        week_start: WeekStart,
        zone: Tz,
        (from_ms, to_ms): (i64, i64),
        most: usize,
    ) -> Option<Self> {
        let mut buckets = Self {
            interval,
            zone,
            week_start,
            dates: Vec::new(),
            starts: Vec::new(),
            end: from_ms,
        };
        if interval == Interval::Hour {
            buckets.end = hour_floor(zone, from_ms);
        } else {
            let first = period_floor(interval, week_start, local_date(zone, from_ms));
            buckets.end = day_start(zone, first);
            buckets.dates.push(first);
        }
        while buckets.end < to_ms || buckets.starts.is_empty() {
            if buckets.starts.len() == most {
                return None;
            }
            buckets.grow()?;
        }
        if interval != Interval::Hour {
            buckets.dates.pop();
        }
        Some(buckets)
    }

    /// No buckets at all.
    pub fn none() -> Self {
        Self {
            interval: Interval::Day,
            zone: Tz::UTC,
            week_start: WeekStart::Monday,
            dates: Vec::new(),
            starts: Vec::new(),
            end: 0,
        }
    }

    /// Where the period starts that lies `back` periods before the one that
    /// holds `at_ms`.
    pub fn periods_before(
        interval: Interval,
        week_start: WeekStart,
        zone: Tz,
        at_ms: i64,
        back: usize,
    ) -> Option<i64> {
        let mut start = at_ms;
        for _ in 0..back {
            let here = Self::covering(interval, week_start, zone, (start, start), 1)?;
            start = here.start_before_first();
        }
        Some(start)
    }

    /// `count` whole periods from the one that holds `from_ms` on.
    pub fn periods(
        interval: Interval,
        week_start: WeekStart,
        zone: Tz,
        from_ms: i64,
        count: usize,
    ) -> Option<Self> {
        let mut buckets =
            Self::covering(interval, week_start, zone, (from_ms, from_ms), usize::MAX)?;
        while buckets.len() < count {
            if let Some(last) = buckets.dates.last().copied() {
                buckets.dates.push(period_after(interval, last)?);
            }
            buckets.grow()?;
            if interval != Interval::Hour {
                buckets.dates.pop();
            }
        }
        Some(buckets)
    }

    /// Adds the bucket that starts at `end`; its date is the last of `dates`,
    /// and that of the one after it is added.
    fn grow(&mut self) -> Option<()> {
        self.starts.push(self.end);
        self.end = match self.dates.last().copied() {
            Some(date) => {
                let next = period_after(self.interval, date)?;
                self.dates.push(next);
                day_start(self.zone, next)
            }
            None => hour_after(self.zone, self.end),
        };
        Some(())
    }

    /// How many there are.
    #[expect(clippy::len_without_is_empty, reason = "a range always has a bucket")]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Where each starts, in milliseconds since 1970.
    pub fn starts(&self) -> &[i64] {
        &self.starts
    }

    /// The first instant after the last one.
    pub fn end(&self) -> i64 {
        self.end
    }

    /// Where bucket `index` ends (excluded).
    pub fn end_of(&self, index: usize) -> i64 {
        self.starts.get(index + 1).copied().unwrap_or(self.end)
    }

    /// The bucket that holds an instant; that of the instants before the
    /// first is `None`.
    pub fn index_of(&self, at_ms: i64) -> Option<usize> {
        self.starts
            .partition_point(|start| *start <= at_ms)
            .checked_sub(1)
    }

    /// Where the period right before the first one starts.
    pub fn start_before_first(&self) -> i64 {
        let first = self.starts.first().copied().unwrap_or(self.end);
        match self.dates.first() {
            None => hour_floor(self.zone, first - 1),
            Some(date) => {
                let before = date.pred_opt().unwrap_or(*date);
                day_start(
                    self.zone,
                    period_floor(self.interval, self.week_start, before),
                )
            }
        }
    }

    /// The labels: dates, and for hours local times with their offset.
    pub fn labels(&self) -> Vec<String> {
        if self.interval == Interval::Hour {
            return self
                .starts
                .iter()
                .map(|start| hour_label(self.zone, *start))
                .collect();
        }
        self.dates.iter().map(ToString::to_string).collect()
    }

    /// Where, for each bucket, the `days` local days begin that end with it.
    pub fn windows(&self, days: u64) -> Vec<i64> {
        (0..self.len())
            .map(|index| match self.dates.get(index) {
                Some(date) => day_start(self.zone, days_before(*date, days - 1)),
                None => {
                    let end = local_time(self.zone, self.end_of(index));
                    let date = days_before(end.date(), days);
                    instant_of(self.zone, date.and_time(end.time()))
                }
            })
            .collect()
    }
}

/// The date `days` before `date`.
pub(crate) fn days_before(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_sub_days(Days::new(days))
        .unwrap_or(NaiveDate::MIN)
}

/// The first date of the period that holds `date`.
fn period_floor(interval: Interval, week_start: WeekStart, date: NaiveDate) -> NaiveDate {
    let back = match (interval, week_start) {
        (Interval::Hour | Interval::Day, _) => 0,
        (Interval::Week, WeekStart::Monday) => date.weekday().num_days_from_monday(),
        (Interval::Week, WeekStart::Sunday) => date.weekday().num_days_from_sunday(),
        (Interval::Month, _) => date.day0(),
    };
    days_before(date, u64::from(back))
}

/// The first date of the period after the one that starts at `date`.
fn period_after(interval: Interval, date: NaiveDate) -> Option<NaiveDate> {
    match interval {
        Interval::Hour | Interval::Day => date.succ_opt(),
        Interval::Week => date.checked_add_days(Days::new(7)),
        Interval::Month => date.checked_add_months(Months::new(1)),
    }
}

/// Where the local hour that holds an instant starts.
fn hour_floor(zone: Tz, at_ms: i64) -> i64 {
    let into = i64::from(local_time(zone, at_ms).num_seconds_from_midnight() % 3_600);
    let start = at_ms.div_euclid(SECOND_MS) * SECOND_MS - into * SECOND_MS;
    if offset_seconds(zone, start) == offset_seconds(zone, at_ms) {
        start
    } else {
        transition_before(zone, start, at_ms)
    }
}

/// Where the local hour after the one that starts at an instant starts.
fn hour_after(zone: Tz, start_ms: i64) -> i64 {
    let into = i64::from(local_time(zone, start_ms).num_seconds_from_midnight() % 3_600);
    let next = start_ms + (3_600 - into) * SECOND_MS;
    if offset_seconds(zone, next - SECOND_MS) == offset_seconds(zone, start_ms) {
        next
    } else {
        transition_before(zone, start_ms, next - SECOND_MS)
    }
}

/// A local time with its offset, `2025-03-30T01:00:00+01:00`.
fn hour_label(zone: Tz, at_ms: i64) -> String {
    let offset = i32::try_from(offset_seconds(zone, at_ms)).unwrap_or(0);
    let zone = FixedOffset::east_opt(offset).or_else(|| FixedOffset::east_opt(0));
    let at = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    zone.map_or_else(String::new, |zone| {
        at.with_timezone(&zone)
            .to_rfc3339_opts(SecondsFormat::Secs, false)
    })
}

#[cfg(test)]
#[path = "buckets_tests.rs"]
mod tests;
