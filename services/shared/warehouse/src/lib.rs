//! The warehouse: the only way to ClickHouse. Writing (rows, claims, the
//! ledger, repeats) is the consumer's; reading events goes through
//! [`scope::ProjectScope`]; the proof that both agree is here too.
//!
//! Reading order: [`client`] → [`migrations`] → [`row`] → [`native`] →
//! [`insert`] → [`claim`] → [`ledger`] → [`scope`] → [`read`].

pub mod claim;
pub mod client;
pub mod complete;
pub mod error;
pub mod insert;
pub mod instant;
pub mod ledger;
pub mod migrations;
pub mod native;
pub mod proof;
pub mod quarantine;
pub mod read;
pub mod refused;
pub mod repeats;
pub mod retention;
pub mod row;
pub mod scope;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use client::Warehouse;
pub use error::WarehouseError;
pub use row::{EventRow, LogPosition};
