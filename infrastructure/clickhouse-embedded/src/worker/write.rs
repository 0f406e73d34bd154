//! INSERT with data: appended as it comes, stored only when the body is complete.

use std::io::BufRead as _;

use bytes::Bytes;

use super::statement::{Data, body_error};
use super::{Job, Outcome, Reply};
use crate::engine::{Connection, EngineError, Stats};
use crate::metrics::ROWS_WRITTEN;

/// Feeds the engine and replies with what was written.
pub(super) fn run(job: Job, connection: &mut Connection, sql: &[u8], data: Data<'_>) -> Outcome {
    let inserted = insert(connection, sql, &job.request.params, data)
        .and_then(|stats| job.engine.stand_by_writes().map(|()| stats));
    let outcome = if inserted.is_ok() {
        Outcome::Ok
    } else {
        Outcome::Error
    };
    if let Ok(stats) = &inserted {
        ROWS_WRITTEN.count(&[]).increment(stats.written_rows);
    }
    // A client that has left does not hear of it; the rows are stored all the same.
    let reply = inserted.map(|stats| Reply {
        stats,
        format: None,
        first: Bytes::new(),
    });
    let _ = job.reply.send(reply);
    outcome
}

/// Leaving early drops the stream, and with it everything that was appended.
fn insert(
    connection: &mut Connection,
    sql: &[u8],
    params: &[(String, String)],
    mut data: Data<'_>,
) -> Result<Stats, EngineError> {
    let mut stream = connection.insert(sql, &data.format, params)?;
    stream.append(&data.begun)?;
    drop(std::mem::take(&mut data.begun));
    loop {
        let piece = data.rest.fill_buf().map_err(|error| body_error(&error))?;
        let count = piece.len();
        if count == 0 {
            return stream.done();
        }
        stream.append(piece)?;
        data.rest.consume(count);
    }
}
