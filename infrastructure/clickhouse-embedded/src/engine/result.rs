//! What a statement gave back.

use std::ffi::CStr;
use std::ptr::NonNull;

use super::abi::{Api, ResultHandle};
use super::error::EngineError;

/// Counters of one statement, as `X-ClickHouse-Summary` names them.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Stats {
    /// Seconds that the engine spent.
    pub elapsed: f64,
    /// Rows read from tables.
    pub read_rows: u64,
    /// Bytes read from tables, uncompressed.
    pub read_bytes: u64,
    /// Rows written, those of materialized views included.
    pub written_rows: u64,
    /// Bytes written, uncompressed.
    pub written_bytes: u64,
    /// Rows of the answer.
    pub result_rows: u64,
    /// Bytes of the answer in the engine's own form.
    pub result_bytes: u64,
}

/// An answer, or a chunk of one, in memory that the engine owns until this is dropped.
pub struct QueryResult {
    api: &'static Api,
    handle: NonNull<std::ffi::c_void>,
}

// SAFETY: a result is immutable after it was returned, and the library frees it on any thread.
unsafe impl Send for QueryResult {}
// SAFETY: as above; all access is by reading.
unsafe impl Sync for QueryResult {}

impl QueryResult {
    /// Takes ownership of what the library returned; an error inside becomes `Err`.
    pub(super) fn new(api: &'static Api, handle: ResultHandle) -> Result<Self, EngineError> {
        let handle = NonNull::new(handle).ok_or_else(EngineError::no_answer)?;
        let result = Self { api, handle };
        // SAFETY: the handle is live; the text lives as long as the handle.
        match unsafe { text((api.result_error)(result.handle.as_ptr())) } {
            Some(message) => Err(EngineError::parse(&message)),
            None => Ok(result),
        }
    }

    pub(super) fn handle(&self) -> ResultHandle {
        self.handle.as_ptr()
    }

    /// The counters that came with this result.
    pub fn stats(&self) -> Stats {
        let (api, handle) = (self.api, self.handle.as_ptr());
        // SAFETY: the handle is live, the calls only read.
        unsafe {
            Stats {
                elapsed: (api.result_elapsed)(handle),
                read_rows: (api.storage_rows)(handle),
                read_bytes: (api.storage_bytes)(handle),
                written_rows: (api.rows_written)(handle),
                written_bytes: (api.bytes_written)(handle),
                result_rows: (api.result_rows)(handle),
                result_bytes: (api.result_bytes)(handle),
            }
        }
    }

    /// The answer without a copy.
    pub fn into_bytes(self) -> bytes::Bytes {
        if self.as_ref().is_empty() {
            return bytes::Bytes::new();
        }
        bytes::Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for QueryResult {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the handle is live; buffer and length belong together and do not change.
        unsafe {
            let length = (self.api.result_length)(self.handle.as_ptr());
            let buffer = (self.api.result_buffer)(self.handle.as_ptr());
            if buffer.is_null() || length == 0 {
                return &[];
            }
            std::slice::from_raw_parts(buffer.cast(), length)
        }
    }
}

impl Drop for QueryResult {
    fn drop(&mut self) {
        // SAFETY: owned, and destroyed once.
        unsafe { (self.api.result_destroy)(self.handle.as_ptr()) }
    }
}

impl std::fmt::Debug for QueryResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryResult")
            .field("length", &self.as_ref().len())
            .finish()
    }
}

/// A C string of the library as owned text; `None` for NULL and for an empty one.
///
/// # Safety
/// `pointer` is NULL or a live, NUL-terminated string.
pub(super) unsafe fn text(pointer: *const std::ffi::c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: by this function's contract.
    let text = unsafe { CStr::from_ptr(pointer) }.to_string_lossy();
    (!text.is_empty()).then(|| text.into_owned())
}
