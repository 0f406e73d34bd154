//! The C functions of the engine library, by name and shape.
//!
//! The package ships the library without its header; the shapes below follow the header that its
//! authors publish. Every pointer is opaque: the library allocates it and its own destroy function
//! frees it.

use std::ffi::{c_char, c_double, c_int, c_void};
use std::path::Path;

use super::LoadError;

/// What the other calls take as the connection.
pub(super) type ConnectionHandle = *mut c_void;
/// What `chdb_connect` returns and `chdb_close_conn` takes.
pub(super) type ConnectionBox = *mut ConnectionHandle;
/// The outcome of a statement, or a running stream of one.
pub(super) type ResultHandle = *mut c_void;
/// An INSERT that is being fed.
pub(super) type InsertHandle = *mut c_void;

/// What `chdb_classify_query_n` reports. `struct_size` is set by the caller.
#[repr(C)]
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct RawAnalysis {
    pub(super) struct_size: u32,
    pub(super) statement_count: u32,
    pub(super) flags: u32,
    pub(super) query_class: u32,
}

/// `(sql, length, format, length)` after the connection.
type TextFn = unsafe extern "C" fn(
    ConnectionHandle,
    *const c_char,
    usize,
    *const c_char,
    usize,
    *const *const c_char,
    *const usize,
    *const *const c_char,
    *const usize,
    usize,
) -> *mut c_void;

macro_rules! api {
    ($($(#[$doc:meta])* $field:ident: $name:literal => $kind:ty,)*) => {
        /// The functions that are used, found once when the library is loaded.
        #[derive(Debug)]
        pub(super) struct Api { $($(#[$doc])* pub(super) $field: $kind,)* }

        impl Api {
            /// Loads the library and leaks it: the engine keeps threads of its own, so it must
            /// never be unloaded.
            pub(super) fn load(path: &Path) -> Result<&'static Self, LoadError> {
                // SAFETY: loading runs the library's initialisers; its checksum was verified.
                let library = unsafe { libloading::Library::new(path) }
                    .map_err(|source| LoadError::Open { path: path.to_owned(), source })?;
                let library: &'static libloading::Library = Box::leak(Box::new(library));
                let api = Self {
                    $($field: {
                        // SAFETY: the shape is the one that the published header declares.
                        let symbol = unsafe { library.get::<$kind>($name.as_bytes()) };
                        *symbol.map_err(|source| LoadError::Symbol { name: $name, source })?
                    },)*
                };
                Ok(Box::leak(Box::new(api)))
            }
        }
    };
}

api! {
    set_signal_handlers_enabled: "chdb_set_signal_handlers_enabled"
        => unsafe extern "C" fn(c_int),
    version: "chdb_version" => unsafe extern "C" fn() -> *const c_char,
    connect: "chdb_connect" => unsafe extern "C" fn(c_int, *mut *mut c_char) -> ConnectionBox,
    close: "chdb_close_conn" => unsafe extern "C" fn(ConnectionBox),
    shutdown: "chdb_shutdown" => unsafe extern "C" fn() -> c_int,
    query: "chdb_query_with_params_n" => TextFn,
    stream_query: "chdb_stream_query_with_params_n" => TextFn,
    stream_fetch: "chdb_stream_fetch_result"
        => unsafe extern "C" fn(ConnectionHandle, ResultHandle) -> ResultHandle,
    stream_cancel: "chdb_stream_cancel_query"
        => unsafe extern "C" fn(ConnectionHandle, ResultHandle),
    insert: "chdb_stream_insert_with_params_n" => TextFn,
    insert_append: "chdb_stream_append"
        => unsafe extern "C" fn(InsertHandle, *const c_void, usize) -> c_int,
    insert_done: "chdb_stream_done" => unsafe extern "C" fn(InsertHandle) -> ResultHandle,
    insert_cancel: "chdb_stream_cancel_insert" => unsafe extern "C" fn(InsertHandle),
    insert_error: "chdb_stream_insert_error"
        => unsafe extern "C" fn(InsertHandle) -> *const c_char,
    insert_destroy: "chdb_destroy_insert_stream" => unsafe extern "C" fn(InsertHandle),
    result_destroy: "chdb_destroy_query_result" => unsafe extern "C" fn(ResultHandle),
    result_buffer: "chdb_result_buffer" => unsafe extern "C" fn(ResultHandle) -> *const c_char,
    result_length: "chdb_result_length" => unsafe extern "C" fn(ResultHandle) -> usize,
    result_error: "chdb_result_error" => unsafe extern "C" fn(ResultHandle) -> *const c_char,
    result_elapsed: "chdb_result_elapsed" => unsafe extern "C" fn(ResultHandle) -> c_double,
    result_rows: "chdb_result_rows_read" => unsafe extern "C" fn(ResultHandle) -> u64,
    result_bytes: "chdb_result_bytes_read" => unsafe extern "C" fn(ResultHandle) -> u64,
    storage_rows: "chdb_result_storage_rows_read" => unsafe extern "C" fn(ResultHandle) -> u64,
    storage_bytes: "chdb_result_storage_bytes_read" => unsafe extern "C" fn(ResultHandle) -> u64,
    rows_written: "chdb_result_rows_written" => unsafe extern "C" fn(ResultHandle) -> u64,
    bytes_written: "chdb_result_bytes_written" => unsafe extern "C" fn(ResultHandle) -> u64,
    classify: "chdb_classify_query_n" => unsafe extern "C" fn(
        ConnectionHandle,
        *const c_char,
        usize,
        *const c_char,
        usize,
        *mut RawAnalysis,
    ) -> c_int,
}
