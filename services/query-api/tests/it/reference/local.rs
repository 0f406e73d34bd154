//! Local time, ranges and buckets: by looking at every quarter of an hour.

use super::Event;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike};
use chrono_tz::Tz;
use serde_json::Value;

const QUARTER_MS: i64 = 15 * 60 * 1_000;

/// A range with its zone.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub(crate) zone: Tz,
    pub(crate) from: End,
    pub(crate) to: End,
    pub(crate) interval: String,
    sunday: bool,
}

/// One end of a range.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Day(NaiveDate),
    Instant(i64),
}

impl Range {
    pub(crate) fn of(params: &Value) -> Self {
        let zone: Tz = params["timezone"]
            .as_str()
            .unwrap_or("UTC")
            .parse()
            .unwrap();
        Self {
            zone,
            from: end(params["date_from"].as_str().unwrap_or("1970-01-01"), zone),
            to: end(params["date_to"].as_str().unwrap_or("2099-12-31"), zone),
            interval: params["interval"].as_str().unwrap_or("day").to_owned(),
            sunday: params["week_start"] == "sunday",
        }
    }

    pub(crate) fn local(&self, at: i64) -> DateTime<Tz> {
        DateTime::from_timestamp_millis(at)
            .unwrap()
            .with_timezone(&self.zone)
    }

    pub(crate) fn date(&self, at: i64) -> NaiveDate {
        self.local(at).date_naive()
    }

    pub(crate) fn is_before_end(&self, at: i64) -> bool {
        match self.to {
            End::Day(date) => self.date(at) <= date,
            End::Instant(to) => at <= to,
        }
    }

    pub(crate) fn is_after_start(&self, at: i64) -> bool {
        match self.from {
            End::Day(date) => self.date(at) >= date,
            End::Instant(from) => at >= from,
        }
    }

    pub(crate) fn contains(&self, event: &Event) -> bool {
        self.is_after_start(event.at) && self.is_before_end(event.at)
    }

    pub(crate) fn first_date(&self) -> NaiveDate {
        match self.from {
            End::Day(date) => date,
            End::Instant(at) => self.date(at),
        }
    }

    pub(crate) fn last_date(&self) -> NaiveDate {
        match self.to {
            End::Day(date) => date,
            End::Instant(at) => self.date(at),
        }
    }

    pub(crate) fn days(&self) -> u64 {
        u64::try_from((self.last_date() - self.first_date()).num_days()).unwrap() + 1
    }

    /// The same range that many local days earlier.
    pub(crate) fn earlier(&self, days: u64) -> Self {
        let shift = |end: End| match end {
            End::Day(date) => End::Day(date - Days::new(days)),
            End::Instant(at) => {
                let local = self.local(at).naive_local() - Days::new(days);
                // A time that the clock skips is as long after the last hour that it shows.
                let (hours, shown) = (0..)
                    .find_map(|hours| {
                        let before = local - chrono::TimeDelta::hours(hours);
                        let shown = self.zone.from_local_datetime(&before).earliest()?;
                        Some((hours, shown))
                    })
                    .unwrap();
                End::Instant(shown.timestamp_millis() + hours * 3_600_000)
            }
        };
        Self {
            from: shift(self.from),
            to: shift(self.to),
            ..self.clone()
        }
    }

    /// The label of the bucket that holds an instant.
    pub(crate) fn label(&self, at: i64) -> String {
        if self.interval == "hour" {
            // Back minute by minute to where the hour, or its offset, began.
            let one = self.local(at);
            let same = |other: i64| {
                let other = self.local(other);
                one.hour() == other.hour() && one.offset().fix() == other.offset().fix()
            };
            let mut start = at - at.rem_euclid(60_000);
            while same(start - 60_000) {
                start -= 60_000;
            }
            return self.local(start).format("%Y-%m-%dT%H:%M:%S%:z").to_string();
        }
        self.floor(self.date(at)).to_string()
    }

    /// The first date of the period that holds a date.
    pub(crate) fn floor(&self, date: NaiveDate) -> NaiveDate {
        let mut first = date;
        loop {
            let is_start = match self.interval.as_str() {
                "day" => true,
                "week" if self.sunday => first.weekday() == chrono::Weekday::Sun,
                "week" => first.weekday() == chrono::Weekday::Mon,
                "month" => first.day() == 1,
                other => panic!("no interval {other}"),
            };
            if is_start {
                return first;
            }
            first = first.pred_opt().unwrap();
        }
    }

