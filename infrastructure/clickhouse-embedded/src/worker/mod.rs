//! Runs one request against the engine, on a thread of its own that may block.

mod body;
mod read;
mod session;
mod settings;
mod statement;
mod ticket;
mod write;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

pub use body::{BodyReader, Piece};
pub use session::Sessions;
pub use ticket::{Ticket, Waiting};

use crate::compression::Encoding;
use crate::engine::{Connection, Engine, EngineError, QueryClass, Stats};
use crate::http::QueryRequest;
use crate::sql;
use statement::Statement;

/// What is known when the status line goes out.
#[derive(Debug)]
pub struct Reply {
    /// Counters so far; of the whole statement when nothing follows.
    pub stats: Stats,
    /// The answer's format; none for statements that answer nothing.
    pub format: Option<String>,
    /// The answer, or its first part.
    pub first: Bytes,
}

/// A part of an answer after the first one.
pub type Part = Result<Bytes, EngineError>;

/// Everything that a request needs on its thread.
#[derive(Debug)]
pub struct Job {
    /// The engine.
    pub engine: Arc<Engine>,
    /// Sessions by name.
    pub sessions: Arc<Sessions>,
    /// What is asked for.
    pub request: QueryRequest,
    /// Who waits.
    pub ticket: Arc<Ticket>,
    /// Bounds of the front.
    pub limits: Limits,
    /// Where the first part of the answer goes.
    pub reply: oneshot::Sender<Result<Reply, EngineError>>,
    /// Where the other parts go.
    pub parts: mpsc::Sender<Part>,
    /// For waiting on channels with a time limit.
    pub runtime: tokio::runtime::Handle,
}

/// Bounds of the front.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest statement in bytes, its data apart.
    pub statement: usize,
    /// Largest answer that is held as a whole, in bytes.
    pub buffered_answer: usize,
    /// Longest pause of a client that takes an answer.
    pub send_timeout: Duration,
}

/// What a request turned out to be, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A statement that only reads.
    Read,
    /// An INSERT with data.
    Insert,
    /// Any other.
    Other,
}

impl Job {
    /// Runs the request to its end and answers through its channels.
    pub fn run(mut self, body: BodyReader) -> Kind {
        let session = self.request.session.take();
        let kind = match self.open(session.as_ref()) {
            Err(error) => {
                let _ = self.reply.send(Err(error));
                Kind::Other
            }
            Ok(mut connection) => {
                let (ticket, sessions) = (Arc::clone(&self.ticket), Arc::clone(&self.sessions));
                let (kind, healthy) = self.run_on(&mut connection, session.is_some(), body);
                ticket.finish();
                if let Some(session) = session {
                    sessions.give_back(&session, healthy.then_some(connection));
                }
                kind
            }
        };
        kind
    }

    fn open(
        &self,
        session: Option<&crate::http::SessionRequest>,
    ) -> Result<Connection, EngineError> {
        let Some(session) = session else {
            return self.engine.connect();
        };
        match self.sessions.take(session)? {
            Some(connection) => Ok(connection),
            None => self
                .engine
                .connect()
                .inspect_err(|_| self.sessions.give_back(session, None)),
        }
    }

    /// Gives the kind of the request, and whether the connection may be used again.
    fn run_on(self, connection: &mut Connection, keep: bool, body: BodyReader) -> (Kind, bool) {
        let encoding = self.request.encoding;
        let restore = match self.prepare(connection, keep) {
            Ok(restore) => restore,
            Err(error) => {
                let _ = self.reply.send(Err(error));
                return (Kind::Other, true);
            }
        };
        let kind = match self.statement(connection, encoding, body) {
            Err(error) => {
                let _ = self.reply.send(Err(error));
                Kind::Other
            }
            Ok(Ready {
                class: None,
                statement,
            }) => {
                write::run(self, connection, statement);
                Kind::Insert
            }
            Ok(Ready {
                class: Some(class),
                statement,
            }) => {
                read::run(self, connection, &statement.sql, class);
                if class == QueryClass::Read {
                    Kind::Read
                } else {
                    Kind::Other
                }
            }
        };
        let healthy = !keep || settings::restore(connection, &restore).is_ok();
        (kind, healthy)
    }

    /// Names the request in the engine and sets its database and settings.
    fn prepare(
        &self,
        connection: &mut Connection,
        keep: bool,
    ) -> Result<Vec<settings::Saved>, EngineError> {
        settings::prepare(connection, &self.request, self.ticket.id(), keep)
    }

    /// Reads the statement off the body and has it judged.
    fn statement<'b>(
        &self,
        connection: &mut Connection,
        encoding: Encoding,
        body: BodyReader,
    ) -> Result<Ready<'b>, EngineError> {
        let plain = encoding
            .decode(body)
            .map_err(|error| statement::body_error(&error))?;
        let statement = Statement::read(&self.request.query, plain, self.limits.statement)?;
        let judged = statement.text_to_judge();
        let analysis = connection.classify(&judged);
        if analysis.class == QueryClass::Unknown {
            return Err(statement::why_it_does_not_parse(connection, &judged));
        }
        sql::check(
            &judged,
            analysis,
            &self.request.params,
            self.request.read_only,
        )?;
        let class = statement.data.is_none().then_some(analysis.class);
        Ok(Ready { class, statement })
    }
}

/// A statement that may run. The class is missing for an INSERT with data.
struct Ready<'b> {
    class: Option<QueryClass>,
    statement: Statement<'b>,
}
