//! The fields of an event object as the native form and PostHog's spell them,
//! located in one pass.

use std::borrow::Cow;

use super::additions::Additions;
use super::keys::BodyKeys;
use super::object_writer::ObjectWriter;
use super::reader::Entry;
use super::{BodyCredential, EventId, Field, Incoming, Properties, Refused};
use event_schema::json::{Kind, Scanner, SyntaxError, Text, Value};

/// How events are spelled, and what the request says beside the body.
#[derive(Clone, Copy, Debug)]
pub struct Spelling<'a> {
    /// Whose fields are known.
    pub dialect: Dialect,
    /// The name of an event that has none.
    pub fallback_name: Option<&'static str>,
    /// Name and version of the SDK, where a header tells them.
    pub library: Option<(&'a str, &'a str)>,
}

impl Spelling<'_> {
    /// Contract §1.1.
    pub const NATIVE: Self = Self::of(Dialect::Native);
    /// Contract §1.3.
    pub const POSTHOG: Self = Self::of(Dialect::PostHog);
    /// Contract §1.3, the newest clients.
    pub const POSTHOG_V1: Self = Self::of(Dialect::PostHogV1);

    const fn of(dialect: Dialect) -> Self {
        Self {
            dialect,
            fallback_name: None,
            library: None,
        }
    }
}

/// Whose fields are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Contract §1.1.
    Native,
    /// `$distinct_id`, `$token`, `offset`, `properties.token` and the
    /// `distinct_id` in properties mean something.
    PostHog,
    /// Like that; `session_id`, `window_id` and `options` stand beside
    /// `properties` and belong into them.
    PostHogV1,
}

/// Where each known field of one object stands. Of a repeated name the last
/// one counts, as everywhere in JSON.
#[derive(Debug)]
pub struct EventFields<'a> {
    spelling: Spelling<'a>,
    event: Option<Value<'a>>,
    distinct_id: Option<Value<'a>>,
    dollar_distinct_id: Option<Value<'a>>,
    timestamp: Option<Value<'a>>,
    offset: Option<Value<'a>>,
    uuid: Option<Value<'a>>,
    properties: Option<PropertyFields<'a>>,
    is_clock_trusted: bool,
    is_historical: bool,
    has_others: bool,
    has_broken_name: bool,
    keys: BodyKeys<'a>,
    sent_at: Option<Value<'a>>,
    project: Option<Value<'a>>,
    options: Option<Value<'a>>,
}

/// What the scan of `properties` noticed on its way.
#[derive(Clone, Copy, Debug)]
struct PropertyFields<'a> {
    value: Value<'a>,
    token: Option<Value<'a>>,
    distinct_id: Option<Value<'a>>,
    /// What posthog-js had before it sent uuids.
    insert_id: Option<Value<'a>>,
    is_clock_trusted: bool,
    has_broken_name: bool,
}