    /// The labels of all buckets of the range.
    pub(crate) fn labels(&self) -> Vec<String> {
        let mut labels: Vec<String> = Vec::new();
        let mut add = |label: String| {
            if labels.last() != Some(&label) {
                labels.push(label);
            }
        };
        if self.interval == "hour" {
            self.quarters()
                .into_iter()
                .for_each(|at| add(self.label(at)));
        } else {
            let mut date = self.first_date();
            while date <= self.last_date() {
                add(self.floor(date).to_string());
                date = date.succ_opt().unwrap();
            }
        }
        labels
    }

    /// Every quarter of an hour of the range, and its ends.
    fn quarters(&self) -> Vec<i64> {
        let noon = |date: NaiveDate| {
            date.and_hms_opt(12, 0, 0)
                .unwrap()
                .and_utc()
                .timestamp_millis()
        };
        let mut at = noon(self.first_date()) - 160 * QUARTER_MS;
        let last = noon(self.last_date()) + 160 * QUARTER_MS;
        let mut found = Vec::new();
        while at <= last {
            if self.is_after_start(at) && self.is_before_end(at) {
                found.push(at);
            }
            at += QUARTER_MS;
        }
        for end in [self.from, self.to] {
            if let End::Instant(at) = end {
                found.push(at);
            }
        }
        found.sort_unstable();
        found
    }

    /// The first instant after the hour that holds an instant.
    pub(crate) fn hour_end(&self, at: i64) -> i64 {
        let label = self.label(at);
        let mut end = at - at.rem_euclid(QUARTER_MS);
        while self.label(end) == label {
            end += QUARTER_MS;
        }
        end
    }

    /// The instant that many local days before another.
    pub(crate) fn days_before(&self, at: i64, days: u64) -> i64 {
        let local = self.local(at).naive_local() - Days::new(days);
        match self.zone.from_local_datetime(&local).earliest() {
            Some(at) => at.timestamp_millis(),
            // Skipped by the clock: read with the offset from before.
            None => {
                let before = local - chrono::TimeDelta::hours(3);
                let before = self.zone.from_local_datetime(&before).earliest().unwrap();
                before.timestamp_millis() + 3 * 3_600_000
            }
        }
    }

    /// An instant inside the bucket of a label, for hours.
    pub(crate) fn hours(&self) -> Vec<(String, i64)> {
        let mut hours: Vec<(String, i64)> = Vec::new();
        for at in self.quarters() {
            let label = self.label(at);
            if hours.last().map(|(last, _)| last) != Some(&label) {
                hours.push((label, at));
            }
        }
        hours
    }
}

/// Reads a date, RFC 3339, or a local time.
pub(crate) fn end(text: &str, zone: Tz) -> End {
    try_end(text, zone).unwrap()
}

/// The same, `None` for what is none of them.
pub(crate) fn try_end(text: &str, zone: Tz) -> Option<End> {
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Some(End::Day(date));
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(End::Instant(at.timestamp_millis()));
    }
    let local: NaiveDateTime = text.replace(' ', "T").parse().ok().or_else(|| {
        NaiveDateTime::parse_from_str(&text.replace(' ', "T"), "%Y-%m-%dT%H:%M").ok()
    })?;
    Some(End::Instant(
        zone.from_local_datetime(&local)
            .earliest()?
            .timestamp_millis(),
    ))
}

/// A bucket of a rolling window: a date, or an instant inside an hour.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bucket {
    Date(NaiveDate),
    Hour(i64),
}

impl Range {
    /// The buckets of days and hours.
    pub(crate) fn hours_or_dates(&self) -> Vec<Bucket> {
        if self.interval == "hour" {
            return self
                .hours()
                .into_iter()
                .map(|(_, at)| Bucket::Hour(at))
                .collect();
        }
        let mut dates = Vec::new();
        let mut date = self.first_date();
        while date <= self.last_date() {
            dates.push(Bucket::Date(date));
            date = date.succ_opt().unwrap();
        }
        dates
    }

    /// Whether an instant lies in the local days that end with a bucket.
    pub(crate) fn in_window(&self, at: i64, bucket: &Bucket, days: u64) -> bool {
        match *bucket {
            Bucket::Date(date) => {
                let local = self.date(at);
                local <= date && local >= date - Days::new(days - 1)
            }
            Bucket::Hour(hour) => {
                let end = self.hour_end(hour);
                at < end && at >= self.days_before(end, days)
            }
        }
    }
}

impl Range {
    /// The first instant of the bucket that the range begins in, found by
    /// walking back from the range's start.
    pub(crate) fn first_instant_of_first_bucket(&self) -> i64 {
        let start = *self.quarters().first().unwrap();
        let label = self.label(start);
        let mut first = start - start.rem_euclid(QUARTER_MS);
        while self.label(first - 1) == label {
            first -= QUARTER_MS;
        }
        first
    }
}
