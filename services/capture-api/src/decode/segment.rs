//! Contract §1.4: what Segment's and RudderStack's SDKs send.
//!
//! | call | event | properties |
//! |---|---|---|
//! | track | its name | `properties` |
//! | page | `$pageview` | `properties`, `name`, `category` |
//! | screen | `$screen` | `properties`, `$screen_name` |
//! | identify | `$identify` | `$set` = `traits`, else `context.traits` (RudderStack's browser SDK) |
//! | group | `$groupidentify` | `$group_type`, `$group_key`, `$group_set` = `traits` |
//! | alias | `$create_alias` | `alias` = `previousId` |
//!
//! To all of them the context is added, whole as `context` and flattened by
//! [`super::segment_context`] into the names that other SDKs use.

use std::borrow::Cow;
use std::mem;

use event_schema::reason::RejectReason;

use super::additions::Additions;
use super::keys::BodyKeys;
use super::names::Names;
use super::object_writer::ObjectWriter;
use super::reader::{Entry, Reader};
use super::segment_context::flatten;
use super::{
    Batch, BodyCredential, BodyError, EventId, Field, Incoming, Limits, Properties, Refused,
};
use event_schema::json::{Kind, Scanner, SyntaxError, Text, Value};

/// The calls of a Segment SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Something happened.
    Track,
    /// A page was seen.
    Page,
    /// A screen was seen.
    Screen,
    /// Traits of a person.
    Identify,
    /// A person belongs to a group.
    Group,
    /// Two ids are one person.
    Alias,
}

impl Call {
    /// The call that `type` names.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "track" => Self::Track,
            "page" => Self::Page,
            "screen" => Self::Screen,
            "identify" => Self::Identify,
            "group" => Self::Group,
            "alias" => Self::Alias,
            _ => return None,
        })
    }
}

/// Locates the calls of a body and maps them to events. `call` is what the
/// path says; without it each entry says it in `type`.
///
/// # Errors
/// When the body is not JSON of that form, or holds too many calls.
pub fn decode<'a>(
    body: &'a [u8],
    call: Option<Call>,
    limits: &Limits,
) -> Result<Batch<'a>, BodyError> {
    let body = super::readable(body)?;
    Reader::<CallFields<'a>>::new(body, call, *limits).object_body()
}

/// Where the fields of one call stand.
#[derive(Debug)]
struct CallFields<'a> {
    call: Option<Call>,
    type_: Option<Value<'a>>,
    event: Option<Value<'a>>,
    name: Option<Value<'a>>,
    category: Option<Value<'a>>,
    user_id: Option<Value<'a>>,
    anonymous_id: Option<Value<'a>>,
    previous_id: Option<Value<'a>>,
    group_id: Option<Value<'a>>,
    message_id: Option<Value<'a>>,
    timestamp: Option<Value<'a>>,
    original_timestamp: Option<Value<'a>>,
    sent_at: Option<Value<'a>>,
    properties: Option<Value<'a>>,
    /// Those of `properties`, when that is an object.
    names: Names<'a, ()>,
    has_broken_property: bool,
    traits: Option<Value<'a>>,
    context: Option<Value<'a>>,
    project: Option<Value<'a>>,
    keys: BodyKeys<'a>,
    others: Vec<(Text<'a>, Value<'a>)>,
    has_broken_name: bool,
}

/// Unknown fields of one call that are kept.
const OTHERS_MAX: usize = 256;

