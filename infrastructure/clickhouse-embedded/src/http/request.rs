//! What a request asks for, in its URL, headers and multipart fields.

use http::{HeaderMap, Method};

use crate::compression::Encoding;
use crate::engine::EngineError;

/// URL parameters that are neither settings nor query parameters. Those that change nothing here
/// are listed too, so that they are not taken for settings.
const RESERVED: &[&str] = &[
    "query",
    "database",
    "user",
    "password",
    "quota_key",
    "default_format",
    "session_id",
    "session_timeout",
    "session_check",
    "close_session",
    "query_id",
    "compress",
    "decompress",
    "buffer_size",
    "wait_end_of_query",
    "stacktrace",
    "role",
    "client_protocol_version",
];

/// Longest `query_id`, in bytes: it is repeated in a header.
const MAX_QUERY_ID: usize = 256;

/// A session that outlives the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRequest {
    /// The client's name for it.
    pub id: String,
    /// Seconds that it lives without a request.
    pub timeout: u64,
    /// The session must exist already.
    pub check: bool,
    /// It ends with this request.
    pub close: bool,
}

/// A request, read but not judged.
#[derive(Debug, Clone)]
pub struct QueryRequest {
    /// Statement text from the URL or from a multipart field; the body follows it.
    pub query: Vec<u8>,
    /// The database that unqualified names mean.
    pub database: Option<String>,
    /// The format of an answer whose statement names none.
    pub default_format: Option<String>,
    /// The client's id of the statement, or one of ours.
    pub query_id: String,
    /// Settings in the order given.
    pub settings: Vec<(String, String)>,
    /// Values of `{name:Type}` placeholders, in TSV escaping.
    pub params: Vec<(String, String)>,
    /// The session, if any.
    pub session: Option<SessionRequest>,
    /// How the body is encoded.
    pub encoding: Encoding,
    /// The answer goes out in ClickHouse's compressed blocks.
    pub compress: bool,
    /// The status line waits for the whole answer.
    pub wait_end_of_query: bool,
    /// Nothing may be changed: GET, HEAD, or `readonly` among the settings.
    pub read_only: bool,
}

