use rdkafka::{
    ClientContext, Message, Statistics,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
    message::{BorrowedMessage, DeliveryResult},
    producer::ProducerContext,
};
use rdkafka_sys as sys;

use super::{super::telemetry, batch::Ticket};
use crate::{Position, kafka::error::translate_delivery};

/// What the client library calls back. `delivery` runs on its one polling
/// thread: it does nothing but fill in the answer.
#[derive(Debug, Default)]
pub(super) struct DeliveryContext;

impl ClientContext for DeliveryContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        telemetry::log(level, facility, text);
    }

    fn stats(&self, statistics: Statistics) {
        telemetry::statistics("producer", &statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        telemetry::error("producer", &error, reason);
    }
}

impl ProducerContext for DeliveryContext {
    type DeliveryOpaque = Ticket;

    fn delivery(&self, result: &DeliveryResult<'_>, ticket: Ticket) {
        match result {
            Ok(message) => ticket.answer(weight(message), Ok(position(message))),
            Err((error, message)) => {
                let code = error
                    .rdkafka_error_code()
                    .unwrap_or(RDKafkaErrorCode::Unknown);
                let answer = translate_delivery(code, possibly_stored(message));
                ticket.answer(weight(message), Err(answer));
            }
        }
    }
}

fn weight(message: &BorrowedMessage<'_>) -> usize {
    message.key_len() + message.payload_len()
}

fn position(message: &BorrowedMessage<'_>) -> Position {
    // Neither is negative on a stored record.
    Position::new(
        message.partition().cast_unsigned(),
        message.offset().cast_unsigned(),
    )
}

/// Whether a request with this record left and was not answered.
fn possibly_stored(message: &BorrowedMessage<'_>) -> bool {
    // SAFETY: the message is live as long as its borrow.
    let status = unsafe { sys::rd_kafka_message_status(message.ptr()) };
    status != sys::rd_kafka_msg_status_t::RD_KAFKA_MSG_STATUS_NOT_PERSISTED
}