impl<'a> Entry<'a> for CallFields<'a> {
    type Context = Option<Call>;
    const HAS_CREDENTIALS: bool = true;

    fn new(call: Option<Call>) -> Self {
        Self {
            call,
            type_: None,
            event: None,
            name: None,
            category: None,
            user_id: None,
            anonymous_id: None,
            previous_id: None,
            group_id: None,
            message_id: None,
            timestamp: None,
            original_timestamp: None,
            sent_at: None,
            properties: None,
            names: Names::default(),
            has_broken_property: false,
            traits: None,
            context: None,
            project: None,
            keys: BodyKeys::default(),
            others: Vec::new(),
            has_broken_name: false,
        }
    }

    fn take(&mut self, key: Text<'a>, scanner: &mut Scanner<'a>) -> Result<(), SyntaxError> {
        let name = key.name();
        let value = match &*name {
            b"properties" => self.read_properties(scanner)?,
            _ => scanner.value_with_members()?,
        };
        let slot = match &*name {
            b"type" => &mut self.type_,
            b"event" => &mut self.event,
            b"name" => &mut self.name,
            b"category" => &mut self.category,
            b"userId" => &mut self.user_id,
            b"anonymousId" => &mut self.anonymous_id,
            b"previousId" => &mut self.previous_id,
            b"groupId" => &mut self.group_id,
            b"messageId" => &mut self.message_id,
            b"timestamp" => &mut self.timestamp,
            b"originalTimestamp" => &mut self.original_timestamp,
            b"sentAt" | b"sent_at" => &mut self.sent_at,
            b"properties" => &mut self.properties,
            b"traits" => &mut self.traits,
            b"context" => &mut self.context,
            b"project_id" => &mut self.project,
            // Said by the SDK for the servers it was made for.
            b"integrations" | b"_metadata" | b"receivedAt" | b"version" | b"batch" => return Ok(()),
            _ => match self.keys.slot(&name) {
                Some(slot) => slot,
                None => {
                    if self.others.len() < OTHERS_MAX {
                        self.others.push((key, value));
                    }
                    self.has_broken_name |= key.decode().is_err();
                    return Ok(());
                }
            },
        };
        *slot = (value.kind != Kind::Null).then_some(value);
        Ok(())
    }

    fn credential(&self) -> BodyCredential<'a> {
        self.keys.first_or(None)
    }

    fn project(&self) -> Option<Value<'a>> {
        self.project
    }

    fn sent_at(&self) -> Option<Value<'a>> {
        self.sent_at
    }

    fn has_broken_name(&self) -> bool {
        let mut has_broken = self.has_broken_name || self.has_broken_property;
        if let Some(traits) = self.traits {
            traits.for_each_member(|key, _| {
                has_broken |= key.is_escaped() && key.decode().is_err();
            });
        }
        has_broken
    }

    fn into_event(mut self, text: &'a str) -> Result<Incoming<'a>, Refused> {
        let call = self.call()?;
        let name = match call {
            Call::Track => self.event.into(),
            Call::Page => known("$pageview"),
            Call::Screen => known("$screen"),
            Call::Identify => known("$identify"),
            Call::Group => known("$groupidentify"),
            Call::Alias => known("$create_alias"),
        };
        let user_id = self.user_id.filter(|id| id.raw != b"\"\"");
        Ok(Incoming {
            text,
            name,
            distinct_id: user_id.or(self.anonymous_id).into(),
            timestamp: self
                .timestamp
                .or(self.original_timestamp)
                .filter(|time| time.raw != b"\"\""),
            sent_at: self.sent_at,
            offset: None,
            is_clock_trusted: false,
            uuid: self.message_id.map_or(EventId::Absent, EventId::Foreign),
            project: self.project,
            properties: self.properties(call, user_id.is_some())?,
        })
    }
}

impl<'a> CallFields<'a> {
    fn call(&self) -> Result<Call, Refused> {
        if let Some(call) = self.call {
            return Ok(call);
        }
        let named = self.type_.and_then(|value| value.as_text());
        named
            .and_then(|text| Call::parse(&text.lossy()))
            .ok_or_else(|| {
                Refused::new(
                    RejectReason::FieldInvalid,
                    "type: must be track, page, screen, identify, group or alias",
                )
            })
    }

    /// Reads `properties`; its names are looked through once more for what is
    /// added.
    fn read_properties(&mut self, scanner: &mut Scanner<'a>) -> Result<Value<'a>, SyntaxError> {
        (self.names, self.has_broken_property) = (Names::default(), false);
        if scanner.peek() != Some(b'{') {
            return scanner.value();
        }
        let start = scanner.position();
        scanner.begin_object()?;
        while let Some((key, _)) = scanner.next_member()? {
            self.has_broken_property |= key.is_escaped() && key.decode().is_err();
            self.names.insert(key.name(), ());
        }
        Ok(Value::object(scanner.since(start)))
    }

    fn properties(&mut self, call: Call, has_user_id: bool) -> Result<Properties<'a>, Refused> {
        let own = object("properties", self.properties)?;
        let traits = object("traits", self.traits)?;
        let context = object("context", self.context)?;
        let mut added = Additions::beside_names(mem::take(&mut self.names));
        for (key, value) in &self.others {
            added.add_as_is(*key, value.raw);
        }
        match call {
            Call::Track => {}
            Call::Page => {
                added.add_sent("name", self.name);
                added.add_sent("category", self.category);
            }
            Call::Screen => {
                added.add_sent("$screen_name", self.name);
                added.add_sent("category", self.category);
            }
            Call::Identify => {
                let of_context = context.and_then(|context| context.member("traits"));
                added.add_sent("$set", traits.or(of_context));
            }
            Call::Group => {
                added.add_text("$group_type", "group");
                added.add_sent("$group_key", self.group_id);
                added.add_sent("$group_set", traits);
            }
            Call::Alias => added.add_sent("alias", self.previous_id),
        }
        if has_user_id && let Some(anonymous) = self.anonymous_id {
            added.add("$anon_distinct_id", anonymous.raw);
        }
        if let Some(context) = context {
            let is_view = matches!(call, Call::Page | Call::Screen);
            flatten(context, is_view.then_some(own).flatten(), &mut added);
            added.add("context", context.raw);
        }
        let capacity =
            own.map_or(0, |own| own.raw.len()) + self.context.map_or(0, |all| all.raw.len());
        let mut properties = ObjectWriter::with_capacity(capacity + 512);
        added.write_to(&mut properties);
        if let Some(own) = own {
            properties.members_of(own.raw);
        }
        Ok(Properties::Built(properties.finish()))
    }
}

fn known(name: &'static str) -> Field<'static> {
    Field::Known(Cow::Borrowed(name))
}

fn object<'a>(name: &str, value: Option<Value<'a>>) -> Result<Option<Value<'a>>, Refused> {
    match value {
        Some(value) if value.kind != Kind::Object => Err(Refused::new(
            RejectReason::PropertiesInvalid,
            format!("{name}: must be an object"),
        )),
        other => Ok(other),
    }
}

#[cfg(test)]
#[path = "segment_tests.rs"]
mod tests;
