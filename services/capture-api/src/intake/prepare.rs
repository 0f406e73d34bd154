//! The work on a body between reading and publishing: all of it computation,
//! none of it waiting.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use event_schema::envelope::{EnvelopeWriter, EventRef};
use event_schema::reason::RejectReason;
use identity::{KeyInfo, Scope};
use transport::{Record, Topic};

use super::form::Form;
use super::outcome::{EventOutcome, Stop};
use crate::app::Services;
use crate::budget::Reservation;
use crate::decode::{Batch, BodyCredential, Located};
use crate::encoding::{Coding, decompress};
use crate::pipeline::{Accepted, Arrival, IdMaker, accept, check_project, parse_sent_at};
use crate::refusals::example;

/// What is known of a request beside its body.
#[derive(Debug)]
pub(super) struct Work {
    pub services: Arc<Services>,
    pub codings: Vec<Coding>,
    pub form: Form,
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
    pub received_at: i64,
}

/// Records ready to be published, and what became of each event.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub key: Arc<KeyInfo>,
    pub records: Vec<Record>,
    pub events: Vec<EventOutcome>,
    pub client_ids: Vec<Option<String>>,
    /// Given back when the request is answered.
    pub memory: Option<Reservation>,
}

/// Bytes that an envelope adds to an event, at most in practice.
const ENVELOPE_BYTES: usize = 320;

impl Work {
    /// Decodes the body and judges its events. `key` is the one of the headers.
    pub(super) fn run(
        &self,
        body: &Bytes,
        key: Option<Arc<KeyInfo>>,
        memory: &mut Reservation,
    ) -> Result<Prepared, Stop> {
        let limits = &self.services.limits;
        let decoded = decompress(body, &self.codings, limits.decompressed_bytes_max, memory)
            .and_then(|body| {
                self.form
                    .unwrap(body, limits.decompressed_bytes_max, memory)
            });
        let text = match decoded {
            Ok(text) => text,
            Err(error) => return Err(self.note(key.as_deref(), error.into(), &[])),
        };
        self.services
            .meters
            .decoded_bytes
            .increment(text.len() as u64);
        let batch = match self.form.decode(&text, &limits.decode) {
            Ok(batch) => batch,
            Err(error) => return Err(self.note(key.as_deref(), error.into(), &text)),
        };
        let key = match key {
            Some(key) => key,
            None => self.key_of_body(&batch.credential)?,
        };
        self.judge(&key, batch, memory)
            .map_err(|stop| self.note(Some(&key), stop, &text))
    }

    /// Counts what was refused as a whole, for the project it came for.
    fn note(&self, key: Option<&KeyInfo>, stop: Stop, text: &[u8]) -> Stop {
        if let (Some(key), Some(refused)) = (key, stop.refused()) {
            self.services
                .refusals
                .note(key.project_id(), &refused, || example(text));
        }
        stop
    }

    fn key_of_body(&self, credential: &BodyCredential<'_>) -> Result<Arc<KeyInfo>, Stop> {
        let text = match credential {
            BodyCredential::Absent => return self.services.open_key().ok_or(Stop::MissingKey),
            BodyCredential::Unusable => return Err(Stop::InvalidKey),
            BodyCredential::Key(text) => text.trim(),
        };
        match self.services.keys.lookup(text) {
            Some(key) if key.may(Scope::Capture) => Ok(key),
            Some(_) => Err(Stop::NoScope),
            None => Err(Stop::UnknownKey(text.to_owned())),
        }
    }

    fn judge(
        &self,
        key: &Arc<KeyInfo>,
        batch: Batch<'_>,
        memory: &mut Reservation,
    ) -> Result<Prepared, Stop> {
        check_project(batch.project, key).map_err(|_| Stop::ProjectMismatch)?;
        if batch.events.is_empty() {
            return Err(Stop::Invalid {
                reason: RejectReason::EmptyBatch,
                detail: "the batch is empty".into(),
            });
        }
        let rates = &self.services.rates;
        rates
            .take(key.key_id, key.events_per_second_max, batch.events.len())
            .map_err(|exceeded| Stop::rate_limited(exceeded, rates.limit_of(key)))?;
        let in_body = batch.sent_at.map(parse_sent_at).transpose();
        let sent_at = in_body.map_err(|refused| Stop::Invalid {
            reason: refused.reason,
            detail: refused.detail,
        })?;
        let arrival = Arrival {
            key,
            received_at: self.received_at,
            sent_at: sent_at.flatten().or(self.form.sent_at_ms()),
            is_clock_trusted: batch.is_clock_trusted,
        };
        let bytes: usize = batch.events.iter().map(|event| event.raw.len()).sum();
        let capacity = bytes + batch.events.len() * ENVELOPE_BYTES;
        memory.grow(capacity + batch.events.len() * size_of::<Located<'_>>())?;
        Ok(self.write(batch, &arrival, key, capacity))
    }

    /// Runs the pipeline over every event and writes the envelopes, all into
    /// one buffer that the records share.
    fn write(
        &self,
        batch: Batch<'_>,
        arrival: &Arrival<'_>,
        key: &Arc<KeyInfo>,
        capacity: usize,
    ) -> Prepared {
        let mut ids = IdMaker::new(self.received_at);
        let mut buffer = Vec::with_capacity(capacity);
        let mut ends: Vec<(usize, usize)> = Vec::with_capacity(batch.events.len());
        let mut events = Vec::with_capacity(batch.events.len());
        let mut client_ids = Vec::new();
        let writer = EnvelopeWriter::new(
            key.project_id(),
            self.received_at,
            self.address.filter(|_| !batch.is_historical),
            self.user_agent.as_deref(),
        );
        for located in batch.events {
            if self.form.answers_by_id() {
                client_ids.push(located.sent_id());
            }
            let Located { raw, event } = located;
            let judged = event.and_then(|event| accept(event, arrival, &mut ids));
            events.push(match judged {
                Ok(accepted) => {
                    ends.push(write_one(&accepted, &writer, &mut buffer));
                    EventOutcome::Unconfirmed {
                        uuid: accepted.uuid,
                        is_ours: accepted.is_uuid_ours,
                    }
                }
                Err(refused) => {
                    self.services
                        .refusals
                        .note(key.project_id(), &refused, || example(raw));
                    EventOutcome::Refused(refused)
                }
            });
        }
        Prepared {
            key: Arc::clone(key),
            records: records(Bytes::from(buffer), &ends),
            events,
            client_ids,
            memory: None,
        }
    }
}

/// Appends one envelope and, behind it, the record's key; where each ends.
fn write_one(
    event: &Accepted<'_>,
    writer: &EnvelopeWriter,
    buffer: &mut Vec<u8>,
) -> (usize, usize) {
    let written = EventRef {
        uuid: event.uuid,
        event: &event.name,
        distinct_id: &event.distinct_id,
        timestamp: event.timestamp,
        sent_at: event.sent_at,
        properties: &event.properties,
    };
    writer.write(&written, buffer);
    let payload_end = buffer.len();
    buffer.extend_from_slice(event.distinct_id.as_bytes());
    (payload_end, buffer.len())
}

fn records(buffer: Bytes, ends: &[(usize, usize)]) -> Vec<Record> {
    let mut start = 0;
    ends.iter()
        .map(|&(payload_end, end)| {
            let payload = buffer.slice(start..payload_end);
            let key = buffer.slice(payload_end..end);
            start = end;
            Record::new(Topic::Events, key, payload)
        })
        .collect()
}
