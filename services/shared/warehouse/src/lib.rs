//! warehouse

pub mod read;
