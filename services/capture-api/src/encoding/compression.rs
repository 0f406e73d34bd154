//! Compressed bodies, read with a bound on what comes out.

use std::borrow::Cow;
use std::io::Read;

use super::EncodingError;
use crate::budget::Reservation;

/// How a body is compressed, as `Content-Encoding` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// gzip
    Gzip,
    /// zlib, or bare deflate as some clients send it.
    Deflate,
    /// brotli
    Brotli,
    /// zstandard
    Zstd,
}

/// Bytes that a decoder puts out at a time.
const CHUNK_BYTES: usize = 16 * 1024;
/// Bytes of the brotli decoder's input buffer.
const BUFFER_BYTES: usize = 16 * 1024;
/// What a body may unpack to without being measured first.
const SMALL_BYTES_MAX: usize = 1024 * 1024;
/// Codings that may lie on top of each other.
const LAYERS_MAX: usize = 3;
/// Largest window of a zstandard frame, as a power of two: 8 MiB, what every
/// decoder has to support.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

impl Coding {
    /// The codings that a `Content-Encoding` header lists, in the order in
    /// which they were applied.
    ///
    /// # Errors
    /// [`EncodingError::Unsupported`] for any other, or too many of them.
    pub fn parse_list(header: &str) -> Result<Vec<Self>, EncodingError> {
        let mut codings = Vec::new();
        for name in header.split(',') {
            let name = name.trim().to_ascii_lowercase();
            codings.push(match name.as_str() {
                "" | "identity" => continue,
                "gzip" | "x-gzip" | "gzip-js" => Self::Gzip,
                "deflate" => Self::Deflate,
                "br" => Self::Brotli,
                "zstd" => Self::Zstd,
                _ => return Err(EncodingError::Unsupported(name.chars().take(40).collect())),
            });
        }
        if codings.len() > LAYERS_MAX {
            return Err(EncodingError::Unsupported(format!(
                "{} layers",
                codings.len()
            )));
        }
        Ok(codings)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "brotli",
            Self::Zstd => "zstd",
        }
    }
}

/// Whether `body` starts as gzip does. JSON, forms and base64 never do.
#[must_use]
pub fn is_gzip(body: &[u8]) -> bool {
    body.starts_with(&[0x1f, 0x8b])
}

fn is_zstd(body: &[u8]) -> bool {
    body.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

/// Undoes `codings`, the last applied first. gzip and zstd are recognised by
/// their first bytes whatever the headers say; a body that is labelled as one
/// of them and is not (a proxy may have unpacked it) passes as it is.
///
/// # Errors
/// When the bytes are broken, pass `bytes_max`, or `memory` has no room.
pub fn decompress<'a>(
    body: &'a [u8],
    codings: &[Coding],
    bytes_max: usize,
    memory: &mut Reservation,
) -> Result<Cow<'a, [u8]>, EncodingError> {
    let mut body = Cow::Borrowed(body);
    let sniffed = |body: &[u8]| match body {
        _ if is_gzip(body) => Some(Coding::Gzip),
        _ if is_zstd(body) => Some(Coding::Zstd),
        _ => None,
    };
    for labelled in codings.iter().rev() {
        let coding = match (sniffed(&body), labelled) {
            (Some(found), _) => found,
            (None, Coding::Gzip | Coding::Zstd) => continue,
            (None, other) => *other,
        };
        body = Cow::Owned(read_all(&body, coding, bytes_max, memory)?);
    }
    if let Some(coding) = sniffed(&body) {
        body = Cow::Owned(read_all(&body, coding, bytes_max, memory)?);
    }
    Ok(body)
}

/// What comes out of one coding. A body that unpacks to little is kept as it
/// comes; a larger one is first measured and thrown away, so that a bomb never
/// takes memory, and then read again into exactly as much as it needs.
fn read_all(
    body: &[u8],
    coding: Coding,
    bytes_max: usize,
    memory: &mut Reservation,
) -> Result<Vec<u8>, EncodingError> {
    let mut reader = Unpacked::new(body, coding)?;
    let mut out = Vec::new();
    memory.grow(CHUNK_BYTES)?;
    let mut chunk = vec![0; CHUNK_BYTES];
    let small_max = SMALL_BYTES_MAX.min(bytes_max);
    while out.len() <= small_max {
        let piece = reader.next_piece(&mut chunk)?;
        if piece.is_empty() {
            memory.shrink(CHUNK_BYTES);
            return Ok(out);
        }
        memory.grow(piece.len())?;
        out.extend_from_slice(piece);
    }
    let mut length = out.len();
    memory.shrink(length);
    drop(out);
    loop {
        if length > bytes_max {
            return Err(EncodingError::TooLarge(bytes_max));
        }
        match reader.next_piece(&mut chunk)?.len() {
            0 => break,
            count => length += count,
        }
    }
    memory.grow(length)?;
    let mut out = Vec::with_capacity(length);
    let mut reader = Unpacked::new(body, coding)?;
    loop {
        let piece = reader.next_piece(&mut chunk)?;
        if piece.is_empty() {
            memory.shrink(CHUNK_BYTES);
            return Ok(out);
        }
        out.extend_from_slice(piece);
    }
}

/// The stream of what a body unpacks to.
struct Unpacked<'a> {
    coding: Coding,
    reader: Box<dyn Read + 'a>,
}

