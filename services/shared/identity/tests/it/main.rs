//! Against a real PostgreSQL: the accounts and the key directory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod accounts;
mod directory;
mod grants;
mod names;
mod store;
