//! Where in the log a viewer is, as text that it can come back with.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// More partitions than any log has: longer points are no points.
const PARTITIONS_MAX: usize = 4_096;

/// For each partition of a log the next offset that a viewer has not seen.
///
/// It says exactly what is missing, at any instance and after any restart. As
/// text: the log's name, a hyphen, the offsets in base 36 with dots between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Which log; offsets of another one mean nothing here.
    pub log: Arc<str>,
    /// The next offset, by partition.
    pub next: Box<[u64]>,
}

impl Point {
    /// Whether the record at `offset` of `partition` has not been seen here. A
    /// partition that the point does not know is newer than it.
    #[must_use]
    pub fn misses(&self, partition: usize, offset: u64) -> bool {
        self.next.get(partition).is_none_or(|next| offset >= *next)
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.log)?;
        for (at, offset) in self.next.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            write_base36(f, *offset)?;
        }
        Ok(())
    }
}

/// The text is no point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is no id of this stream")]
pub struct NoPoint;

impl FromStr for Point {
    type Err = NoPoint;

    fn from_str(text: &str) -> Result<Self, NoPoint> {
        let (log, offsets) = text.split_once('-').ok_or(NoPoint)?;
        let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if log.is_empty() || log.len() > 32 || !is_name(log) {
            return Err(NoPoint);
        }
        let next: Vec<u64> = offsets
            .split('.')
            .take(PARTITIONS_MAX + 1)
            .map(|digits| u64::from_str_radix(digits, 36).map_err(|_| NoPoint))
            .collect::<Result<_, _>>()?;
        if next.len() > PARTITIONS_MAX {
            return Err(NoPoint);
        }
        Ok(Self {
            log: log.into(),
            next: next.into(),
        })
    }
}

fn write_base36(f: &mut fmt::Formatter<'_>, mut value: u64) -> fmt::Result {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    // 36^13 > 2^64.
    let mut text = [b'0'; 13];
    let mut first = text.len() - 1;
    for (at, place) in text.iter_mut().enumerate().rev() {
        let digit = usize::try_from(value % 36).unwrap_or(0);
        *place = DIGITS.get(digit).copied().unwrap_or(b'0');
        value /= 36;
        first = at;
        if value == 0 {
            break;
        }
    }
    f.write_str(str::from_utf8(&text[first..]).unwrap_or("0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(next: &[u64]) -> Point {
        Point {
            log: "k".into(),
            next: next.into(),
        }
    }

    #[test]
    fn survives_its_text() {
        for next in [&[0][..], &[35, 36, 1_000_000, 0], &[u64::MAX, 1]] {
            let point = point(next);
            assert_eq!(point.to_string().parse(), Ok(point.clone()), "{point}");
        }
        assert_eq!(point(&[35, 36]).to_string(), "k-z.10");
    }

    #[test]
    fn other_text_is_no_point() {
        for text in [
            "", "k", "k-", "-1", "k-1.", "k-1..2", "k-é", "k-1 2", "a b-1", "k--1",
        ] {
            assert_eq!(text.parse::<Point>(), Err(NoPoint), "{text:?}");
        }
    }

    #[test]
    fn misses_what_comes_after_and_new_partitions() {
        let point = point(&[5, 0]);
        assert!(!point.misses(0, 4));
        assert!(point.misses(0, 5));
        assert!(point.misses(1, 0));
        assert!(point.misses(2, 0));
    }
}
