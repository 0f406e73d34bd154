//! INSERT with data: appended as it comes, stored only when the body is complete.

use std::io::BufRead as _;

use bytes::Bytes;

use super::statement::{Data, Statement, body_error};
use super::{Job, Reply};
use crate::engine::{Connection, EngineError, Stats};

/// Feeds the engine and replies with what was written.
pub(super) fn run(job: Job, connection: &mut Connection, statement: Statement<'_>) {
    let Some(data) = statement.data else {
        return;
    };
    let outcome =
        insert(connection, &statement.sql, &job.request.params, data).map(|stats| Reply {
            stats,
            format: None,
            first: Bytes::new(),
        });
    let _ = job.reply.send(outcome);
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
