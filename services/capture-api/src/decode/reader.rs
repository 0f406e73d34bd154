//! Reads the events of a body one after the other and keeps apart what is
//! wrong with each, so that one bad event never spoils its neighbours.

use event_schema::reason::RejectReason;

use super::{Batch, BodyCredential, BodyError, Incoming, Limits, Located, Refused, flaw};
use event_schema::json::{Scanner, SyntaxError, Text, Value, text_within};

/// How one family of clients spells an event. The same fields are read at the
/// top of a body, where they may belong to the batch.
pub(super) trait Entry<'a>: Sized {
    /// What the request says beside the body.
    type Context: Copy;
    /// Whether each entry of a batch may carry a credential.
    const HAS_CREDENTIALS: bool;

    /// Nothing read yet.
    fn new(context: Self::Context) -> Self;
    /// Takes the member named `key`, with the scanner at its value.
    fn take(&mut self, key: Text<'a>, scanner: &mut Scanner<'a>) -> Result<(), SyntaxError>;
    /// The credential among the fields.
    fn credential(&self) -> BodyCredential<'a>;
    /// The project among the fields.
    fn project(&self) -> Option<Value<'a>>;
    /// When it was sent.
    fn sent_at(&self) -> Option<Value<'a>>;
    /// Whether the client asks that its clock is not corrected.
    fn is_clock_trusted(&self) -> bool {
        false
    }
    /// Whether somebody else sends what clients sent long ago.
    fn is_historical(&self) -> bool {
        false
    }
    /// Whether a name that has to be read later is no text.
    fn has_broken_name(&self) -> bool;
    /// The event, whose whole text is `text`.
    fn into_event(self, text: &'a str) -> Result<Incoming<'a>, Refused>;
}

/// One pass over a body.
pub(super) struct Reader<'a, E: Entry<'a>> {
    context: E::Context,
    limits: Limits,
    /// The body, when all of it is text.
    text: &'a str,
    scanner: Scanner<'a>,
}

/// The entries of an array and the credential among them.
type Entries<'a> = (Vec<Located<'a>>, BodyCredential<'a>);

