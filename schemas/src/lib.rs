//! event-schema
