//! The properties of an event as a client sent them, found and not yet looked
//! into.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::json::{Scanner, text_within};

/// How many members most objects have at most.
const EXPECTED: usize = 24;
/// Up to this many names are compared one by one for repetition.
const FEW: usize = 24;

/// The members of an object that a client sent, in its order; of a name that
/// stands there several times the last value counts, as in every JSON reader.
#[derive(Debug)]
pub struct Members<'a>(Vec<Member<'a>>);

/// A member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its name, escapes resolved.
    pub name: Cow<'a, str>,
    /// The JSON text of its value, without white space around it.
    pub raw: &'a str,
    /// Whether the value is a string that holds a backslash.
    pub is_escaped: bool,
}

impl<'a> Members<'a> {
    /// In the order in which they were sent.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Member<'a>> {
        self.0.iter()
    }

    /// Those of the object at which `scanner` stands in `text`; `None` when
    /// there is anything about it that the general reader must judge.
    pub(super) fn scan(scanner: &mut Scanner<'a>, text: &'a str) -> Option<Self> {
        let mut members = Vec::with_capacity(EXPECTED);
        scanner.begin_object().ok()?;
        while let Some((name, value)) = scanner.next_member().ok()? {
            members.push(Member {
                name: name.decode_within(text).ok()?,
                raw: text_within(text, value.raw).ok()?,
                is_escaped: value.is_escaped,
            });
        }
        drop_repeated(&mut members);
        scanner.take_flaw().is_none().then_some(Self(members))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of properties")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(map.size_hint().unwrap_or(EXPECTED));
        while let Some(Name(name)) = map.next_key()? {
            let raw = map.next_value::<&RawValue>()?.get();
            members.push(Member {
                name,
                raw,
                is_escaped: raw.starts_with('"') && raw.contains('\\'),
            });
        }
        drop_repeated(&mut members);
        Ok(Members(members))
    }
}

/// A member's name, borrowed where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Keeps the last member of each name.
fn drop_repeated(members: &mut Vec<Member<'_>>) {
    if members.len() <= FEW && !repeats_a_name(members) {
        return;
    }
    let last: HashMap<String, usize> = members
        .iter()
        .enumerate()
        .map(|(at, member)| (member.name.clone().into_owned(), at))
        .collect();
    if last.len() < members.len() {
        let mut at = 0;
        members.retain(|member| {
            at += 1;
            last.get(member.name.as_ref()) == Some(&(at - 1))
        });
    }
}

/// Whether a name stands there twice. Nearly all objects repeat none, and
/// comparing every name with every other one costs more than reading them.
fn repeats_a_name(members: &[Member<'_>]) -> bool {
    let mut seen = 0_u64;
    members.iter().enumerate().any(|(at, Member { name, .. })| {
        let bytes = name.as_bytes();
        let ends = [bytes.first(), bytes.last()].map(|byte| byte.copied().map_or(0, usize::from));
        let mark = 1 << ((bytes.len() * 11 + ends[0] * 5 + ends[1]) % 64);
        let is_known = seen & mark != 0;
        seen |= mark;
        is_known && members[..at].iter().any(|earlier| earlier.name == *name)
    })
}
