//! Answers as ClickHouse gives them: status, headers, and errors that come after the status line.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

use crate::engine::{EngineError, Stats};

/// Letters of the tag that marks an error inside a body.
const TAG_LENGTH: usize = 16;

/// A random tag that no data can contain by chance.
pub(super) fn exception_tag() -> String {
    use rand::RngExt as _;
    let mut random = rand::rng();
    (0..TAG_LENGTH)
        .map(|_| char::from(random.random_range(b'a'..=b'z')))
        .collect()
}

/// An answer that begins with the status line 200.
pub(super) fn success(
    query_id: &str,
    stats: &Stats,
    format: Option<&str>,
    tag: &str,
    body: Body,
) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    put(headers, "x-clickhouse-summary", &summary(stats));
    put(headers, "x-clickhouse-query-id", query_id);
    put(headers, "x-clickhouse-exception-tag", tag);
    put(headers, "x-clickhouse-timezone", "UTC");
    put(
        headers,
        "x-clickhouse-server-display-name",
        "clickhouse-embedded",
    );
    if let Some(format) = format {
        put(headers, "x-clickhouse-format", format);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(format)));
    }
    response
}

/// An error before the body: the status follows from ClickHouse's code.
pub(super) fn failure(query_id: Option<&str>, error: &EngineError) -> Response {
    let mut response = Response::new(Body::from(format!("{}\n", error.message)));
    let status = status(error.code);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    put(
        headers,
        "x-clickhouse-exception-code",
        &error.code.to_string(),
    );
    put(headers, "content-type", "text/plain; charset=UTF-8");
    if let Some(query_id) = query_id {
        put(headers, "x-clickhouse-query-id", query_id);
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// What follows the data when a statement fails after the status line.
pub(super) fn trailer(error: &EngineError, tag: &str) -> Bytes {
    let message = format!("{}\n", error.message);
    let length = message.len();
    Bytes::from(format!(
        "\r\n__exception__\r\n{tag}\r\n{message}{length} {tag}\r\n__exception__\r\n"
    ))
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    // A query id with control characters is the only text that could be no header.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn summary(stats: &Stats) -> String {
    // Whole nanoseconds of a time that is far below 2^53.
    let elapsed = std::time::Duration::try_from_secs_f64(stats.elapsed).unwrap_or_default();
    format!(
        "{{\"read_rows\":\"{}\",\"read_bytes\":\"{}\",\"written_rows\":\"{}\",\
         \"written_bytes\":\"{}\",\"total_rows_to_read\":\"{}\",\"result_rows\":\"{}\",\
         \"result_bytes\":\"{}\",\"elapsed_ns\":\"{}\"}}",
        stats.read_rows,
        stats.read_bytes,
        stats.written_rows,
        stats.written_bytes,
        stats.read_rows,
        stats.result_rows,
        stats.result_bytes,
        elapsed.as_nanos(),
    )
}

fn status(code: u32) -> StatusCode {
    match code {
        60 | 81 | 46 | 47 | 10 => StatusCode::NOT_FOUND,
        62 | 27 | 53 | 6 | 386 | 117 | 36 | 456 | 457 | 115 | 89 | 73 => StatusCode::BAD_REQUEST,
        497 | 164 | 452 => StatusCode::FORBIDDEN,
        516 | 192..=194 => StatusCode::UNAUTHORIZED,
        159 | 160 => StatusCode::REQUEST_TIMEOUT,
        48 => StatusCode::NOT_IMPLEMENTED,
        202 | 236 | 243 => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn content_type(format: &str) -> &'static str {
    match format.to_ascii_lowercase().as_str() {
        "tabseparated"
        | "tsv"
        | "tabseparatedraw"
        | "tsvraw"
        | "tabseparatedwithnames"
        | "tabseparatedwithnamesandtypes" => "text/tab-separated-values; charset=UTF-8",
        "csv" => "text/csv; charset=UTF-8; header=absent",
        "csvwithnames" | "csvwithnamesandtypes" => "text/csv; charset=UTF-8; header=present",
        "json" | "jsoncompact" | "jsonstrings" | "jsoncolumns" => "application/json; charset=UTF-8",
        "jsoneachrow" | "jsoncompacteachrow" => "application/x-ndjson; charset=UTF-8",
        "rowbinary"
        | "rowbinarywithnames"
        | "rowbinarywithnamesandtypes"
        | "native"
        | "parquet"
        | "arrow"
        | "arrowstream" => "application/octet-stream",
        _ => "text/plain; charset=UTF-8",
    }
}

#[cfg(test)]
mod tests {
    use super::{exception_tag, trailer};
    use crate::engine::EngineError;

    #[test]
    fn the_trailer_counts_its_message() {
        let error = EngineError::new(159, "TIMEOUT_EXCEEDED", "too slow");
        let text = String::from_utf8(trailer(&error, "abcdefghijklmnop").to_vec()).unwrap();
        let message = "Code: 159. DB::Exception: too slow (TIMEOUT_EXCEEDED)\n";
        let expected = format!(
            "\r\n__exception__\r\nabcdefghijklmnop\r\n{message}{} abcdefghijklmnop\r\n__exception__\r\n",
            message.len()
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn tags_differ() {
        assert_ne!(exception_tag(), exception_tag());
        assert_eq!(exception_tag().len(), 16);
    }
}
