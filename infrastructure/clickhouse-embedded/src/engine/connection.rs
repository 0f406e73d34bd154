//! One session of the engine. It runs one statement at a time, on a thread that may block.

use std::ffi::{CString, c_char, c_int};
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::abi::{Api, ConnectionHandle, InsertHandle, RawAnalysis};
use super::error::EngineError;
use super::result::{QueryResult, Stats, text};

/// Named values for `{name:Type}` placeholders, in ClickHouse's TSV escaping.
pub type Params = [(String, String)];

/// What a statement does, as the engine's own parser sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryClass {
    /// Leaves no trace.
    Read,
    /// Changes something inside a database.
    Mutating,
    /// Changes something beside the databases: functions, users, named collections.
    Global,
    /// Session state, server control, or writing to files.
    Control,
    /// Did not parse, or of a kind that is not known.
    Unknown,
}

/// The engine's report on a statement that was not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Analysis {
    /// How many statements the text holds; 0 when it does not parse.
    pub statements: u32,
    /// The most restricted class among them.
    pub class: QueryClass,
}

/// An open session.
pub struct Connection {
    api: &'static Api,
    outer: NonNull<ConnectionHandle>,
}

// SAFETY: the library binds a connection to no thread; it must only not be used by two at once,
// which `&mut self` everywhere rules out.
unsafe impl Send for Connection {}

impl Connection {
    /// Opens a session with `arguments` in the library's command-line form.
    /// `None`: the folder is held by another process, or an argument was refused.
    pub(super) fn open(api: &'static Api, arguments: &[String]) -> Option<Self> {
        let owned: Vec<CString> = std::iter::once("clickhouse-embedded")
            .chain(arguments.iter().map(String::as_str))
            .map(CString::new)
            .collect::<Result<_, _>>()
            .ok()?;
        let mut pointers: Vec<*mut c_char> = owned
            .iter()
            .map(|argument| argument.as_ptr().cast_mut())
            .collect();
        let count = c_int::try_from(pointers.len()).ok()?;
        // SAFETY: `pointers` holds `count` NUL-terminated strings that outlive the call.
        let outer = NonNull::new(unsafe { (api.connect)(count, pointers.as_mut_ptr()) })?;
        // SAFETY: a non-NULL answer points to the handle.
        if unsafe { outer.read() }.is_null() {
            return None;
        }
        Some(Self { api, outer })
    }

    fn handle(&self) -> ConnectionHandle {
        // SAFETY: live until drop.
        unsafe { self.outer.read() }
    }

    /// Reports what `sql` would do, without running it.
    pub fn classify(&mut self, sql: &[u8]) -> Analysis {
        let mut raw = RawAnalysis {
            struct_size: u32::try_from(size_of::<RawAnalysis>()).unwrap_or(0),
            ..RawAnalysis::default()
        };
        // SAFETY: pointer and length belong together; `raw` is of the size it claims.
        let state = unsafe {
            let sql_text = sql.as_ptr().cast();
            (self.api.classify)(
                self.handle(),
                sql_text,
                sql.len(),
                std::ptr::null(),
                0,
                &raw mut raw,
            )
        };
        let class = match (state, raw.query_class) {
            (0, 0) => QueryClass::Read,
            (0, 1) => QueryClass::Mutating,
            (0, 2) => QueryClass::Global,
            (0, 3) => QueryClass::Control,
            _ => QueryClass::Unknown,
        };
        Analysis {
            statements: raw.statement_count,
            class,
        }
    }

    /// Runs a statement and gives its whole answer in `format`.
    ///
    /// Never for an INSERT with data behind it: the library ends such data at an empty line and
    /// runs the rest as SQL. See [`Connection::insert`].
    pub fn execute(
        &mut self,
        sql: &[u8],
        format: &str,
        params: &Params,
    ) -> Result<QueryResult, EngineError> {
        let params = RawParams::new(params);
        // SAFETY: see `RawParams::call`.
        QueryResult::new(self.api, unsafe {
            params.call(self.api.query, self.handle(), sql, format)
        })
    }

    /// Starts a SELECT whose answer is taken chunk by chunk.
    pub fn stream(
        &mut self,
        sql: &[u8],
        format: &str,
        params: &Params,
    ) -> Result<ResultStream<'_>, EngineError> {
        let params = RawParams::new(params);
        // SAFETY: see `RawParams::call`.
        let handle = unsafe { params.call(self.api.stream_query, self.handle(), sql, format) };
        let stream = QueryResult::new(self.api, handle)?;
        Ok(ResultStream {
            connection: self,
            stream,
            finished: false,
        })
    }

    /// Starts an INSERT whose data is appended in `format`; `sql` ends before the data.
    pub fn insert(
        &mut self,
        sql: &[u8],
        format: &str,
        params: &Params,
    ) -> Result<InsertStream<'_>, EngineError> {
        let params = RawParams::new(params);
        // SAFETY: see `RawParams::call`.
        let handle = unsafe { params.call(self.api.insert, self.handle(), sql, format) };
        let handle = NonNull::new(handle).ok_or_else(EngineError::no_answer)?;
        let insert = InsertStream {
            api: self.api,
            handle,
            ended: false,
            connection: PhantomData,
        };
        match insert.error() {
            Some(error) => Err(error),
            None => Ok(insert),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: closed once; no stream is left, since they borrow the connection.
        unsafe { (self.api.close)(self.outer.as_ptr()) }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// A running SELECT. Dropping it before its end cancels it.
#[derive(Debug)]
pub struct ResultStream<'c> {
    connection: &'c mut Connection,
    stream: QueryResult,
    finished: bool,
}

