use rdkafka::{error::KafkaError, types::RDKafkaErrorCode as Code};

use crate::TransportError;

/// What an error outside the publication of a record means for the caller.
pub(super) fn translate(error: &KafkaError) -> TransportError {
    match error.rdkafka_error_code() {
        Some(code) => translate_code(code, &error.to_string()),
        None => TransportError::Refused(error.to_string()),
    }
}

/// As [`translate`], from a code.
pub(super) fn translate_code(code: Code, text: &str) -> TransportError {
    match code {
        Code::UnknownMemberId
        | Code::FencedInstanceId
        | Code::FencedMemberEpoch
        | Code::StaleMemberEpoch
        | Code::AssignmentLost => TransportError::NotOwner(text.to_owned()),
        Code::QueueFull => TransportError::Full(text.to_owned()),
        code if is_permanent(code) => TransportError::Refused(text.to_owned()),
        _ => TransportError::Unavailable(text.to_owned()),
    }
}

/// What became of a record that the client gave up on.
///
/// `possibly_stored` is the client's own knowledge: a request with the record
/// had left and was not answered.
pub(super) fn translate_delivery(code: Code, possibly_stored: bool) -> TransportError {
    let text = code.to_string();
    match code {
        Code::NotEnoughReplicasAfterAppend => TransportError::Unconfirmed(text),
        code if is_permanent(code) => TransportError::Refused(text),
        _ if possibly_stored => TransportError::Unconfirmed(text),
        Code::QueueFull => TransportError::Full(text),
        _ => TransportError::Unavailable(text),
    }
}

/// Whether trying again cannot help until someone changes something.
fn is_permanent(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidTopic
            | Code::InvalidRecord
            | Code::MessageSizeTooLarge
            | Code::InvalidMessage
            | Code::InvalidArgument
            | Code::InvalidConfig
            | Code::InvalidPartitions
            | Code::InvalidReplicationFactor
            | Code::InvalidRequest
            | Code::PolicyViolation
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::SaslAuthenticationFailed
            | Code::Authentication
            | Code::UnsupportedVersion
            | Code::UnsupportedFeature
            | Code::InconsistentGroupProtocol
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_out_in_flight_is_unknown_and_in_the_queue_is_not_stored() {
        let in_flight = translate_delivery(Code::MessageTimedOut, true);
        assert!(in_flight.is_outcome_unknown() && in_flight.is_transient());
        let queued = translate_delivery(Code::MessageTimedOut, false);
        assert!(!queued.is_outcome_unknown() && queued.is_transient());
    }

    #[test]
    fn missing_rights_are_permanent() {
        let error = translate_delivery(Code::TopicAuthorizationFailed, false);
        assert!(!error.is_transient());
    }

    #[test]
    fn a_commit_during_a_rebalance_may_be_tried_again_and_one_of_a_stranger_not() {
        for code in [Code::IllegalGeneration, Code::RebalanceInProgress] {
            assert!(translate_code(code, "x").is_transient());
        }
        assert_eq!(
            translate_code(Code::UnknownMemberId, "x").kind(),
            "not_owner"
        );
    }
}
