//! A request from its first byte to the last one of its answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::extract::{FromRequest as _, Multipart, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use http::header::CONTENT_TYPE;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::response::{exception_tag, failure, success, trailer};
use super::{Credential, QueryRequest};
use crate::compression::write_block;
use crate::config::EngineConfig;
use crate::engine::{Engine, EngineError};
use crate::metrics::{DURATION, RUNNING, STATEMENTS, TURNED_AWAY};
use crate::worker::{
    BodyReader, Ended, Job, Limits, Part, Piece, Reply, Sessions, Spares, Ticket, Waiting,
};

/// Pieces of a body that wait for the engine: a slow engine slows the sender.
const PIECES: usize = 4;
/// Parts of an answer that wait for the client.
const PARTS: usize = 4;
/// After an early error the rest of a body is thrown away up to this, so that the client reads the
/// answer instead of a broken connection.
const DISCARDED_BYTES: usize = 64 << 20;
const DISCARD_TIME: Duration = Duration::from_secs(2);

/// Everything that requests share.
#[derive(Debug)]
pub struct Front {
    /// The engine.
    pub engine: Arc<Engine>,
    /// Sessions by name.
    pub sessions: Arc<Sessions>,
    /// Connections of requests without a session.
    pub spares: Arc<Spares>,
    credential: Credential,
    permits: Arc<Semaphore>,
    limits: Limits,
    queue_timeout: Duration,
    receive_timeout: Duration,
}

impl Front {
    /// Closes connections to the engine that nobody uses, or `all` of them.
    pub fn sweep(&self, all: bool) {
        self.sessions.sweep(all);
        self.spares.sweep(all);
    }

    /// A front over a running engine.
    pub fn new(engine: Arc<Engine>, config: &EngineConfig, credential: Credential) -> Self {
        let bytes = |size: bytesize::ByteSize| usize::try_from(size.as_u64()).unwrap_or(usize::MAX);
        Self {
            engine,
            sessions: Arc::new(Sessions::new(config.max_sessions)),
            spares: Arc::default(),
            credential,
            permits: Arc::new(Semaphore::new(config.max_concurrent_requests)),
            limits: Limits {
                statement: bytes(config.max_statement),
                buffered_answer: bytes(config.max_buffered_answer),
                send_timeout: config.send_timeout,
            },
            queue_timeout: config.queue_timeout,
            receive_timeout: config.receive_timeout,
        }
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, EngineError> {
        let permit = Arc::clone(&self.permits).acquire_owned();
        match tokio::time::timeout(self.queue_timeout, permit).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => {
                TURNED_AWAY.count(&[]).increment(1);
                Err(EngineError::new(
                    202,
                    "TOO_MANY_SIMULTANEOUS_QUERIES",
                    "Too many simultaneous queries",
                ))
            }
        }
    }
}

/// The routes of ClickHouse's interface.
pub fn router(front: Arc<Front>) -> Router {
    Router::new()
        .route("/ping", get(|| async { "Ok.\n" }))
        .route("/replicas_status", get(|| async { "Ok.\n" }))
        .route("/", any(answer))
        .with_state(front)
}

async fn answer(State(front): State<Arc<Front>>, request: Request) -> Response {
    let (method, uri, headers) = (
        request.method().clone(),
        request.uri().clone(),
        request.headers().clone(),
    );
    if let Err(error) = front.credential.check(&headers, uri.query()) {
        return failure(None, &error);
    }
    if method == http::Method::GET && uri.query().is_none() {
        return "Ok.\n".into_response();
    }
    let mut asked = match QueryRequest::read(&method, uri.query(), &headers) {
        Ok(asked) => asked,
        Err(error) => return failure(None, &error),
    };
    let query_id = asked.query_id.clone();
    let body = match body(&front, &mut asked, request).await {
        Ok(body) => body,
        Err(error) => return failure(Some(&query_id), &error),
    };
    match run(&front, asked, body).await {
        Ok(response) => response,
        Err(error) => failure(Some(&query_id), &error),
    }
}

/// The body as a stream; of a multipart request the fields are taken and nothing is left.
async fn body(
    front: &Front,
    asked: &mut QueryRequest,
    request: Request,
) -> Result<BodyDataStream, EngineError> {
    let multipart = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("multipart/form-data"));
    if !multipart {
        return Ok(request.into_body().into_data_stream());
    }
    let broken = |detail: String| EngineError::new(36, "BAD_ARGUMENTS", &detail);
    let mut fields = Multipart::from_request(request, &())
        .await
        .map_err(|error| broken(error.to_string()))?;
    let mut total = 0;
    while let Some(mut field) = fields
        .next_field()
        .await
        .map_err(|e| broken(e.body_text()))?
    {
        let name = field.name().unwrap_or_default().to_owned();
        let mut value = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(|e| broken(e.body_text()))? {
            total += chunk.len();
            if total > front.limits.statement {
                return Err(broken(
                    "the form is larger than a statement may be".to_owned(),
                ));
            }
            value.extend_from_slice(&chunk);
        }
        asked.add_field(&name, value)?;
    }
    Ok(Body::empty().into_data_stream())
}

