//! The command line of `consumer replay`.

use chrono::{DateTime, Utc};
use service_kit::entry::StartError;

const USAGE: &str =
    "usage: consumer replay --from <RFC 3339> [--to <RFC 3339>] [--partition <number>] [--apply]";

/// What is to be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Records that the log took from here on.
    pub from: DateTime<Utc>,
    /// Records that the log took before.
    pub to: Option<DateTime<Utc>>,
    /// Only of this partition.
    pub partition: Option<u32>,
}

/// The range that is meant, and whether it is to be stored.
pub(super) fn parse(arguments: &[String]) -> Result<(Span, bool), StartError> {
    let (mut from, mut to, mut partition, mut apply) = (None, None, None, false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or(USAGE);
        match argument.as_str() {
            "--from" => from = Some(time(value()?)?),
            "--to" => to = Some(time(value()?)?),
            "--partition" => partition = Some(value()?.parse()?),
            "--apply" => apply = true,
            _ => return Err(USAGE.into()),
        }
    }
    let span = Span {
        from: from.ok_or(USAGE)?,
        to,
        partition,
    };
    Ok((span, apply))
}

fn time(text: &str) -> Result<DateTime<Utc>, StartError> {
    Ok(DateTime::parse_from_rfc3339(text)?.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn arguments_are_read_and_faults_named() {
        let line = "--from 2026-01-01T00:00:00Z --partition 3 --apply";
        let (span, apply) = parse(&words(line)).unwrap();
        assert_eq!(
            (span.from.timestamp(), span.to, span.partition, apply),
            (1_767_225_600, None, Some(3), true)
        );
        for wrong in [
            "--to 2026-01-01T00:00:00Z",
            "--from",
            "--from yesterday",
            "--from 2026-01-01T00:00:00Z --partition all",
            "--form x",
        ] {
            assert!(parse(&words(wrong)).is_err(), "{wrong}");
        }
    }
}