impl<'a> Entry<'a> for EventFields<'a> {
    type Context = Spelling<'a>;
    const HAS_CREDENTIALS: bool = true;

    fn new(spelling: Spelling<'a>) -> Self {
        Self {
            spelling,
            event: None,
            distinct_id: None,
            dollar_distinct_id: None,
            timestamp: None,
            offset: None,
            uuid: None,
            properties: None,
            is_clock_trusted: false,
            is_historical: false,
            has_others: false,
            has_broken_name: false,
            keys: BodyKeys::default(),
            sent_at: None,
            project: None,
            options: None,
        }
    }

    fn take(&mut self, key: Text<'a>, scanner: &mut Scanner<'a>) -> Result<(), SyntaxError> {
        let name = key.name();
        if &*name == b"properties" && scanner.peek() == Some(b'{') {
            self.properties = Some(PropertyFields::read(scanner, self.spelling.dialect)?);
            return Ok(());
        }
        let value = scanner.value()?;
        if let Some(slot) = self.slot(&name) {
            *slot = (value.kind != Kind::Null).then_some(value);
            return Ok(());
        }
        match &*name {
            b"properties" => {
                self.properties = (value.kind != Kind::Null).then(|| PropertyFields::bare(value));
            }
            b"$ignore_sent_at" => self.is_clock_trusted = value.is_true(),
            _ => {
                self.is_historical |= &*name == b"historical_migration" && value.is_true();
                self.has_others = true;
                self.has_broken_name |= key.decode().is_err();
            }
        }
        Ok(())
    }

    fn credential(&self) -> BodyCredential<'a> {
        let in_properties = self.properties.and_then(|properties| properties.token);
        self.keys.first_or(in_properties)
    }

    fn project(&self) -> Option<Value<'a>> {
        self.project
    }

    fn sent_at(&self) -> Option<Value<'a>> {
        self.sent_at
    }

    fn is_clock_trusted(&self) -> bool {
        self.is_clock_trusted
    }

    fn is_historical(&self) -> bool {
        self.is_historical
    }

    fn has_broken_name(&self) -> bool {
        let in_properties = self.properties.map(|properties| properties.has_broken_name);
        self.has_broken_name || in_properties.unwrap_or(false)
    }

    fn into_event(self, text: &'a str) -> Result<Incoming<'a>, Refused> {
        let sent = self.properties;
        let distinct_id = self
            .distinct_id
            .or(self.dollar_distinct_id)
            .or(sent.and_then(|properties| properties.distinct_id));
        let name = match (self.event, self.spelling.fallback_name) {
            (None, Some(name)) => Field::Known(Cow::Borrowed(name)),
            (event, _) => event.into(),
        };
        Ok(Incoming {
            text,
            name,
            distinct_id: distinct_id.into(),
            timestamp: self.timestamp,
            sent_at: self.sent_at,
            offset: self.offset,
            is_clock_trusted: self.is_clock_trusted
                || sent.is_some_and(|properties| properties.is_clock_trusted)
                || self
                    .option("disable_skew_correction")
                    .is_some_and(|value| value.is_true()),
            uuid: match (self.uuid, self.spelling.dialect) {
                (Some(uuid), Dialect::Native) => EventId::Uuid(uuid),
                (Some(uuid), Dialect::PostHog | Dialect::PostHogV1) => EventId::Foreign(uuid),
                (None, _) => sent
                    .and_then(|properties| properties.insert_id)
                    .map_or(EventId::Absent, EventId::Foreign),
            },
            project: self.project,
            properties: self.properties(text.as_bytes()),
        })
    }
}

impl<'a> EventFields<'a> {
    fn is_native(&self) -> bool {
        self.spelling.dialect == Dialect::Native
    }

