//! The bytes of a file, unpacked.

use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::Path;

use anyhow::Context;
use flate2::read::MultiGzDecoder;

use super::Progress;

/// The path that stands for standard input.
pub(crate) const STANDARD_INPUT: &str = "-";
/// Bytes that the format is told by.
const HEAD: u64 = 64 * 1024;
const BUFFER: usize = 256 * 1024;

/// A file's bytes, whose beginning has been looked at.
pub(super) struct Input {
    /// Its first bytes.
    pub(super) head: Vec<u8>,
    /// Whether that is all of it.
    pub(super) is_whole: bool,
    /// Whether it was packed.
    pub(super) is_packed: bool,
    rest: Box<dyn Read>,
}

/// All bytes, from the first.
pub(super) type Reader = BufReader<Chain<Cursor<Vec<u8>>, Box<dyn Read>>>;

impl Input {
    pub(super) fn open(path: &Path, progress: &Progress) -> anyhow::Result<Self> {
        let stored: Box<dyn Read> = if path == Path::new(STANDARD_INPUT) {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(path).with_context(|| format!("opening {}", path.display()))?)
        };
        let counted = Counted {
            inner: stored,
            progress: progress.clone(),
        };
        Self::of(Box::new(counted)).with_context(|| format!("reading {}", path.display()))
    }

    fn of(mut stored: Box<dyn Read>) -> io::Result<Self> {
        let mut magic = Vec::new();
        stored.by_ref().take(4).read_to_end(&mut magic)?;
        let packing = magic.clone();
        let all = Cursor::new(magic).chain(stored);
        let mut rest: Box<dyn Read> = match packing.as_slice() {
            [0x1f, 0x8b, ..] => {
                Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, all)))
            }
            [0x28, 0xb5, 0x2f, 0xfd] => Box::new(zstd::Decoder::new(all)?),
            _ => Box::new(all),
        };
        let mut head = Vec::new();
        rest.by_ref().take(HEAD).read_to_end(&mut head)?;
        Ok(Self {
            is_whole: u64::try_from(head.len()).unwrap_or(HEAD) < HEAD,
            is_packed: matches!(
                packing.as_slice(),
                [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd]
            ),
            head,
            rest,
        })
    }

    pub(super) fn reader(self) -> Reader {
        let mut head = self.head;
        if head.starts_with("\u{feff}".as_bytes()) {
            head.drain(..3);
        }
        BufReader::with_capacity(BUFFER, Cursor::new(head).chain(self.rest))
    }
}

/// Counts what was read from the disk.
struct Counted<R> {
    inner: R,
    progress: Progress,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.progress.add(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(bytes: Vec<u8>) -> (bool, String) {
        let input = Input::of(Box::new(Cursor::new(bytes))).unwrap();
        let is_packed = input.is_packed;
        let mut text = String::new();
        input.reader().read_to_string(&mut text).unwrap();
        (is_packed, text)
    }

    #[test]
    fn what_is_packed_is_unpacked_and_a_mark_is_cut() {
        let text = "{\"a\":1}\n".repeat(20_000);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let gzip = gzip.finish().unwrap();
        // Files that were joined (`cat a.gz b.gz`) are one.
        let twice = [gzip.clone(), gzip.clone()].concat();
        assert_eq!(read(gzip), (true, text.clone()));
        assert_eq!(read(twice), (true, text.repeat(2)));
        let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
        assert_eq!(read(zstd), (true, text.clone()));
        let marked = ["\u{feff}".as_bytes(), text.as_bytes()].concat();
        assert_eq!(read(marked), (false, text));
        assert_eq!(read(Vec::new()), (false, String::new()));
    }
}
