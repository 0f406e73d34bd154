//! A set of names with something kept for each.

use std::borrow::Cow;
use std::collections::HashMap;

/// Looks through a few names one by one, which is faster than to hash them,
/// and hashes many.
#[derive(Debug)]
pub(super) struct Names<'a, T> {
    few: Vec<(Cow<'a, [u8]>, T)>,
    many: HashMap<Cow<'a, [u8]>, T>,
}

/// How many names are looked through.
const FEW_MAX: usize = 48;
/// For how many there is room at once.
const FEW_EXPECTED: usize = 16;

impl<T> Default for Names<'_, T> {
    fn default() -> Self {
        Self {
            few: Vec::new(),
            many: HashMap::new(),
        }
    }
}

impl<'a, T: Copy> Names<'a, T> {
    /// Keeps `value` for `name`; of a name that is there already it may be
    /// either value that counts.
    pub(super) fn insert(&mut self, name: Cow<'a, [u8]>, value: T) {
        if self.many.is_empty() && self.few.len() < FEW_MAX {
            if self.few.is_empty() {
                self.few.reserve(FEW_EXPECTED);
            }
            self.few.push((name, value));
            return;
        }
        self.many.extend(self.few.drain(..));
        self.many.insert(name, value);
    }

    /// What is kept for `name`.
    pub(super) fn get(&self, name: &[u8]) -> Option<T> {
        if self.many.is_empty() {
            let found = self.few.iter().find(|(known, _)| **known == *name);
            return found.map(|(_, value)| *value);
        }
        self.many.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_are_found() {
        for count in [0, 1, FEW_MAX, FEW_MAX + 1, 1_000] {
            let mut names = Names::default();
            for index in 0..count {
                names.insert(Cow::Owned(index.to_string().into_bytes()), index);
            }
            for index in 0..count {
                assert_eq!(names.get(index.to_string().as_bytes()), Some(index));
            }
            assert_eq!(names.get(b"none"), None);
        }
    }
}
