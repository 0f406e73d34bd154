//! Where events are written.

use std::fs::File;
use std::io::{self, BufWriter, Stdout, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::event::Exported;
use super::ndjson::Lines;
use super::parquet::Table;

/// How what is written is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Not at all.
    Plain,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl Packing {
    /// The packing that a file's name speaks of.
    pub(crate) fn of_name(name: &str) -> Self {
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("gz") => Self::Gzip,
            Some("zst") => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

/// A file or standard output.
#[derive(Debug)]
pub(crate) enum Target {
    /// A file.
    File(BufWriter<File>),
    /// Standard output.
    Standard(BufWriter<Stdout>),
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Standard(output) => output.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Standard(output) => output.flush(),
        }
    }
}

/// Takes bytes and packs them.
pub(super) enum Packer {
    Plain(Target),
    Gzip(GzEncoder<Target>),
    Zstd(zstd::Encoder<'static, Target>),
}

impl Packer {
    pub(super) fn new(target: Target, packing: Packing) -> io::Result<Self> {
        Ok(match packing {
            Packing::Plain => Self::Plain(target),
            Packing::Gzip => Self::Gzip(GzEncoder::new(target, Compression::default())),
            Packing::Zstd => Self::Zstd(zstd::Encoder::new(target, 3)?),
        })
    }

    /// Writes what is still held.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(target) => Ok(target),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }?
        .flush()
    }
}

impl Write for Packer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(target) => target.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(target) => target.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}

/// Takes events, one after the other.
pub(crate) enum Sink {
    /// One JSON object a line.
    Ndjson(Lines),
    /// A Parquet file.
    Parquet(Box<Table>),
}

impl Sink {
    /// Lines of JSON.
    ///
    /// # Errors
    /// When nothing can be written.
    pub(crate) fn ndjson(target: Target, packing: Packing) -> anyhow::Result<Self> {
        Ok(Self::Ndjson(Lines::new(Packer::new(target, packing)?)))
    }

    /// A Parquet file.
    ///
    /// # Errors
    /// When nothing can be written.
    pub(crate) fn parquet(target: Target) -> anyhow::Result<Self> {
        Ok(Self::Parquet(Box::new(Table::new(target)?)))
    }

    /// Writes an event.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&mut self, event: Exported) -> anyhow::Result<()> {
        match self {
            Self::Ndjson(lines) => lines.write(&event),
            Self::Parquet(table) => table.write(event),
        }
    }

    /// Writes what is still held, and the end.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Ndjson(lines) => lines.finish(),
            Self::Parquet(table) => table.finish(),
        }
    }
}
