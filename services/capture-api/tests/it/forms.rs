//! Every form that a body with events may have, to run one table over all.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, RequestBuilder, StatusCode};

use crate::encodings::{brotli, gzip, zlib, zstd};
use crate::harness::{Capture, KEY_A};

/// One form: how events become a request.
pub(crate) struct Form {
    /// What it is, for messages.
    pub(crate) name: &'static str,
    path: &'static str,
    encoding: Option<&'static str>,
    event: fn(name: &str, value: &[u8]) -> Vec<u8>,
    around: Around,
    wrap: fn(&[u8]) -> Vec<u8>,
    /// What success is.
    pub(crate) success: StatusCode,
}

/// What stands around the events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Batch,
    Array,
    /// One event a request.
    Nothing,
}

const fn form(name: &'static str, path: &'static str, wrap: fn(&[u8]) -> Vec<u8>) -> Form {
    Form {
        name,
        path,
        encoding: None,
        event: native,
        around: Around::Batch,
        wrap,
        success: StatusCode::OK,
    }
}

const fn packed(name: &'static str, encoding: &'static str, wrap: fn(&[u8]) -> Vec<u8>) -> Form {
    Form {
        encoding: Some(encoding),
        success: StatusCode::ACCEPTED,
        ..form(name, "/capture", wrap)
    }
}

/// All of them.
pub(crate) const FORMS: [Form; 20] = [
    packed("native", "identity", plain),
    packed("native, gzip", "gzip", gzip),
    packed("native, deflate", "deflate", zlib),
    packed("native, brotli", "br", brotli),
    packed("native, zstd", "zstd", zstd),
    Form {
        around: Around::Array,
        ..form("an array", "/e/", plain)
    },
    form("a batch", "/batch/", plain),
    form("a batch, gzip-js", "/i/v0/e/?compression=gzip-js", gzip),
    form("base64", "/e/", base64),
    form("base64 in a form", "/e/?compression=base64", base64_form),
    form("gzip in base64 in a form", "/e/", gzip_form),
    form("JSON in a form", "/e/", json_form),
    form("lz64", "/e/?compression=lz64", lz64),
    form("lz64 in a form", "/e/", lz64_form),
    form("the newest endpoint", "/i/v1/analytics/events", plain),
    form("the newest endpoint, gzip", "/i/v1/analytics/events", gzip),
    Form {
        event: segment,
        ..form("Segment's batch", "/v1/batch", plain)
    },
    Form {
        event: segment,
        ..form("Segment's batch, gzip", "/v1/batch", gzip)
    },
    Form {
        event: segment,
        around: Around::Nothing,
        ..form("Segment's call", "/v1/track", plain)
    },
    Form {
        event: bklit,
        around: Around::Nothing,
        ..form("Bklit's event", "/track-event", plain)
    },
];

impl Form {
    /// Whether several events go in one request.
    pub(crate) fn is_batch(&self) -> bool {
        self.around != Around::Nothing
    }

    /// Whether the form is made of UTF-16, so that bytes are not its own.
    pub(crate) fn is_text(&self) -> bool {
        self.name.starts_with("lz64")
    }

    /// The JSON of an event `odd` with a property `value`, and of a sound one
    /// behind it where the form can.
    pub(crate) fn json(&self, value: &[u8]) -> Vec<u8> {
        let odd = (self.event)("odd", value);
        let both = [&odd[..], b",", &(self.event)("sound", b"1")].concat();
        match self.around {
            Around::Nothing => odd,
            Around::Array => [b"[", &both[..], b"]"].concat(),
            Around::Batch => [b"{\"batch\":[", &both[..], b"]}"].concat(),
        }
    }

    /// JSON as the form wraps it.
    pub(crate) fn wrapped(&self, json: &[u8]) -> Vec<u8> {
        (self.wrap)(json)
    }

    /// A request with that body.
    pub(crate) fn request(&self, capture: &Capture, body: Vec<u8>) -> RequestBuilder {
        let request = capture
            .request(Method::POST, self.path)
            .bearer_auth(KEY_A)
            .body(body);
        match self.encoding {
            Some(encoding) => request.header("content-encoding", encoding),
            None => request,
        }
    }
}

fn native(name: &str, value: &[u8]) -> Vec<u8> {
    let head = format!(r#"{{"event":"{name}","distinct_id":"1","properties":{{"value":"#);
    [head.as_bytes(), value, b"}}"].concat()
}

fn segment(name: &str, value: &[u8]) -> Vec<u8> {
    let head = format!(r#"{{"type":"track","event":"{name}","userId":"1","properties":{{"value":"#);
    [head.as_bytes(), value, b"}}"].concat()
}

fn bklit(name: &str, value: &[u8]) -> Vec<u8> {
    let head = format!(r#"{{"trackingId":"{name}","sessionId":"1","metadata":{{"value":"#);
    [head.as_bytes(), value, b"}}"].concat()
}

fn plain(json: &[u8]) -> Vec<u8> {
    json.to_vec()
}

fn base64(json: &[u8]) -> Vec<u8> {
    STANDARD.encode(json).into_bytes()
}

fn urlencoded(pairs: &[(&str, &[u8])]) -> Vec<u8> {
    let pairs = pairs.iter().map(|(name, value)| {
        let value: String = url::form_urlencoded::byte_serialize(value).collect();
        format!("{name}={value}")
    });
    pairs.collect::<Vec<_>>().join("&").into_bytes()
}

fn base64_form(json: &[u8]) -> Vec<u8> {
    urlencoded(&[("data", &base64(json))])
}

fn gzip_form(json: &[u8]) -> Vec<u8> {
    base64_form(&gzip(json))
}

fn json_form(json: &[u8]) -> Vec<u8> {
    urlencoded(&[("ver", b"1.2"), ("data", json)])
}

fn lz64_form(json: &[u8]) -> Vec<u8> {
    urlencoded(&[("data", &lz64(json)), ("compression", b"lz64")])
}

/// LZ-String of the plainest kind: every unit anew, no phrase used.
fn lz64(json: &[u8]) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut push =
        |value: u32, width: u32| bits.extend((0..width).map(|place| value >> place & 1 == 1));
    let (mut width, mut until_wider) = (2, 2);
    for unit in String::from_utf8_lossy(json).encode_utf16() {
        let is_wide = unit > 0xff;
        push(u32::from(is_wide), width);
        push(u32::from(unit), if is_wide { 16 } else { 8 });
        for _ in 0..2 {
            until_wider -= 1;
            if until_wider == 0 {
                until_wider = 1 << width;
                width += 1;
            }
        }
    }
    push(2, width);
    let sextet = |bits: &[bool]| {
        let value = bits.iter().fold(0, |value, bit| value * 2 + u8::from(*bit));
        value << (6 - bits.len())
    };
    let bytes = bits.chunks(6).map(sextet);
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes.map(|value| alphabet[usize::from(value)]).collect()
}
