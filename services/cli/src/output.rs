//! The two streams: data for programs and pipes on standard output, everything
//! for the person at the keyboard on standard error.

use std::fmt::{self, Display};
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

/// Exit code when the command line is wrong.
pub(crate) const USAGE: u8 = 2;
/// Exit code when a service cannot be reached.
pub(crate) const UNREACHABLE: u8 = 3;
/// Exit code when credentials are missing or refused.
pub(crate) const REFUSED: u8 = 4;

/// An error that carries the exit code of its kind.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Exit code of the process.
    pub(crate) code: u8,
    /// What went wrong, and what to do about it.
    pub(crate) message: String,
}

impl Failure {
    /// A command line, or a file that it names, that says something wrong.
    pub(crate) fn usage(message: impl Into<String>) -> anyhow::Error {
        Self {
            code: USAGE,
            message: message.into(),
        }
        .into()
    }

    /// A service that does not answer.
    pub(crate) fn unreachable(message: impl Into<String>) -> anyhow::Error {
        Self {
            code: UNREACHABLE,
            message: message.into(),
        }
        .into()
    }

    /// Credentials that are missing, wrong or not enough.
    pub(crate) fn refused(message: impl Into<String>) -> anyhow::Error {
        Self {
            code: REFUSED,
            message: message.into(),
        }
        .into()
    }
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The exit code that an error stands for: 1 unless it says otherwise.
pub(crate) fn exit_code_of(error: &anyhow::Error) -> u8 {
    error
        .downcast_ref::<Failure>()
        .map_or(1, |failure| failure.code)
}

/// Writes one line of data. A reader that has gone away (`| head`) is no error.
pub(crate) fn data(line: impl Display) {
    let _reader_left = writeln!(io::stdout().lock(), "{line}");
}

/// Writes data as it is, without a line end of its own.
pub(crate) fn raw(text: &str) {
    let mut stdout = io::stdout().lock();
    let _reader_left = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
}

/// Writes a value as JSON, indented when a person is likely to read it.
///
/// # Errors
/// When the value cannot be expressed as JSON.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = if io::stdout().is_terminal() {
        serde_json::to_string_pretty(value)?
    } else {
        serde_json::to_string(value)?
    };
    data(text);
    Ok(())
}

/// Tells the person something that is not data.
pub(crate) fn note(line: impl Display) {
    let _closed = writeln!(io::stderr().lock(), "{line}");
}

/// Tells the person what failed, with every cause on a line of its own.
pub(crate) fn error(error: &anyhow::Error) {
    note(format_args!("millrace: {error}"));
    for cause in error.chain().skip(1) {
        note(format_args!("  because: {cause}"));
    }
}

/// Bytes as people read them: `812 KiB`, `1.2 GiB`.
pub(crate) fn bytes(value: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if value < 1024 {
        return format!("{value} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "for reading, not for counting")]
    let mut amount = value as f64 / 1024.0;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(amount < 10.0 && unit > 0);
    format!("{amount:.digits$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_naturally() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(10 * 1024), "10 KiB");
        assert_eq!(bytes(5 * 1024 * 1024 / 2), "2.5 MiB");
        assert_eq!(bytes(300 * 1024 * 1024), "300 MiB");
    }

    #[test]
    fn failures_choose_their_exit_code() {
        assert_eq!(exit_code_of(&Failure::unreachable("x")), 3);
        assert_eq!(exit_code_of(&Failure::refused("x")), 4);
        assert_eq!(exit_code_of(&anyhow::anyhow!("x")), 1);
    }
}
