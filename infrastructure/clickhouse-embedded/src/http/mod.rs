//! ClickHouse's HTTP interface.

mod auth;
mod handler;
mod request;
mod response;

pub use auth::Credential;
pub use handler::{Front, router};
pub use request::{QueryRequest, SessionRequest};