async fn run(
    front: &Front,
    asked: QueryRequest,
    mut body: BodyDataStream,
) -> Result<Response, EngineError> {
    let permit = front.permit().await?;
    let ticket = Ticket::new();
    let (query_id, compress) = (asked.query_id.clone(), asked.compress);
    let (pieces, received) = mpsc::channel(PIECES);
    let (reply, replied) = oneshot::channel();
    let (parts, remaining) = mpsc::channel(PARTS);
    let runtime = tokio::runtime::Handle::current();
    let reader = BodyReader::new(received, runtime.clone(), front.receive_timeout);
    let job = Job {
        engine: Arc::clone(&front.engine),
        sessions: Arc::clone(&front.sessions),
        spares: Arc::clone(&front.spares),
        request: asked,
        ticket: Arc::clone(&ticket),
        limits: front.limits,
        reply,
        parts,
        runtime,
    };
    let waiting = Waiting::new(ticket, Arc::clone(&front.engine));
    tokio::task::spawn_blocking(move || {
        let started = Instant::now();
        RUNNING.level(&[]).increment(1.0);
        let Ended { kind, outcome } = job.run(reader);
        RUNNING.level(&[]).decrement(1.0);
        STATEMENTS
            .count(&[kind.label(), outcome.label()])
            .increment(1);
        DURATION
            .distribution(&[kind.label()])
            .record(started.elapsed().as_secs_f64());
        drop(permit);
    });
    let reply = feed(&mut body, pieces, replied).await?;
    let tag = exception_tag();
    let stream = parts_of(reply.first.clone(), remaining, tag.clone(), waiting);
    let body = if compress {
        Body::from_stream(compressed(stream))
    } else {
        Body::from_stream(stream)
    };
    Ok(success(
        &query_id,
        &reply.stats,
        reply.format.as_deref(),
        &tag,
        body,
    ))
}

/// Passes the body on until there is an answer.
async fn feed(
    body: &mut BodyDataStream,
    pieces: mpsc::Sender<Piece>,
    mut replied: oneshot::Receiver<Result<Reply, EngineError>>,
) -> Result<Reply, EngineError> {
    let reply = tokio::select! {
        reply = &mut replied => reply,
        () = pump(body, pieces) => replied.await,
    };
    let reply = reply.unwrap_or_else(|_| {
        Err(EngineError::new(
            1001,
            "STD_EXCEPTION",
            "the request's thread failed",
        ))
    });
    if reply.is_err() {
        discard(body).await;
    }
    reply
}

/// Sends the body's pieces, then `End`. A body that breaks off gets none: dropping the sender
/// without it is what tells the engine's side.
async fn pump(body: &mut BodyDataStream, pieces: mpsc::Sender<Piece>) {
    while let Some(chunk) = body.next().await {
        let Ok(chunk) = chunk else { return };
        if pieces.send(Piece::Data(chunk)).await.is_err() {
            return;
        }
    }
    let _ = pieces.send(Piece::End).await;
}

async fn discard(body: &mut BodyDataStream) {
    let drain = async {
        let mut left = DISCARDED_BYTES;
        while let Some(Ok(chunk)) = body.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(DISCARD_TIME, drain).await;
}

/// The answer's parts; an error among them becomes ClickHouse's trailer and ends the body.
fn parts_of(
    first: Bytes,
    remaining: mpsc::Receiver<Part>,
    tag: String,
    waiting: Waiting,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
    let rest = futures::stream::unfold((remaining, waiting), |(mut remaining, waiting)| async {
        match remaining.recv().await {
            Some(part) => Some((part, (remaining, waiting))),
            None => {
                waiting.release();
                None
            }
        }
    });
    futures::stream::iter((!first.is_empty()).then_some(Ok(first)))
        .chain(rest)
        .map(move |part| Ok(part.unwrap_or_else(|error: EngineError| trailer(&error, &tag))))
}

/// Each part as one block of ClickHouse's own framing (`compress=1`).
fn compressed(
    parts: impl Stream<Item = Result<Bytes, std::convert::Infallible>>,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
    parts.map(|part| {
        part.map(|plain| {
            let mut packed = Vec::new();
            plain
                .chunks(1 << 20)
                .for_each(|piece| write_block(piece, &mut packed));
            Bytes::from(packed)
        })
    })
}
