//! The transports against their real servers, which the environment names; a
//! missing server is a failure.

mod conformance;
mod events;
mod kafka;
mod reading;
mod redis_list;
