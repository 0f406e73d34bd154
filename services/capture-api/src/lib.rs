//! The capture API: takes events from SDKs and answers when they are durable.

pub mod budget;

pub mod encoding;

pub mod json;

pub mod decode;

pub mod pipeline;