impl<'a, E: Entry<'a>> Reader<'a, E> {
    pub(super) fn new(body: &'a [u8], context: E::Context, limits: Limits) -> Self {
        Self {
            context,
            limits,
            text: std::str::from_utf8(body).unwrap_or_default(),
            scanner: Scanner::new(body, limits.nesting_max),
        }
    }

    pub(super) fn is_array(&mut self) -> bool {
        self.scanner.peek() == Some(b'[')
    }

    /// A body that is an object: a batch, or one event.
    pub(super) fn object_body(mut self) -> Result<Batch<'a>, BodyError> {
        if self.scanner.peek() != Some(b'{') {
            // Structure first: what is no JSON at all is told so.
            self.scanner.value()?;
            self.scanner.finish()?;
            if self.scanner.take_flaw().is_some() {
                return Err(BodyError::Invalid(
                    "the body is not JSON".into(),
                    RejectReason::InvalidJson,
                ));
            }
            return Err(BodyError::Invalid(
                "the body must be an event or an object with a batch".into(),
                RejectReason::NotAnObject,
            ));
        }
        let mut top = E::new(self.context);
        let mut entries: Option<Entries<'a>> = None;
        let mut own_flaw = None;
        self.scanner.begin_object()?;
        let start = self.scanner.position() - 1;
        while let Some(key) = self.scanner.next_key()? {
            if key.is("batch") && self.scanner.peek() != Some(b'n') {
                own_flaw = own_flaw.or(self.scanner.take_flaw());
                entries = Some(self.entries()?);
            } else {
                top.take(key, &mut self.scanner)?;
            }
        }
        let raw = self.scanner.since(start);
        self.scanner.finish()?;
        own_flaw = own_flaw.or(self.scanner.take_flaw());
        let flawed = own_flaw.map(|flaw| flaw::refused(raw, start, flaw, self.limits.nesting_max));
        let mut batch = Batch {
            credential: top.credential(),
            project: top.project(),
            sent_at: top.sent_at(),
            is_clock_trusted: top.is_clock_trusted(),
            is_historical: top.is_historical(),
            events: Vec::new(),
        };
        match (entries, flawed) {
            (None, flawed) => {
                let event = flawed.map_or_else(|| self.judge(raw, top), Err);
                batch.events.push(Located { raw, event });
            }
            (Some(_), Some(refused)) => {
                return Err(BodyError::Invalid(refused.detail, refused.reason));
            }
            (Some((events, credential)), None) => {
                if matches!(batch.credential, BodyCredential::Absent) {
                    batch.credential = credential;
                }
                batch.events = events;
            }
        }
        Ok(batch)
    }

    /// A body that is an array of events.
    pub(super) fn array_body(mut self) -> Result<Batch<'a>, BodyError> {
        let (events, credential) = self.entries()?;
        self.scanner.finish()?;
        Ok(Batch {
            credential,
            events,
            ..Batch::default()
        })
    }

    fn entries(&mut self) -> Result<Entries<'a>, BodyError> {
        if !self.is_array() {
            self.scanner.value()?;
            return Err(BodyError::Invalid(
                "batch: must be an array of events".into(),
                RejectReason::FieldInvalid,
            ));
        }
        let mut events = Vec::new();
        let mut credential = BodyCredential::Absent;
        self.scanner.begin_array()?;
        while self.scanner.next_item()? {
            if events.len() == self.limits.batch_events_max {
                return Err(BodyError::TooManyEvents(self.limits.batch_events_max));
            }
            self.entry(&mut events, &mut credential)?;
        }
        Ok((events, credential))
    }

    /// For how many entries to make room when the first is `first`: those of one
    /// client resemble each other. It is hardly ever more than the body takes.
    fn entries_like(&self, first: &[u8]) -> usize {
        let bytes = first.len().max(size_of::<Located<'a>>());
        let alike = 1 + self.scanner.remaining() / bytes;
        (alike + alike / 8).min(self.limits.batch_events_max)
    }

    /// Reads one entry to the end of `events`, where it is put together: it is
    /// large enough to be worth no moves.
    fn entry(
        &mut self,
        events: &mut Vec<Located<'a>>,
        credential: &mut BodyCredential<'a>,
    ) -> Result<(), BodyError> {
        if self.scanner.peek() != Some(b'{') {
            let raw = self.scanner.value()?.raw;
            self.scanner.take_flaw();
            let refused = Refused::new(RejectReason::NotAnObject, "the entry is not an object");
            events.push(Located {
                raw,
                event: Err(refused),
            });
            return Ok(());
        }
        let start = self.scanner.position();
        let mut fields = E::new(self.context);
        self.scanner.begin_object()?;
        while let Some(key) = self.scanner.next_key()? {
            fields.take(key, &mut self.scanner)?;
        }
        let raw = self.scanner.since(start);
        if E::HAS_CREDENTIALS {
            join(credential, fields.credential());
        }
        let event = match self.scanner.take_flaw() {
            Some(flaw) => Err(flaw::refused(raw, start, flaw, self.limits.nesting_max)),
            None => self.judge(raw, fields),
        };
        if events.is_empty() {
            events.reserve(self.entries_like(raw));
        }
        events.push(Located { raw, event });
        Ok(())
    }

    /// What is wrong with an event as a whole, whatever its fields say.
    #[inline]
    fn judge(&self, raw: &'a [u8], fields: E) -> Result<Incoming<'a>, Refused> {
        let limit = self.limits.event_bytes_max;
        if raw.len() > limit {
            return Err(Refused::new(
                RejectReason::EventTooLarge,
                format!("the event has {} bytes, the limit is {limit}", raw.len()),
            ));
        }
        let text = text_within(self.text, raw)
            .map_err(|error| flaw::not_utf8(raw, error.valid_up_to()))?;
        if fields.has_broken_name() {
            return Err(Refused::new(
                RejectReason::InvalidText,
                "properties: a name is no Unicode text (a lone surrogate)",
            ));
        }
        fields.into_event(text)
    }
}

/// Keeps the first credential; several that differ are none.
fn join<'a>(known: &mut BodyCredential<'a>, next: BodyCredential<'a>) {
    match (&*known, &next) {
        (_, BodyCredential::Absent) => {}
        (BodyCredential::Absent, _) => *known = next,
        (BodyCredential::Key(one), BodyCredential::Key(other)) if one == other => {}
        _ => *known = BodyCredential::Unusable,
    }
}
