//! A range of time that can be asked for in parts, when the server finds it too much at once.

use chrono::{DateTime, Duration, NaiveDate, SecondsFormat};
use chrono_tz::Tz;
use event_schema::limits::{TIMESTAMP_MS_END, TIMESTAMP_MS_MIN};

use crate::import::local_moment;
use crate::output::Failure;

/// Windows below this are not divided any further, in milliseconds: an hour.
const SMALLEST: i64 = 60 * 60 * 1000;

/// From one millisecond to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    from_ms: i64,
    to_ms: i64,
}

impl Window {
    /// The window that a command line names: dates are whole days of the zone, open ends
    /// reach as far as events can.
    ///
    /// # Errors
    /// When a moment cannot be read.
    pub(crate) fn of(
        from: Option<&str>,
        to: Option<&str>,
        timezone: Option<&str>,
    ) -> anyhow::Result<Self> {
        let zone: Tz = timezone
            .unwrap_or("UTC")
            .parse()
            .map_err(|_| Failure::usage("--timezone: is an IANA name such as Europe/Berlin"))?;
        let window = Self {
            from_ms: match from {
                Some(text) => moment(text, zone, "--from")?,
                None => TIMESTAMP_MS_MIN,
            },
            to_ms: match to {
                Some(text) => last_moment(text, zone)?,
                None => TIMESTAMP_MS_END - 1,
            },
        };
        if window.from_ms > window.to_ms {
            return Err(Failure::usage("--from lies after --to"));
        }
        Ok(window)
    }

    /// Its later and its earlier half; `None` when it is too small to be divided.
    pub(crate) fn halves(self) -> Option<(Self, Self)> {
        if self.to_ms - self.from_ms < SMALLEST {
            return None;
        }
        let middle = self.from_ms + (self.to_ms - self.from_ms) / 2;
        let later = Self {
            from_ms: middle + 1,
            ..self
        };
        let earlier = Self {
            to_ms: middle,
            ..self
        };
        Some((later, earlier))
    }

    /// Its ends as the query API takes them.
    pub(crate) fn ends(self) -> (String, String) {
        (text(self.from_ms), text(self.to_ms))
    }
}

fn text(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn moment(text: &str, zone: Tz, flag: &str) -> anyhow::Result<i64> {
    local_moment(text, zone).ok_or_else(|| {
        Failure::usage(format!(
            "{flag} {text}: is a day (2026-01-31) or a moment (2026-01-31T12:00:00Z)"
        ))
    })
}

fn last_moment(text: &str, zone: Tz) -> anyhow::Result<i64> {
    match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(day) => Ok(moment(&(day + Duration::days(1)).to_string(), zone, "--to")? - 1),
        Err(_) => moment(text, zone, "--to"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_local() {
        let window = Window::of(
            Some("2026-03-29"),
            Some("2026-03-29"),
            Some("Europe/Berlin"),
        )
        .unwrap();
        let ends = (
            "2026-03-28T23:00:00.000Z".to_owned(),
            "2026-03-29T21:59:59.999Z".to_owned(),
        );
        assert_eq!(window.ends(), ends);
        let window = Window::of(None, Some("2026-01-31T12:00:00+01:00"), None).unwrap();
        let ends = (
            "1970-01-01T00:00:00.000Z".to_owned(),
            "2026-01-31T11:00:00.000Z".to_owned(),
        );
        assert_eq!(window.ends(), ends);
        assert!(Window::of(Some("2026-02-01"), Some("2026-01-31"), None).is_err());
        assert!(Window::of(Some("yesterday"), None, None).is_err());
        assert!(Window::of(None, None, Some("Mars")).is_err());
    }

    #[test]
    fn halves_meet_and_end_getting_smaller() {
        let mut window = Window::of(None, None, None).unwrap();
        let mut divisions = 0;
        while let Some((later, earlier)) = window.halves() {
            assert_eq!(
                (earlier.from_ms, later.to_ms),
                (window.from_ms, window.to_ms)
            );
            assert_eq!(earlier.to_ms + 1, later.from_ms);
            window = if divisions % 2 == 0 { later } else { earlier };
            divisions += 1;
        }
        assert!((20..25).contains(&divisions), "{divisions}");
    }
}