    fn option(&self, name: &str) -> Option<Value<'a>> {
        self.options.and_then(|options| options.member(name))
    }

    fn slot(&mut self, name: &[u8]) -> Option<&mut Option<Value<'a>>> {
        // Slices that are patterns are compared byte by byte, whole ones at once.
        Some(match name {
            _ if name == b"event" => &mut self.event,
            _ if name == b"distinct_id" => &mut self.distinct_id,
            _ if name == b"timestamp" => &mut self.timestamp,
            _ if name == b"uuid" => &mut self.uuid,
            _ if name == b"sent_at" => &mut self.sent_at,
            _ if name == b"project_id" => &mut self.project,
            b"offset" if !self.is_native() => &mut self.offset,
            b"$distinct_id" if !self.is_native() => &mut self.dollar_distinct_id,
            b"options" if self.spelling.dialect == Dialect::PostHogV1 => &mut self.options,
            b"$token" if self.is_native() => return None,
            _ => return self.keys.slot(name),
        })
    }

    /// The properties as sent, unless something has to be added or removed.
    fn properties(&self, raw: &'a [u8]) -> Properties<'a> {
        let sent = self.properties;
        let is_object = sent.is_none_or(|sent| sent.value.kind == Kind::Object);
        let must_drop_token = sent.is_some_and(|sent| sent.token.is_some());
        let has_additions =
            self.has_others || self.options.is_some() || self.spelling.library.is_some();
        if !is_object || (!has_additions && !must_drop_token) {
            return sent.map_or(Properties::Absent, |sent| Properties::Sent(sent.value));
        }
        let mut object = ObjectWriter::with_capacity(raw.len());
        if has_additions {
            self.write_others(raw, sent.map(|sent| sent.value), &mut object);
        }
        match sent {
            Some(sent) if must_drop_token => sent.value.for_each_member(|key, value| {
                if !key.is("token") {
                    object.raw(key.raw(), value.raw);
                }
            }),
            Some(sent) => object.members_of(sent.value.raw),
            None => {}
        }
        Properties::Built(object.finish())
    }

    /// Unknown top-level fields become properties; one of the same name in
    /// `properties` wins, and of a repeated one the last.
    fn write_others(&self, raw: &'a [u8], sent: Option<Value<'a>>, object: &mut ObjectWriter) {
        let Ok(whole) = Value::parse(raw, usize::MAX) else {
            return;
        };
        let mut others = Additions::beside(sent);
        whole.for_each_member(|key, value| {
            let name = key.name();
            if self.is_known(&name) {
                return;
            }
            match (&*name, self.spelling.dialect) {
                (b"session_id", Dialect::PostHogV1) => others.add("$session_id", value.raw),
                (b"window_id", Dialect::PostHogV1) => others.add("$window_id", value.raw),
                _ => others.add_as_is(key, value.raw),
            }
        });
        for (option, property) in V1_OPTIONS {
            if let Some(value) = self.option(option) {
                others.add(property, value.raw);
            }
        }
        if let Some((library, version)) = self.spelling.library {
            others.add_text("$lib", library);
            others.add_text("$lib_version", version);
        }
        others.write_to(object);
    }

    fn is_known(&self, name: &[u8]) -> bool {
        let is_common = matches!(
            name,
            b"event"
                | b"distinct_id"
                | b"timestamp"
                | b"uuid"
                | b"sent_at"
                | b"project_id"
                | b"api_key"
                | b"token"
                | b"writeKey"
                | b"properties"
                | b"$ignore_sent_at"
        );
        is_common
            || (!self.is_native() && matches!(name, b"offset" | b"$distinct_id" | b"$token"))
            || (self.spelling.dialect == Dialect::PostHogV1 && name == b"options")
    }
}

/// Options of the newest PostHog clients and the properties they stand for.
const V1_OPTIONS: [(&str, &str); 3] = [
    ("cookieless_mode", "$cookieless_mode"),
    ("process_person_profile", "$process_person_profile"),
    ("product_tour_id", "$product_tour_id"),
];

impl<'a> PropertyFields<'a> {
    /// A value that is no object: nothing to notice.
    fn bare(value: Value<'a>) -> Self {
        Self {
            value,
            token: None,
            distinct_id: None,
            insert_id: None,
            is_clock_trusted: false,
            has_broken_name: false,
        }
    }

    fn read(scanner: &mut Scanner<'a>, dialect: Dialect) -> Result<Self, SyntaxError> {
        let start = scanner.position();
        scanner.begin_object()?;
        let mut fields = Self::bare(Value::object(&[]));
        while let Some((key, value)) = scanner.next_member()? {
            if key.is_escaped() {
                fields.has_broken_name |= key.decode().is_err();
            }
            match (key.raw().len(), dialect) {
                (15, _) if key.raw() == b"$ignore_sent_at" => {
                    fields.is_clock_trusted = value.is_true();
                }
                (5, Dialect::PostHog | Dialect::PostHogV1) if key.raw() == b"token" => {
                    fields.token = Some(value);
                }
                (11, Dialect::PostHog | Dialect::PostHogV1) if key.raw() == b"distinct_id" => {
                    fields.distinct_id = Some(value);
                }
                (10, Dialect::PostHog | Dialect::PostHogV1) if key.raw() == b"$insert_id" => {
                    let is_usable = value.kind == Kind::String && value.raw != b"\"\"";
                    fields.insert_id = is_usable.then_some(value);
                }
                _ => {}
            }
        }
        fields.value = Value::object(scanner.since(start));
        Ok(fields)
    }
}
