//! Durations on the command line.

use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Reads `120`, `120s`, `30m` or `2h`.
///
/// # Errors
/// When it is none of these.
pub fn parse(text: &str) -> Result<Duration> {
    let (number, unit) = match text.find(|letter: char| !letter.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let number: u64 = number.parse().context("a number, such as 120 or 30m")?;
    let seconds = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        other => bail!("{other} is no unit: s, m or h"),
    };
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_seconds_minutes_and_hours() {
        assert_eq!(parse("90").unwrap(), Duration::from_secs(90));
        assert_eq!(parse("30m").unwrap(), Duration::from_secs(1_800));
        assert!(parse("3 days").is_err());
    }
}
