//! The PostgreSQL schema `insights`, which is this service's alone.

mod database;

pub use database::{StoreError, connect, migrate};
