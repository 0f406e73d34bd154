//! Why an event was refused, as clients and operators see it.

use serde::{Deserialize, Serialize};

/// The stable code of a refusal: the `code` of an entry in `rejected` or
/// `errors`, and the label of metrics and of the `ingest-refused` topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// The entry of the batch is not a JSON object.
    NotAnObject,
    /// The body or the entry is not JSON.
    InvalidJson,
    /// `event` is absent, not text, or empty after trimming.
    EventNameMissing,
    /// `event` is longer than 200 characters.
    EventNameTooLong,
    /// `distinct_id` is absent, empty or one of the texts that stand for
    /// "nobody" (`null`, `undefined`, `[object Object]`).
    DistinctIdMissing,
    /// `distinct_id` is longer than 400 characters.
    DistinctIdTooLong,
    /// `distinct_id` is an object or an array.
    DistinctIdInvalid,
    /// `timestamp` cannot be read.
    TimestampInvalid,
    /// `timestamp` lies outside 1970-01-01 to 2100-01-01 after correction.
    TimestampOutOfRange,
    /// `sent_at` cannot be read.
    SentAtInvalid,
    /// `uuid` is text that is no UUID, or not text.
    UuidInvalid,
    /// `properties` is not an object.
    PropertiesInvalid,
    /// The event is larger than the limit for one event.
    EventTooLarge,
    /// The event nests deeper than the limit.
    NestingTooDeep,
    /// Text holds what cannot be stored (a lone surrogate, say).
    InvalidText,
    /// `project_id` names another project than the key.
    ProjectMismatch,
    /// The batch is empty.
    EmptyBatch,
    /// The batch has more events than allowed.
    TooManyEvents,
    /// The body is larger than allowed.
    BodyTooLarge,
    /// The body is compressed in a way that cannot be read.
    InvalidEncoding,
    /// A field has the wrong type or an unusable value.
    FieldInvalid,
    /// The origin is not one of the key's domains.
    OriginNotAllowed,
    /// The key's rate limit is exhausted.
    RateLimited,
}

impl RejectReason {
    /// The code as it stands in answers: snake case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAnObject => "not_an_object",
            Self::InvalidJson => "invalid_json",
            Self::EventNameMissing => "event_name_missing",
            Self::EventNameTooLong => "event_name_too_long",
            Self::DistinctIdMissing => "distinct_id_missing",
            Self::DistinctIdTooLong => "distinct_id_too_long",
            Self::DistinctIdInvalid => "distinct_id_invalid",
            Self::TimestampInvalid => "timestamp_invalid",
            Self::TimestampOutOfRange => "timestamp_out_of_range",
            Self::SentAtInvalid => "sent_at_invalid",
            Self::UuidInvalid => "uuid_invalid",
            Self::PropertiesInvalid => "properties_invalid",
            Self::EventTooLarge => "event_too_large",
            Self::NestingTooDeep => "nesting_too_deep",
            Self::InvalidText => "invalid_text",
            Self::ProjectMismatch => "project_mismatch",
            Self::EmptyBatch => "empty_batch",
            Self::TooManyEvents => "too_many_events",
            Self::BodyTooLarge => "body_too_large",
            Self::InvalidEncoding => "invalid_encoding",
            Self::FieldInvalid => "field_invalid",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::RateLimited => "rate_limited",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_serialised_name() {
        for reason in [
            RejectReason::NotAnObject,
            RejectReason::EventTooLarge,
            RejectReason::RateLimited,
        ] {
            let json = serde_json::to_value(reason).unwrap();
            assert_eq!(json, reason.code());
        }
    }
}
