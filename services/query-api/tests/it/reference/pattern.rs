//! Regular expressions.

use regex::Regex;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Whether a regular expression is found in a text. Each is compiled once:
/// that takes a thousand times longer than using it.
pub(crate) fn is_match(text: &str, pattern: &str) -> bool {
    static COMPILED: Mutex<BTreeMap<String, Regex>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap();
    compiled
        .entry(pattern.to_owned())
        .or_insert_with(|| Regex::new(pattern).unwrap())
        .is_match(text)
}
