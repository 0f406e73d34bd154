//! Properties that we add beside the client's own: the client's win, and of
//! several of one name the last.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::json::{ObjectWriter, Text, Value, write_string};

/// A key as it stands between quotes, and the JSON of its value.
type Member<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// Collects members for an object that already has some.
#[derive(Debug)]
pub(super) struct Additions<'a> {
    taken: HashSet<Cow<'a, [u8]>>,
    members: Vec<Member<'a>>,
    places: HashMap<Cow<'a, [u8]>, usize>,
}

impl<'a> Additions<'a> {
    /// Additions to the properties in `sent`.
    pub(super) fn beside(sent: Option<Value<'a>>) -> Self {
        let mut taken = HashSet::new();
        if let Some(sent) = sent {
            sent.for_each_member(|key, _| {
                taken.insert(key.name());
            });
        }
        Self {
            taken,
            members: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// A member under the client's own name.
    pub(super) fn add_as_is(&mut self, key: Text<'a>, value: &'a [u8]) {
        self.put(key.name(), Cow::Borrowed(key.raw()), Cow::Borrowed(value));
    }

    /// A member under a name of ours that needs no escapes.
    pub(super) fn add(&mut self, name: &'static str, value: &'a [u8]) {
        let name = Cow::Borrowed(name.as_bytes());
        self.put(name.clone(), name, Cow::Borrowed(value));
    }

    /// A member under a name of ours, if it was sent.
    pub(super) fn add_sent(&mut self, name: &'static str, value: Option<Value<'a>>) {
        if let Some(value) = value {
            self.add(name, value.raw);
        }
    }

    /// A text member under a name of ours that needs no escapes.
    pub(super) fn add_text(&mut self, name: &'static str, value: &str) {
        let mut json = Vec::with_capacity(value.len() + 2);
        write_string(&mut json, value);
        let name = Cow::Borrowed(name.as_bytes());
        self.put(name.clone(), name, Cow::Owned(json));
    }

    /// Whether there is a member of that name already.
    pub(super) fn has(&self, name: &str) -> bool {
        self.taken.contains(name.as_bytes()) || self.places.contains_key(name.as_bytes())
    }

    /// Writes what was added.
    pub(super) fn write_to(&self, object: &mut ObjectWriter) {
        for (key, value) in &self.members {
            object.raw(key, value);
        }
    }

    fn put(&mut self, name: Cow<'a, [u8]>, key: Cow<'a, [u8]>, value: Cow<'a, [u8]>) {
        if self.taken.contains(&name) {
            return;
        }
        let place = self
            .places
            .get(&name)
            .and_then(|at| self.members.get_mut(*at));
        if let Some(member) = place {
            member.1 = value;
        } else {
            self.places.insert(name, self.members.len());
            self.members.push((key, value));
        }
    }
}
