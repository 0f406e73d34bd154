//! What holds on the embedded engine and on a ClickHouse server alike.

mod cancel;
mod errors;
mod inserts;
mod plain_http;
mod reads;
mod schema;
