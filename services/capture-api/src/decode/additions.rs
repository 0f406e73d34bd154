//! Properties that we add beside the client's own: the client's win, and of
//! several of one name the last.

use std::borrow::Cow;

use event_schema::json::write_string;
use memchr::memmem;

use super::names::Names;
use super::object_writer::ObjectWriter;
use event_schema::json::{Text, Value};

/// A key as it stands between quotes, and the JSON of its value.
type Member<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// Collects members for an object that already has some.
#[derive(Debug)]
pub(super) struct Additions<'a> {
    sent: Sent<'a>,
    /// Where each stands among the members.
    places: Names<'a, usize>,
    members: Vec<Member<'a>>,
}

/// The client's own members.
#[derive(Debug)]
struct Sent<'a> {
    object: Option<Value<'a>>,
    /// Whether each name stands there as it is, without escapes.
    is_plain: bool,
    /// How many names may still be looked for in the bytes.
    looks_left: u32,
    names: Option<Names<'a, ()>>,
}

/// Looking for a name in the bytes is faster than reading all names, unless
/// many are looked for.
const LOOKS_MAX: u32 = 24;

impl<'a> Sent<'a> {
    fn of(object: Option<Value<'a>>) -> Self {
        Self {
            object,
            is_plain: object.is_none_or(|object| memchr::memchr(b'\\', object.raw).is_none()),
            looks_left: LOOKS_MAX,
            names: None,
        }
    }

    fn has(&mut self, name: &[u8]) -> bool {
        if let Some(names) = &self.names {
            return names.get(name).is_some();
        }
        let Some(object) = self.object else {
            return false;
        };
        if self.is_plain && self.looks_left > 0 {
            self.looks_left -= 1;
            if let Some(found) = look(object.raw, name) {
                return found;
            }
        }
        let names = self.names.get_or_insert_with(|| {
            let mut names = Names::default();
            object.for_each_member(|key, _| names.insert(key.name(), ()));
            names
        });
        names.get(name).is_some()
    }
}

/// Whether an object without escapes has a member of that name, if its bytes
/// alone tell: the member may be an inner object's.
fn look(object: &[u8], name: &[u8]) -> Option<bool> {
    let is_name = |at: usize| {
        let is_begun = at > 0 && object[at - 1] == b'"';
        let behind = object[at + name.len()..].strip_prefix(b"\"");
        let behind = behind.map(<[u8]>::trim_ascii_start);
        is_begun && behind.is_some_and(|behind| behind.first() == Some(&b':'))
    };
    if !memmem::find_iter(object, name).any(is_name) {
        return Some(false);
    }
    let is_flat = memchr::memchr_iter(b'{', object).nth(1).is_none();
    // What stands between two texts has a colon or a comma in it.
    let is_within_text = memchr::memchr2(b':', b',', name).is_none();
    (is_flat && is_within_text).then_some(true)
}

impl<'a> Additions<'a> {
    /// Additions to the properties in `sent`.
    pub(super) fn beside(sent: Option<Value<'a>>) -> Self {
        Self::to(Sent::of(sent))
    }

    /// Additions to properties of these names.
    pub(super) fn beside_names(names: Names<'a, ()>) -> Self {
        Self::to(Sent {
            names: Some(names),
            ..Sent::of(None)
        })
    }

    fn to(sent: Sent<'a>) -> Self {
        Self {
            sent,
            places: Names::default(),
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
    pub(super) fn has(&mut self, name: &str) -> bool {
        self.places.get(name.as_bytes()).is_some() || self.sent.has(name.as_bytes())
    }

    /// Writes what was added.
    pub(super) fn write_to(&self, object: &mut ObjectWriter) {
        for (key, value) in &self.members {
            object.raw(key, value);
        }
    }

    fn put(&mut self, name: Cow<'a, [u8]>, key: Cow<'a, [u8]>, value: Cow<'a, [u8]>) {
        let place = self.places.get(&name);
        if let Some(member) = place.and_then(|at| self.members.get_mut(at)) {
            member.1 = value;
        } else if !self.sent.has(&name) {
            self.places.insert(name, self.members.len());
            self.members.push((key, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What comes out of adding numbers under these names beside `sent`.
    fn added(sent: &str, names: &[&'static str]) -> String {
        let sent = Value::parse(sent.as_bytes(), 64).unwrap();
        let mut additions = Additions::beside(Some(sent));
        for (index, name) in names.iter().enumerate() {
            additions.add_text(name, &index.to_string());
        }
        let mut object = ObjectWriter::with_capacity(64);
        additions.write_to(&mut object);
        String::from_utf8(object.finish()).unwrap()
    }

    #[test]
    fn the_clients_own_win_and_of_ours_the_last() {
        assert_eq!(added("{}", &["a", "b", "a"]), r#"{"a":"2","b":"1"}"#);
        assert_eq!(added(r#"{"x":"a","b":1}"#, &["a", "b"]), r#"{"a":"0"}"#);
        assert_eq!(added(r#"{"\u0061":1}"#, &["a", "b"]), r#"{"b":"1"}"#);
        assert_eq!(added(r#"{"a":1}"#, &["a"; 100]), "{}");
        let many: Vec<String> = (0..200).map(|index| format!("\"n{index}\":1")).collect();
        assert_eq!(
            added(&format!("{{{}}}", many.join(",")), &["n7", "n"]),
            r#"{"n":"1"}"#
        );
    }

    proptest! {
        #[test]
        fn a_name_is_found_as_a_reader_finds_it(
            members in proptest::collection::vec(("[ab$:, ]{0,3}", 0..4), 0..5), name in "[ab$:, \"]{0,3}"
        ) {
            let value = |kind| match kind {
                0 => "1",
                1 => r#"":a""#,
                2 => r#"[{"b":"a"}]"#,
                _ => r#" "a" "#,
            };
            let members = members.iter().map(|(name, kind)| format!("\"{name}\" :{}", value(*kind)));
            let text = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
            let object = Value::parse(text.as_bytes(), 64).unwrap();
            let mut is_there = false;
            object.for_each_member(|key, _| is_there |= key.raw() == name.as_bytes());
            prop_assert_eq!(Sent::of(Some(object)).has(name.as_bytes()), is_there, "{} {}", text, name);
        }
    }
}
