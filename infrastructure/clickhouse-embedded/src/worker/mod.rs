//! Runs one request against the engine, on a thread of its own that may block.

mod body;
mod read;
mod session;
mod settings;
mod spare;
mod statement;
mod ticket;
mod write;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

pub use body::{BodyReader, Piece};
pub use session::Sessions;
pub use spare::Spares;
pub use ticket::{Ticket, Waiting};

use crate::engine::{Connection, Engine, EngineError, QueryClass, Stats};
use crate::http::{QueryRequest, SessionRequest};
use crate::sql;
use spare::Manner;
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
    /// Connections of requests without a session.
    pub spares: Arc<Spares>,
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
        if let Err(error) = settings::judge(&self.request.settings) {
            return self.fail(error);
        }
        match self.request.session.take() {
            Some(session) => self.run_in(&session, body),
            None => self.run_alone(body),
        }
    }

    fn run_in(self, session: &SessionRequest, body: BodyReader) -> Ended {
        let mut connection = match self.open(session) {
            Ok(connection) => connection,
            Err(error) => return self.fail(error),
        };
        let (ticket, sessions) = (Arc::clone(&self.ticket), Arc::clone(&self.sessions));
        let prepared = settings::visit(&mut connection, &self.request, ticket.id());
        let (ended, restored) = match prepared {
            Ok(saved) => {
                let ended = self.run_on(&mut connection, body);
                (ended, settings::restore(&mut connection, &saved))
            }
            Err(error) => (self.fail(error), Ok(())),
        };
        ticket.finish();
        sessions.give_back(session, restored.is_ok().then_some(connection));
        ended
    }

    fn run_alone(self, body: BodyReader) -> Ended {
        let (ticket, spares) = (Arc::clone(&self.ticket), Arc::clone(&self.spares));
        let manner = Manner::of(&self.request);
        let prepared = self.connect(&manner).and_then(|mut connection| {
            settings::name(&mut connection, &self.request, ticket.id()).map(|()| connection)
        });
        let mut connection = match prepared {
            Ok(connection) => connection,
            Err(error) => return self.fail(error),
        };
        let ended = self.run_on(&mut connection, body);
        ticket.finish();
        // Any other statement may leave something: a temporary table, a setting.
        if ended.outcome == Outcome::Ok && ended.kind != Kind::Other {
            spares.keep(manner, connection);
        }
        ended
    }

    fn connect(&self, manner: &Manner) -> Result<Connection, EngineError> {
        if let Some(connection) = self.spares.take(manner) {
            return Ok(connection);
        }
        let mut connection = self.engine.connect()?;
        settings::introduce(&mut connection, manner)?;
        Ok(connection)
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

    fn open(&self, session: &SessionRequest) -> Result<Connection, EngineError> {
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
