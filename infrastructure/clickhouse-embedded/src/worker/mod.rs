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

use crate::engine::{Connection, Engine, EngineError, QueryClass, Stats};
use crate::http::QueryRequest;
use crate::sql;
use statement::{Data, Statement};

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

/// How a request ended, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// What it was.
    pub kind: Kind,
    /// Whether the statement ran to its end.
    pub outcome: Outcome,
}

/// What a request turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A statement that only reads.
    Read,
    /// An INSERT with data.
    Insert,
    /// Any other, and what was refused before it was known.
    Other,
}

impl Kind {
    /// The metric's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Insert => "insert",
            Self::Other => "other",
        }
    }
}

/// Whether a statement ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did.
    Ok,
    /// It failed, was refused, or was left by its client.
    Error,
}

impl Outcome {
    /// The metric's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }
}

impl Job {
    /// Runs the request to its end and answers through its channels.
    pub fn run(mut self, body: BodyReader) -> Ended {
        let session = self.request.session.take();
        let mut connection = match self.open(session.as_ref()) {
            Ok(connection) => connection,
            Err(error) => return self.fail(error),
        };
        let (ticket, sessions) = (Arc::clone(&self.ticket), Arc::clone(&self.sessions));
        let prepared = settings::prepare(
            &mut connection,
            &self.request,
            ticket.id(),
            session.is_some(),
        );
        let (ended, restored) = match prepared {
            Ok(saved) => {
                let ended = self.run_on(&mut connection, body);
                (ended, settings::restore(&mut connection, &saved))
            }
            Err(error) => (self.fail(error), Ok(())),
        };
        ticket.finish();
        if let Some(session) = session {
            sessions.give_back(&session, restored.is_ok().then_some(connection));
        }
        ended
    }

    fn fail(self, error: EngineError) -> Ended {
        tracing::debug!(
            query.id = self.request.query_id,
            code = error.code,
            "refused or failed"
        );
        let _ = self.reply.send(Err(error));
        Ended {
            kind: Kind::Other,
            outcome: Outcome::Error,
        }
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

    fn run_on(self, connection: &mut Connection, body: BodyReader) -> Ended {
        match self.statement(connection, body) {
            Err(error) => self.fail(error),
            Ok(Ready::Insert(sql, data)) => Ended {
                kind: Kind::Insert,
                outcome: write::run(self, connection, &sql, data),
            },
            Ok(Ready::Other(sql, class)) => {
                let kind = if class == QueryClass::Read {
                    Kind::Read
                } else {
                    Kind::Other
                };
                Ended {
                    kind,
                    outcome: read::run(self, connection, &sql, class),
                }
            }
        }
    }

    /// Reads the statement off the body and has it judged.
    fn statement<'b>(
        &self,
        connection: &mut Connection,
        body: BodyReader,
    ) -> Result<Ready<'b>, EngineError> {
        let request = &self.request;
        let plain = request
            .encoding
            .decode(body)
            .map_err(|error| statement::body_error(&error))?;
        let statement = Statement::read(&request.query, plain, self.limits.statement)?;
        let judged = statement.text_to_judge();
        let analysis = connection.classify(&judged);
        if analysis.class == QueryClass::Unknown {
            return Err(statement::why_it_does_not_parse(connection, &judged));
        }
        sql::check(&judged, analysis, &request.params, request.read_only)?;
        Ok(match statement.data {
            Some(data) => Ready::Insert(statement.sql, data),
            None => Ready::Other(statement.sql, analysis.class),
        })
    }
}

/// A statement that may run.
enum Ready<'b> {
    /// An INSERT and its data.
    Insert(Vec<u8>, Data<'b>),
    /// Any other, and its class.
    Other(Vec<u8>, QueryClass),
}
