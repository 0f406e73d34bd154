//! The wire contract of Millrace: what an event is, how it travels on the log,
//! and the names everything agrees on. Depends on nothing else of ours.
//!
//! Reading order: [`ids`] → [`event`] → [`envelope`] → [`dead_letter`] → [`property`] → [`hot`] →
//! [`reason`] → [`refusal`] → [`limits`] → [`topics`]; [`json`] locates values in JSON text.

pub mod ids;

pub mod event;

pub mod envelope;

pub mod dead_letter;

pub mod property;

pub mod hot;

pub mod reason;

pub mod refusal;

pub mod segment;

pub mod limits;

pub mod json;

pub mod topics;
