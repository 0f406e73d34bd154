//! The engine library behind safe types: one process, one data folder, many sessions.
#![expect(
    unsafe_code,
    reason = "the engine is a C library; all calls into it are in this module"
)]

mod abi;
mod boot;
mod connection;
mod disk;
mod error;
mod library;
mod result;
mod server_files;

pub use boot::Engine;
pub use connection::{Analysis, Connection, InsertStream, Params, QueryClass, ResultStream};
pub use disk::without_room;
pub use error::{EngineError, LoadError};
pub use library::check_library;
pub use result::{QueryResult, Stats};