impl ResultStream<'_> {
    /// The next chunk, `None` at the end. An error ends the stream.
    pub fn fetch(&mut self) -> Result<Option<QueryResult>, EngineError> {
        if self.finished {
            return Ok(None);
        }
        let connection = &self.connection;
        // SAFETY: both handles are live, and `&mut self` keeps the calls apart.
        let chunk =
            unsafe { (connection.api.stream_fetch)(connection.handle(), self.stream.handle()) };
        if chunk.is_null() {
            self.finished = true;
            return Ok(None);
        }
        let chunk =
            QueryResult::new(connection.api, chunk).inspect_err(|_| self.finished = true)?;
        if chunk.as_ref().is_empty() {
            self.finished = true;
            return Ok(None);
        }
        Ok(Some(chunk))
    }
}

impl Drop for ResultStream<'_> {
    fn drop(&mut self) {
        if !self.finished {
            let connection = &self.connection;
            // SAFETY: both handles are live.
            unsafe { (connection.api.stream_cancel)(connection.handle(), self.stream.handle()) }
        }
    }
}

/// A running INSERT. Dropping it before [`InsertStream::done`] leaves nothing behind.
#[derive(Debug)]
pub struct InsertStream<'c> {
    api: &'static Api,
    handle: NonNull<std::ffi::c_void>,
    ended: bool,
    connection: PhantomData<&'c mut Connection>,
}

impl InsertStream<'_> {
    /// Appends bytes; any cut is allowed. May block while the engine is busy.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        if bytes.is_empty() {
            return Ok(());
        }
        // SAFETY: the handle is live; the engine copies the bytes.
        let state =
            unsafe { (self.api.insert_append)(self.handle(), bytes.as_ptr().cast(), bytes.len()) };
        if state == 0 {
            return Ok(());
        }
        let error = self.error();
        match self.finish() {
            Err(reason) => Err(reason),
            Ok(_) => Err(error.unwrap_or_else(EngineError::no_answer)),
        }
    }

    /// Ends the data and stores it. After `Ok` the rows are on disk.
    pub fn done(mut self) -> Result<Stats, EngineError> {
        self.finish()
    }

    fn finish(&mut self) -> Result<Stats, EngineError> {
        self.ended = true;
        // SAFETY: the handle is live and ended once.
        QueryResult::new(self.api, unsafe { (self.api.insert_done)(self.handle()) })
            .map(|result| result.stats())
    }

    fn error(&self) -> Option<EngineError> {
        // SAFETY: the handle is live; the text lives as long as it.
        unsafe { text((self.api.insert_error)(self.handle())) }
            .map(|message| EngineError::parse(&message))
    }

    fn handle(&self) -> InsertHandle {
        self.handle.as_ptr()
    }
}

impl Drop for InsertStream<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle is live, cancelled at most once and destroyed once.
        unsafe {
            if !self.ended {
                (self.api.insert_cancel)(self.handle());
            }
            (self.api.insert_destroy)(self.handle());
        }
    }
}

/// Parameters as the four arrays that the library takes.
struct RawParams {
    names: Vec<*const c_char>,
    name_lengths: Vec<usize>,
    values: Vec<*const c_char>,
    value_lengths: Vec<usize>,
}

type TextCall = unsafe extern "C" fn(
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
) -> *mut std::ffi::c_void;

impl RawParams {
    fn new(params: &Params) -> Self {
        Self {
            names: params
                .iter()
                .map(|(name, _)| name.as_ptr().cast())
                .collect(),
            name_lengths: params.iter().map(|(name, _)| name.len()).collect(),
            values: params
                .iter()
                .map(|(_, value)| value.as_ptr().cast())
                .collect(),
            value_lengths: params.iter().map(|(_, value)| value.len()).collect(),
        }
    }

    /// # Safety
    /// `connection` is live and not in use, and the parameters that `self` was made of still live.
    unsafe fn call(
        &self,
        function: TextCall,
        connection: ConnectionHandle,
        sql: &[u8],
        format: &str,
    ) -> *mut std::ffi::c_void {
        let none = self.names.is_empty();
        // SAFETY: every pointer goes with its length; the arrays are of one length; the library
        // reads them only during the call and takes NULL arrays when there are none.
        unsafe {
            function(
                connection,
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                if none {
                    std::ptr::null()
                } else {
                    self.names.as_ptr()
                },
                if none {
                    std::ptr::null()
                } else {
                    self.name_lengths.as_ptr()
                },
                if none {
                    std::ptr::null()
                } else {
                    self.values.as_ptr()
                },
                if none {
                    std::ptr::null()
                } else {
                    self.value_lengths.as_ptr()
                },
                self.names.len(),
            )
        }
    }
}
