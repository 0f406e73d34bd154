//! Bodies as they come: plain, in ClickHouse's own blocks, or in a `Content-Encoding`.

mod blocks;

use std::io::{BufRead, BufReader};

pub use blocks::{BlockReader, ChecksumMismatch, write_block};

/// Plain bytes that are held at a time of a body that is decoded as a stream.
const WINDOW: usize = 256 * 1024;

/// How a request's body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// `decompress=1`: blocks with a checksum each.
    Blocks,
    /// `Content-Encoding: gzip`.
    Gzip,
    /// `Content-Encoding: deflate`.
    Deflate,
    /// `Content-Encoding: lz4`, the frame format.
    Lz4Frame,
    /// `Content-Encoding: zstd`.
    Zstd,
}

impl Encoding {
    /// Reads `Content-Encoding`; `None` for one that is not known.
    pub fn from_header(value: &str) -> Option<Self> {
        match value.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Deflate),
            "lz4" => Some(Self::Lz4Frame),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The body decoded, a bounded piece at a time.
    ///
    /// # Errors
    /// When a decoder cannot be set up.
    pub fn decode<'b>(
        self,
        body: impl BufRead + Send + 'b,
    ) -> std::io::Result<Box<dyn BufRead + Send + 'b>> {
        Ok(match self {
            Self::Identity => Box::new(body),
            Self::Blocks => Box::new(BlockReader::new(body)),
            Self::Gzip => buffered(flate2::bufread::MultiGzDecoder::new(body)),
            Self::Deflate => buffered(flate2::bufread::ZlibDecoder::new(body)),
            Self::Lz4Frame => buffered(lz4_flex::frame::FrameDecoder::new(body)),
            Self::Zstd => buffered(zstd::Decoder::with_buffer(body)?),
        })
    }
}

fn buffered<'b>(plain: impl std::io::Read + Send + 'b) -> Box<dyn BufRead + Send + 'b> {
    Box::new(BufReader::with_capacity(WINDOW, plain))
}
