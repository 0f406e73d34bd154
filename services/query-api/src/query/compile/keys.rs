//! The values of a breakdown as one text.
//!
//! One text a row is what the engine groups, sorts and looks up fastest. Its
//! order is that of the values, "not set" after every value: a set place is
//! `0` and the value, one that is not set `1`. A place that is not the last
//! ends with two [`MARK`]s, and a mark in its value is followed by [`ESCAPE`].

use crate::query::bindings::Bindings;
use crate::query::model::Breakdown;

const MARK: char = '\u{1}';
const ESCAPE: char = '\u{2}';

/// The key of the row for the rest.
pub(crate) const OTHER: &str = "2";

/// A key as the engine answers it.
pub(crate) type Key = String;

/// The values of a key, `None` where the property is not set.
pub(crate) type Places = Vec<Option<String>>;

/// The expression of an event's key; `''` without a breakdown.
pub(super) fn key_sql(breakdown: Option<&Breakdown>, bindings: &mut Bindings) -> String {
    let Some(breakdown) = breakdown else {
        return "''".to_owned();
    };
    let last = breakdown.properties.len() - 1;
    let places: Vec<String> = breakdown
        .properties
        .iter()
        .enumerate()
        .map(|(index, property)| {
            let value = property.value(bindings);
            let set = if index == last {
                format!("concat('0', {value})")
            } else {
                format!("concat('0', replaceAll({value}, '\\x01', '\\x01\\x02'), '\\x01\\x01')")
            };
            if property.is_always_set() {
                set
            } else {
                format!("ifNull({set}, '1')")
            }
        })
        .collect();
    match places.as_slice() {
        [place] => format!("toString({place})"),
        _ => format!("concat({})", places.join(", ")),
    }
}

/// The expression of an event's key where only `tops` have rows of their own.
pub(super) fn key_within(
    breakdown: Option<&Breakdown>,
    tops: Option<&[Key]>,
    bindings: &mut Bindings,
) -> String {
    let key = key_sql(breakdown, bindings);
    match tops {
        None => key,
        Some(tops) => {
            let tops = bindings.texts(tops.to_vec());
            format!("if({key} IN {tops}, {key}, '{OTHER}')")
        }
    }
}

/// The key of events that have none of the properties.
pub(crate) fn unset_key(properties: usize) -> Key {
    "1".repeat(properties)
}

/// Reads a key back into its values.
pub(crate) fn places(key: &str, properties: usize) -> Places {
    let mut rest = key.chars().peekable();
    let mut places = Vec::with_capacity(properties);
    for index in 0..properties {
        if rest.next() != Some('0') {
            places.push(None);
            continue;
        }
        if index + 1 == properties {
            places.push(Some(rest.by_ref().collect()));
            continue;
        }
        let mut value = String::new();
        while let Some(next) = rest.next() {
            if next != MARK {
                value.push(next);
            } else if rest.next() == Some(ESCAPE) {
                value.push(MARK);
            } else {
                break;
            }
        }
        places.push(Some(value));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_back() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(places("0chrome", 1), [text("chrome")]);
        assert_eq!(places("0", 1), [text("")]);
        assert_eq!(places("1", 1), [None]);
        assert_eq!(places("0a\u{1}\u{1}0b", 2), [text("a"), text("b")]);
        assert_eq!(places("0\u{1}\u{2}\u{1}\u{1}1", 2), [text("\u{1}"), None]);
        assert_eq!(places("10x", 2), [None, text("x")]);
        assert_eq!(places(&unset_key(3), 3), [None, None, None]);
    }

    #[test]
    fn not_set_sorts_after_every_value_and_the_rest_after_all() {
        assert!("0zzz" < "1");
        assert!("1" < OTHER);
        // A shorter value before a longer one that starts with it.
        assert!("0a\u{1}\u{1}0z" < "0ab\u{1}\u{1}0a");
    }
}
