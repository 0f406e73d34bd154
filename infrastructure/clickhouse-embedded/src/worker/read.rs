//! Statements that answer something, or nothing: in parts where the format allows it.

use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::{Job, Outcome, Part, Reply};
use crate::engine::{Connection, EngineError, QueryClass, QueryResult, ResultStream, Stats};
use crate::sql;

/// The format of an answer for which nobody asked for one.
const DEFAULT_FORMAT: &str = "TabSeparated";

/// Runs `sql` and answers.
pub(super) fn run(job: Job, connection: &mut Connection, sql: &[u8], class: QueryClass) -> Outcome {
    let outcome = start(&job, connection, sql, class);
    let Job {
        reply,
        parts,
        limits,
        runtime,
        ..
    } = job;
    match outcome {
        Err(error) => {
            let _ = reply.send(Err(error));
            Outcome::Error
        }
        Ok(Started::Whole(first)) => {
            let _ = reply.send(Ok(first));
            Outcome::Ok
        }
        Ok(Started::Streaming {
            first,
            stream,
            header,
        }) => {
            if reply.send(Ok(first)).is_err() {
                return Outcome::Error;
            }
            let out = Out {
                parts,
                runtime,
                timeout: limits.send_timeout,
            };
            send_rest(stream, header.as_deref(), &out)
        }
    }
}

/// A statement that has answered, or has begun to.
enum Started<'c> {
    Whole(Reply),
    /// `header` is what every further part repeats and must lose.
    Streaming {
        first: Reply,
        stream: ResultStream<'c>,
        header: Option<Vec<u8>>,
    },
}

fn start<'c>(
    job: &Job,
    connection: &'c mut Connection,
    sql: &[u8],
    class: QueryClass,
) -> Result<Started<'c>, EngineError> {
    let request = &job.request;
    let named = sql::top_level_format(sql)
        .map_err(|error| EngineError::new(62, "SYNTAX_ERROR", &error.to_string()))?;
    let format = named
        .or_else(|| request.default_format.clone())
        .unwrap_or_else(|| DEFAULT_FORMAT.to_owned());
    if class == QueryClass::Read {
        job.ticket.begin_reading()?;
        if sql::is_streamable(sql, &format, &request.settings) && !request.wait_end_of_query {
            return stream(connection, sql, format, &request.params);
        }
    }
    let result = connection.execute(sql, &format, &request.params)?;
    if class != QueryClass::Read {
        job.engine.stand_by_writes()?;
    }
    let (stats, first) = (result.stats(), result.into_bytes());
    if first.len() > job.limits.buffered_answer {
        return Err(EngineError::new(
            396,
            "TOO_MANY_ROWS_OR_BYTES",
            &format!(
                "the answer has {} bytes; ask for it in a format of rows",
                first.len()
            ),
        ));
    }
    let format = (!first.is_empty() || class == QueryClass::Read).then_some(format);
    Ok(Started::Whole(Reply {
        stats,
        format,
        first,
    }))
}

fn stream<'c>(
    connection: &'c mut Connection,
    sql: &[u8],
    format: String,
    params: &[(String, String)],
) -> Result<Started<'c>, EngineError> {
    let repeats_header = format.eq_ignore_ascii_case("RowBinaryWithNamesAndTypes");
    let mut stream = connection.stream(sql, &format, params)?;
    let first = stream.fetch()?;
    let (stats, first) = first.map_or_else(
        || (Stats::default(), Bytes::new()),
        |chunk| (chunk.stats(), chunk.into_bytes()),
    );
    let header = repeats_header
        .then(|| header_of(&first))
        .flatten()
        .map(<[u8]>::to_vec);
    let first = Reply {
        stats,
        format: Some(format),
        first,
    };
    Ok(Started::Streaming {
        first,
        stream,
        header,
    })
}

/// Where parts go, and how long a client may leave one untaken.
struct Out {
    parts: mpsc::Sender<Part>,
    runtime: Handle,
    timeout: Duration,
}

impl Out {
    /// Whether the part was taken.
    fn send(&self, part: Part) -> bool {
        let sent = self
            .runtime
            .block_on(async { tokio::time::timeout(self.timeout, self.parts.send(part)).await });
        matches!(sent, Ok(Ok(())))
    }
}

/// Sends parts until the end, an error, or until nobody takes them; then the stream is cancelled.
fn send_rest(mut stream: ResultStream<'_>, header: Option<&[u8]>, out: &Out) -> Outcome {
    loop {
        match stream.fetch() {
            Ok(None) => return Outcome::Ok,
            Ok(Some(chunk)) => {
                let bytes = without_header(chunk, header);
                if !bytes.is_empty() && !out.send(Ok(bytes)) {
                    return Outcome::Error;
                }
            }
            Err(error) => {
                out.send(Err(error));
                return Outcome::Error;
            }
        }
    }
}

fn without_header(chunk: QueryResult, header: Option<&[u8]>) -> Bytes {
    let bytes = chunk.into_bytes();
    match header {
        Some(header) if bytes.starts_with(header) => bytes.slice(header.len()..),
        _ => bytes,
    }
}

/// The names and types at the start of `RowBinaryWithNamesAndTypes`.
fn header_of(part: &[u8]) -> Option<&[u8]> {
    let (columns, mut at) = varint(part, 0)?;
    for _ in 0..columns.checked_mul(2)? {
        let (length, start) = varint(part, at)?;
        at = start.checked_add(usize::try_from(length).ok()?)?;
    }
    part.get(..at)
}

/// A LEB128 number and where it ends.
fn varint(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::header_of;

    #[test]
    fn header_ends_before_the_first_row() {
        let part = b"\x02\x01a\x02bc\x05UInt8\x06StringROWS";
        assert_eq!(header_of(part), Some(&part[..part.len() - 4]));
        assert_eq!(header_of(b"\x02\x01a"), None);
        assert_eq!(header_of(b""), None);
    }
}
