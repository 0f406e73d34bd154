use std::{
    ffi::{CStr, CString},
    ptr,
    time::Duration,
};

use rdkafka::types::RDKafkaErrorCode;
use rdkafka_sys as sys;

use super::error::translate_code;
use crate::TransportError;

/// Owns a handle of the client library and gives it back.
struct Handle<T> {
    pointer: *mut T,
    destroy: unsafe extern "C" fn(*mut T),
}

impl<T> Handle<T> {
    fn new(pointer: *mut T, destroy: unsafe extern "C" fn(*mut T)) -> Result<Self, TransportError> {
        if pointer.is_null() {
            return Err(TransportError::Unavailable(
                "client library gave no handle".into(),
            ));
        }
        Ok(Self { pointer, destroy })
    }
}

impl<T> Drop for Handle<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from the library's constructor, is not null,
        // and this is its only owner.
        unsafe { (self.destroy)(self.pointer) }
    }
}

/// The id that the cluster gave a topic when it was created, in Kafka's
/// base64 form. Blocks for a round trip, at most `within`.
///
/// `client` must be a live client for the length of the call.
pub(super) fn topic_id(
    client: *mut sys::rd_kafka_t,
    topic: &str,
    within: Duration,
) -> Result<String, TransportError> {
    let name = CString::new(topic).map_err(|error| TransportError::Refused(error.to_string()))?;
    let millis = i32::try_from(within.as_millis()).unwrap_or(i32::MAX);
    let mut names = [name.as_ptr()];

    // SAFETY: `client` is live by this function's contract and `names` outlives
    // the call, which copies it.
    let (queue, topics, options) = unsafe {
        (
            Handle::new(sys::rd_kafka_queue_new(client), sys::rd_kafka_queue_destroy)?,
            Handle::new(
                sys::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len()),
                sys::rd_kafka_TopicCollection_destroy,
            )?,
            Handle::new(
                sys::rd_kafka_AdminOptions_new(
                    client,
                    sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS,
                ),
                sys::rd_kafka_AdminOptions_destroy,
            )?,
        )
    };
    // SAFETY: all four handles are live; the request copies what it needs. The
    // error text may be absent (null, 0).
    let event = unsafe {
        sys::rd_kafka_AdminOptions_set_request_timeout(options.pointer, millis, ptr::null_mut(), 0);
        sys::rd_kafka_DescribeTopics(client, topics.pointer, options.pointer, queue.pointer);
        sys::rd_kafka_queue_poll(queue.pointer, millis)
    };
    let Ok(event) = Handle::new(event, sys::rd_kafka_event_destroy) else {
        return Err(TransportError::Deadline(within));
    };
    // SAFETY: the event is live and everything read from it is owned by it; the
    // text is copied before it goes.
    unsafe { read_topic_id(event.pointer) }
}

/// Reads the first topic's id out of an answer to DescribeTopics.
///
/// # Safety
/// `event` must be a live event.
unsafe fn read_topic_id(event: *mut sys::rd_kafka_event_t) -> Result<String, TransportError> {
    // SAFETY: live by the caller's word; each pointer read below is checked for
    // null before it is followed, and belongs to the event.
    unsafe {
        check(sys::rd_kafka_event_error(event))?;
        let result = sys::rd_kafka_event_DescribeTopics_result(event);
        if result.is_null() {
            return Err(TransportError::Unavailable(
                "no answer to DescribeTopics".into(),
            ));
        }
        let mut count = 0;
        let topics = sys::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
        if topics.is_null() || count == 0 {
            return Err(TransportError::Unavailable(
                "empty answer to DescribeTopics".into(),
            ));
        }
        let topic = *topics;
        check(sys::rd_kafka_error_code(
            sys::rd_kafka_TopicDescription_error(topic),
        ))?;
        let id = sys::rd_kafka_TopicDescription_topic_id(topic);
        if id.is_null() {
            return Err(TransportError::Unsupported("topic ids"));
        }
        let text = sys::rd_kafka_Uuid_base64str(id);
        if text.is_null() {
            return Err(TransportError::Unsupported("topic ids"));
        }
        Ok(CStr::from_ptr(text).to_string_lossy().into_owned())
    }
}

fn check(code: sys::rd_kafka_resp_err_t) -> Result<(), TransportError> {
    match RDKafkaErrorCode::from(code) {
        RDKafkaErrorCode::NoError => Ok(()),
        code => Err(translate_code(code, &code.to_string())),
    }
}
