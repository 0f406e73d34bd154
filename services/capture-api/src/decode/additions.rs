//! Properties that we add beside the client's own: the client's win, and of
//! several of one name the last.

use std::borrow::Cow;

use super::names::Names;
use crate::json::{ObjectWriter, Text, Value, write_string};

/// A key as it stands between quotes, and the JSON of its value.
type Member<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// Collects members for an object that already has some.
#[derive(Debug)]
pub(super) struct Additions<'a> {
    /// Those of the client without a place, and of ours with theirs.
    names: Names<'a, Option<usize>>,
    members: Vec<Member<'a>>,
}

impl<'a> Additions<'a> {
    /// Additions to the properties in `sent`.
    pub(super) fn beside(sent: Option<Value<'a>>) -> Self {
        let mut names = Names::default();
        if let Some(sent) = sent {
            sent.for_each_member(|key, _| names.insert(key.name(), None));
        }
        Self {
            names,
            members: Vec::new(),
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
        self.names.get(name.as_bytes()).is_some()
    }

    /// Writes what was added.
    pub(super) fn write_to(&self, object: &mut ObjectWriter) {
        for (key, value) in &self.members {
            object.raw(key, value);
        }
    }

    fn put(&mut self, name: Cow<'a, [u8]>, key: Cow<'a, [u8]>, value: Cow<'a, [u8]>) {
        match self.names.get(&name) {
            Some(None) => {}
            Some(Some(at)) => {
                if let Some(member) = self.members.get_mut(at) {
                    member.1 = value;
                }
            }
            None => {
                self.names.insert(name, Some(self.members.len()));
                self.members.push((key, value));
            }
        }
    }
}