impl QueryRequest {
    /// Reads a request's URL and headers.
    ///
    /// # Errors
    /// For parameters that contradict each other or ask for what is not there.
    pub fn read(
        method: &Method,
        url_query: Option<&str>,
        headers: &HeaderMap,
    ) -> Result<Self, EngineError> {
        let mut request = Self {
            query: Vec::new(),
            database: header(headers, "x-clickhouse-database"),
            default_format: header(headers, "x-clickhouse-format"),
            query_id: String::new(),
            settings: Vec::new(),
            params: Vec::new(),
            session: None,
            encoding: Encoding::Identity,
            compress: false,
            wait_end_of_query: false,
            read_only: method == Method::GET || method == Method::HEAD,
        };
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(url_query.unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        let mut decompress = false;
        for (name, value) in &pairs {
            match name.as_str() {
                "query" => request.query = value.clone().into_bytes(),
                "database" if !value.is_empty() => request.database = Some(value.clone()),
                "default_format" => request.default_format = Some(value.clone()),
                "query_id" => request.query_id.clone_from(value),
                "compress" => request.compress = flag(name, value)?,
                "decompress" => decompress = flag(name, value)?,
                "wait_end_of_query" => request.wait_end_of_query = flag(name, value)?,
                "role" if !value.is_empty() => {
                    return Err(EngineError::new(
                        48,
                        "NOT_IMPLEMENTED",
                        "roles are not available on the embedded engine",
                    ));
                }
                _ => request.add_pair(name, value)?,
            }
        }
        request.session = session(&pairs)?;
        request.encoding = encoding(decompress, headers)?;
        if request.query_id.is_empty() {
            request.query_id = uuid::Uuid::new_v4().to_string();
        }
        if request.query_id.len() > MAX_QUERY_ID {
            return Err(bad("query_id is too long"));
        }
        request.default_format = request.default_format.filter(|format| !format.is_empty());
        let word = |text: &String| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !request.default_format.as_ref().is_none_or(word) {
            return Err(EngineError::new(
                73,
                "UNKNOWN_FORMAT",
                "the format's name is not a word",
            ));
        }
        Ok(request)
    }

    /// Takes a multipart field: `query`, or a `param_…`.
    ///
    /// # Errors
    /// For fields that are external tables, which the engine cannot take here.
    pub fn add_field(&mut self, name: &str, value: Vec<u8>) -> Result<(), EngineError> {
        if name == "query" {
            self.query.extend_from_slice(&value);
            return Ok(());
        }
        if !name.starts_with("param_") {
            return Err(EngineError::new(
                48,
                "NOT_IMPLEMENTED",
                "external tables are not available on the embedded engine",
            ));
        }
        let value = String::from_utf8(value)
            .map_err(|_| bad("a query parameter is not UTF-8; escape it as \\xHH"))?;
        self.add_pair(name, &value)
    }

    fn add_pair(&mut self, name: &str, value: &str) -> Result<(), EngineError> {
        if let Some(param) = name.strip_prefix("param_") {
            self.params.push((param.to_owned(), value.to_owned()));
            return Ok(());
        }
        if RESERVED.contains(&name) {
            return Ok(());
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(EngineError::new(
                115,
                "UNKNOWN_SETTING",
                &format!("Unknown setting '{}'", name.escape_default()),
            ));
        }
        if name == "readonly" && value != "0" {
            self.read_only = true;
        } else if name != "readonly" {
            self.settings.push((name.to_owned(), value.to_owned()));
        }
        Ok(())
    }
}

fn session(pairs: &[(String, String)]) -> Result<Option<SessionRequest>, EngineError> {
    let find = |name: &str| {
        pairs
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    let Some(id) = find("session_id").filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    let timeout = match find("session_timeout") {
        None => 60,
        Some(text) => text
            .parse::<u64>()
            .ok()
            .filter(|seconds| *seconds <= 3600)
            .ok_or_else(|| bad("session_timeout is a number of seconds up to 3600"))?,
    };
    let on = |name: &str| find(name).map_or(Ok(false), |value| flag(name, value));
    let (check, close) = (on("session_check")?, on("close_session")?);
    Ok(Some(SessionRequest {
        id: id.to_owned(),
        timeout,
        check,
        close,
    }))
}

fn encoding(decompress: bool, headers: &HeaderMap) -> Result<Encoding, EngineError> {
    let named = header(headers, "content-encoding").unwrap_or_default();
    let encoding = Encoding::from_header(&named).ok_or_else(|| {
        EngineError::new(
            89,
            "UNKNOWN_COMPRESSION_METHOD",
            &format!("Content-Encoding '{}' is not known", named.escape_default()),
        )
    })?;
    match (decompress, encoding) {
        (false, encoding) => Ok(encoding),
        (true, Encoding::Identity) => Ok(Encoding::Blocks),
        (true, _) => Err(bad("decompress=1 and Content-Encoding exclude each other")),
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn flag(name: &str, value: &str) -> Result<bool, EngineError> {
    match value {
        "1" | "true" => Ok(true),
        "" | "0" | "false" => Ok(false),
        _ => Err(bad(&format!("{name} is 0 or 1"))),
    }
}

fn bad(detail: &str) -> EngineError {
    EngineError::new(36, "BAD_ARGUMENTS", detail)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};

    use super::QueryRequest;
    use crate::compression::Encoding;

    fn read(url: &str) -> Result<QueryRequest, u32> {
        QueryRequest::read(&Method::POST, Some(url), &HeaderMap::new()).map_err(|error| error.code)
    }

    #[test]
    fn everything_unknown_is_a_setting() {
        let request =
            read("query=SELECT+1&max_threads=2&param_a=x%09y&database=db&buffer_size=3").unwrap();
        assert_eq!(request.query, b"SELECT 1");
        assert_eq!(request.settings, [("max_threads".into(), "2".into())]);
        assert_eq!(request.params, [("a".into(), "x\ty".into())]);
        assert_eq!(request.database.as_deref(), Some("db"));
        assert!(!request.read_only);
    }

    #[test]
    fn readonly_is_a_property_of_the_request() {
        assert!(read("readonly=1").unwrap().read_only);
        assert!(read("readonly=2").unwrap().settings.is_empty());
        let get = QueryRequest::read(&Method::GET, None, &HeaderMap::new()).unwrap();
        assert!(get.read_only);
    }

    #[test]
    fn what_is_wrong_is_refused() {
        assert_eq!(read("a%20b=1").unwrap_err(), 115);
        assert_eq!(read("decompress=maybe").unwrap_err(), 36);
        assert_eq!(read("session_id=a&session_timeout=4000").unwrap_err(), 36);
        assert_eq!(read("role=admin").unwrap_err(), 48);
        let mut headers = HeaderMap::new();
        headers.insert("content-encoding", "rot13".parse().unwrap());
        assert_eq!(
            QueryRequest::read(&Method::POST, None, &headers)
                .unwrap_err()
                .code,
            89
        );
    }

    #[test]
    fn blocks_and_sessions() {
        assert_eq!(read("decompress=1").unwrap().encoding, Encoding::Blocks);
        let session = read("session_id=a&close_session=1")
            .unwrap()
            .session
            .unwrap();
        assert_eq!(
            (session.id.as_str(), session.timeout, session.close),
            ("a", 60, true)
        );
    }
}