impl<'a> Unpacked<'a> {
    fn new(body: &'a [u8], coding: Coding) -> Result<Self, EncodingError> {
        let broken = |_| EncodingError::Broken(coding.name());
        let reader: Box<dyn Read + 'a> = match coding {
            Coding::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(body)),
            Coding::Deflate if is_zlib(body) => Box::new(flate2::bufread::ZlibDecoder::new(body)),
            Coding::Deflate => Box::new(flate2::bufread::DeflateDecoder::new(body)),
            Coding::Brotli => Box::new(brotli::Decompressor::new(body, BUFFER_BYTES)),
            Coding::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(broken)?;
                decoder
                    .window_log_max(ZSTD_WINDOW_LOG_MAX)
                    .map_err(broken)?;
                Box::new(decoder)
            }
        };
        Ok(Self { coding, reader })
    }

    /// The next bytes; none at the end.
    fn next_piece<'b>(&mut self, chunk: &'b mut [u8]) -> Result<&'b [u8], EncodingError> {
        let count = self
            .reader
            .read(chunk)
            .map_err(|_| EncodingError::Broken(self.coding.name()))?;
        Ok(chunk.get(..count).unwrap_or_default())
    }
}

/// Whether `body` starts with a zlib header: method 8, and both bytes
/// together a multiple of 31.
fn is_zlib(body: &[u8]) -> bool {
    match body {
        [first, second, ..] => first & 0x0f == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use proptest::prelude::*;

    use super::*;
    use crate::budget::Budget;

    fn packed(coding: Coding, text: &[u8]) -> Vec<u8> {
        match coding {
            Coding::Gzip => {
                let mut out = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
                out.write_all(text).unwrap();
                out.finish().unwrap()
            }
            Coding::Deflate => {
                let mut out = flate2::write::ZlibEncoder::new(Vec::new(), Compression::fast());
                out.write_all(text).unwrap();
                out.finish().unwrap()
            }
            Coding::Brotli => {
                let mut out = brotli::CompressorWriter::new(Vec::new(), 4096, 4, 20);
                out.write_all(text).unwrap();
                out.into_inner()
            }
            Coding::Zstd => zstd::encode_all(text, 3).unwrap(),
        }
    }

    fn unpack(body: &[u8], codings: &[Coding], max: usize) -> Result<Vec<u8>, EncodingError> {
        let budget = Budget::new(1 << 30);
        decompress(body, codings, max, &mut budget.reservation()).map(Cow::into_owned)
    }

    const ALL: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];
    const TEXT: &[u8] = br#"{"event":"a","distinct_id":"b"}"#;

    #[test]
    fn each_coding_is_undone() {
        for coding in ALL {
            assert_eq!(
                unpack(&packed(coding, TEXT), &[coding], 1000).unwrap(),
                TEXT,
                "{coding:?}"
            );
        }
        let mut bare = flate2::write::DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(TEXT).unwrap();
        assert_eq!(
            unpack(&bare.finish().unwrap(), &[Coding::Deflate], 1000).unwrap(),
            TEXT
        );
        let twice = packed(Coding::Brotli, &packed(Coding::Gzip, TEXT));
        assert_eq!(
            unpack(&twice, &[Coding::Gzip, Coding::Brotli], 1000).unwrap(),
            TEXT
        );
    }

    #[test]
    fn the_first_bytes_win_over_the_label() {
        let gzip = packed(Coding::Gzip, TEXT);
        assert_eq!(unpack(&gzip, &[], 1000).unwrap(), TEXT);
        assert_eq!(unpack(&gzip, &[Coding::Deflate], 1000).unwrap(), TEXT);
        assert_eq!(unpack(TEXT, &[Coding::Gzip], 1000).unwrap(), TEXT);
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let zeros = vec![0; 20_000_000];
        for coding in ALL {
            let bomb = packed(coding, &zeros);
            let error = unpack(&bomb, &[coding], 1_000_000).unwrap_err();
            assert!(
                matches!(error, EncodingError::TooLarge(1_000_000)),
                "{coding:?} {error}"
            );
        }
    }

    #[test]
    fn a_large_body_is_measured_and_then_read() {
        let text: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
        for coding in ALL {
            let budget = Budget::new(1 << 30);
            let mut memory = budget.reservation();
            let body = packed(coding, &text);
            let unpacked = decompress(&body, &[coding], 20_000_000, &mut memory).unwrap();
            assert!(unpacked == text, "{coding:?}");
            assert_eq!(budget.used(), text.len());
        }
    }

    #[test]
    fn memory_is_returned_and_its_lack_told() {
        let bomb = packed(Coding::Gzip, &vec![0; 10_000_000]);
        let budget = Budget::new(1_000_000);
        let error = decompress(&bomb, &[], 64_000_000, &mut budget.reservation()).unwrap_err();
        assert!(matches!(error, EncodingError::Overloaded(_)));
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn truncated_bodies_are_broken() {
        for coding in ALL {
            let whole = packed(coding, TEXT);
            let error = unpack(&whole[..whole.len() - 6], &[coding], 1000).unwrap_err();
            assert!(matches!(error, EncodingError::Broken(_)), "{coding:?}");
        }
    }

    #[test]
    fn the_header_may_list_several() {
        assert_eq!(
            Coding::parse_list("gzip, br").unwrap(),
            [Coding::Gzip, Coding::Brotli]
        );
        assert_eq!(Coding::parse_list("identity").unwrap(), []);
        assert!(Coding::parse_list("compress").is_err());
        assert!(Coding::parse_list("gzip,gzip,gzip,gzip").is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), which in 0_usize..4) {
            let _ = unpack(&bytes, &[ALL[which]], 10_000);
        }

        #[test]
        fn damage_never_panics(at in 0_usize..40, byte in any::<u8>(), which in 0_usize..4) {
            let mut body = packed(ALL[which], TEXT);
            let length = body.len();
            body[at % length] = byte;
            let _ = unpack(&body, &[ALL[which]], 10_000);
        }
    }
}
