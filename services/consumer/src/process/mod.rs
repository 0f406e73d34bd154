//! From a record of the log to a row: pure functions, no I/O.

use bytes::Bytes;
use event_schema::envelope::{Envelope, Members};
use event_schema::ids::ProjectId;
use uuid::Uuid;
use warehouse::EventRow;

pub mod address;
pub mod geo;
pub mod user_agent;

use address::derive_from_addresses;
use geo::Geo;
use user_agent::UserAgents;

/// What turns records into rows. Each part can be switched off by
/// configuration.
#[derive(Debug, Default)]
pub struct Processor {
    /// Where an address is on earth, when there is a database.
    pub geo: Option<Geo>,
    /// What a browser calls itself.
    pub user_agents: Option<UserAgents>,
}

/// Why a record can never be stored, and what could be read of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecodable {
    /// A stable word.
    pub kind: &'static str,
    /// In words.
    pub message: String,
    /// Its project, as far as it could be read.
    pub project_id: Option<ProjectId>,
    /// Its id, likewise.
    pub uuid: Option<Uuid>,
    /// Its person, likewise.
    pub distinct_id: Option<String>,
}

impl Processor {
    /// The row of a record. Position, claim and arrival are left for the
    /// caller.
    ///
    /// # Errors
    /// When the record is no event, whoever reads it.
    pub fn row(&self, payload: &Bytes) -> Result<EventRow, Undecodable> {
        let envelope = Envelope::<Members<'_>>::read(payload)
            .map_err(|error| undecodable(fault_of(payload), &error, payload))?;
        let mut row = EventRow::of_record(
            payload.clone(),
            envelope.project_id,
            envelope.uuid,
            &envelope.event,
            &envelope.distinct_id,
            envelope.timestamp,
        );
        row.received_at = envelope.received_at;
        row.sent_before = envelope
            .sent_at
            .map_or(0, |sent_at| envelope.received_at.saturating_sub(sent_at));
        row.set_members(&envelope.properties);
        self.derive(&mut row, &envelope);
        Ok(row)
    }

    /// Adds what the client did not send and we can know.
    fn derive<P>(&self, row: &mut EventRow, envelope: &Envelope<'_, P>) {
        derive_from_addresses(row);
        if let Some(user_agents) = &self.user_agents {
            user_agents.derive(row, envelope.user_agent.as_deref());
        }
        if let Some(geo) = &self.geo {
            geo.derive(row, envelope.ip);
        }
    }
}

/// What is wrong with a record that cannot be read: all of it, or its
/// properties alone.
fn fault_of(payload: &[u8]) -> &'static str {
    match Envelope::parse(payload) {
        Ok(_) => "properties_invalid",
        Err(_) => "undecodable",
    }
}

/// Reads what identifies an event out of a record that is otherwise unusable.
fn undecodable(kind: &'static str, error: &serde_json::Error, payload: &[u8]) -> Undecodable {
    let value: serde_json::Value = serde_json::from_slice(payload).unwrap_or_default();
    let text = |name: &str| value.get(name).and_then(serde_json::Value::as_str);
    Undecodable {
        kind,
        message: error.to_string(),
        project_id: text("project_id").and_then(|id| id.parse().ok()),
        uuid: text("uuid").and_then(|id| Uuid::parse_str(id).ok()),
        distinct_id: text("distinct_id").map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use event_schema::envelope::EnvelopeRef;

    use super::*;

    fn record(properties: &str) -> Bytes {
        let mut bytes = Vec::new();
        EnvelopeRef {
            project_id: ProjectId(Uuid::from_u128(1)),
            uuid: Uuid::from_u128(2),
            event: "$pageview",
            distinct_id: "ada",
            timestamp: 1_700_000_000_000,
            received_at: 1_700_000_000_005,
            sent_at: Some(1_700_000_000_001),
            ip: None,
            user_agent: Some(
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
            ),
            properties,
        }
        .write_to(&mut bytes)
        .unwrap();
        bytes.into()
    }

    #[test]
    fn a_row_has_what_was_sent_and_what_follows_from_it() {
        let processor = Processor {
            geo: None,
            user_agents: Some(UserAgents::new(100).unwrap()),
        };
        let row = processor
            .row(&record(
                r#"{"$current_url":"https://shop.example/a?utm_source=news","$os":"BeOS"}"#,
            ))
            .unwrap();
        assert_eq!(row.event(), "$pageview");
        assert_eq!((row.received_at, row.sent_before), (1_700_000_000_005, 4));
        assert_eq!(row.hot_property("$host"), Some("shop.example"));
        assert_eq!(row.hot_property("utm_source"), Some("news"));
        assert_eq!(row.hot_property("$browser"), Some("Chrome"));
        assert_eq!(row.hot_property("$os"), Some("BeOS"));
        // The header's text itself is not kept.
        assert_eq!(row.hot_property("$raw_user_agent"), None);
    }

    #[test]
    fn switched_off_means_nothing_is_added() {
        let row = Processor::default().row(&record("{}")).unwrap();
        assert_eq!(row.derived_mask(), 0);
    }

    #[test]
    fn of_an_unusable_record_the_identity_is_read_where_it_can_be() {
        let processor = Processor::default();
        let error = processor.row(&Bytes::from_static(b"not json")).unwrap_err();
        assert_eq!((error.kind, error.uuid), ("undecodable", None));
        let error = processor.row(&record("[1]")).unwrap_err();
        let known = (error.kind, error.distinct_id.as_deref());
        assert_eq!(known, ("properties_invalid", Some("ada")));
        let id = Uuid::from_u128(9);
        let error = processor
            .row(&format!(r#"{{"v":99,"uuid":"{id}","distinct_id":"ada"}}"#).into())
            .unwrap_err();
        assert_eq!(error.uuid, Some(id));
        assert_eq!(error.distinct_id.as_deref(), Some("ada"));
    }
}
