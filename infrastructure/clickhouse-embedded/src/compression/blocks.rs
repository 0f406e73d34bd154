//! ClickHouse's own framing: checksum (16), method (1), two sizes (4 + 4), data.
//!
//! The checksum is CityHash128 of version 1.0.2 over everything behind it, its halves swapped.
//! The sizes are little-endian; the first counts the nine bytes of method and sizes as well.

use std::io::{BufRead, Error, ErrorKind, Read, Result};

const CHECKSUM: usize = 16;
const HEADER: usize = 9;
/// Most bytes of one block, compressed or plain, that are taken: ClickHouse's own bound is 1 GiB,
/// its clients write 1 MiB or less.
const MAX_BLOCK: usize = 128 << 20;
const LZ4: u8 = 0x82;
const ZSTD: u8 = 0x90;
const NONE: u8 = 0x02;

/// A block is not what its sender wrote.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("Checksum doesn't match: corrupted data in a compressed block")]
pub struct ChecksumMismatch;

/// Decodes blocks; one is held at a time.
#[derive(Debug)]
pub struct BlockReader<R> {
    body: R,
    packed: Vec<u8>,
    plain: Vec<u8>,
    at: usize,
}

impl<R: BufRead> BlockReader<R> {
    /// Reads blocks from `body`.
    pub fn new(body: R) -> Self {
        Self {
            body,
            packed: Vec::new(),
            plain: Vec::new(),
            at: 0,
        }
    }

    /// Reads one block into `plain`; at the end of the body `plain` stays empty.
    fn next_block(&mut self) -> Result<()> {
        self.plain.clear();
        self.at = 0;
        if self.body.fill_buf()?.is_empty() {
            return Ok(());
        }
        let mut head = [0; CHECKSUM + HEADER];
        self.body.read_exact(&mut head).map_err(cut_off)?;
        let (checksum, header) = head.split_at(CHECKSUM);
        let packed_size = size(&header[1..5]);
        let plain_size = size(&header[5..9]);
        if !(HEADER..=MAX_BLOCK).contains(&packed_size) || plain_size > MAX_BLOCK {
            return Err(broken(format!(
                "a block of {packed_size} bytes, {plain_size} decompressed, is not taken"
            )));
        }
        self.packed.clear();
        self.packed.extend_from_slice(header);
        let wanted = packed_size - HEADER;
        // Grows with what really arrives, not with what the header claims.
        let read = (&mut self.body)
            .take(wanted as u64)
            .read_to_end(&mut self.packed)?;
        if read < wanted {
            return Err(cut_off(ErrorKind::UnexpectedEof.into()));
        }
        if checksum != checksum_of(&self.packed) {
            return Err(Error::new(ErrorKind::InvalidData, ChecksumMismatch));
        }
        self.decompress(plain_size)
    }

    fn decompress(&mut self, plain_size: usize) -> Result<()> {
        let data = &self.packed[HEADER..];
        match self.packed[0] {
            NONE => self.plain.extend_from_slice(data),
            LZ4 => {
                self.plain.resize(plain_size, 0);
                let length = lz4_flex::block::decompress_into(data, &mut self.plain)
                    .map_err(|error| broken(format!("a block is not LZ4: {error}")))?;
                self.plain.truncate(length);
            }
            ZSTD => {
                self.plain = zstd::bulk::decompress(data, plain_size)
                    .map_err(|error| broken(format!("a block is not ZSTD: {error}")))?;
            }
            method => {
                return Err(broken(format!(
                    "compression method {method:#04x} is not known"
                )));
            }
        }
        if self.plain.len() != plain_size {
            let length = self.plain.len();
            return Err(broken(format!(
                "a block has {length} bytes and says {plain_size}"
            )));
        }
        Ok(())
    }
}

impl<R: BufRead> BufRead for BlockReader<R> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        // An empty block is no end.
        while self.at == self.plain.len() {
            self.next_block()?;
            if self.plain.is_empty() && self.body.fill_buf()?.is_empty() {
                break;
            }
        }
        Ok(&self.plain[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        self.at = (self.at + amount).min(self.plain.len());
    }
}

impl<R: BufRead> Read for BlockReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

/// Appends `plain` as one LZ4 block to `out`.
pub fn write_block(plain: &[u8], out: &mut Vec<u8>) {
    let data = lz4_flex::block::compress(plain);
    let start = out.len() + CHECKSUM;
    out.extend_from_slice(&[0; CHECKSUM]);
    out.push(LZ4);
    let bound = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    out.extend_from_slice(&bound(data.len() + HEADER));
    out.extend_from_slice(&bound(plain.len()));
    out.extend_from_slice(&data);
    let checksum = checksum_of(&out[start..]);
    out[start - CHECKSUM..start].copy_from_slice(&checksum);
}

fn checksum_of(block: &[u8]) -> [u8; CHECKSUM] {
    cityhash_rs::cityhash_102_128(block)
        .rotate_right(64)
        .to_le_bytes()
}

fn size(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .rev()
        .fold(0, |sum, byte| (sum << 8) | usize::from(*byte))
}

fn broken(detail: String) -> Error {
    Error::new(ErrorKind::InvalidData, detail)
}

fn cut_off(error: Error) -> Error {
    if error.kind() == ErrorKind::UnexpectedEof {
        return broken("the body ends inside a compressed block".to_owned());
    }
    error
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read as _};

    use super::{BlockReader, write_block};

    fn read(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        BlockReader::new(bytes)
            .read_to_end(&mut plain)
            .map(|_| plain)
    }

    #[test]
    fn blocks_come_back_in_order() {
        let mut packed = Vec::new();
        write_block(b"first ", &mut packed);
        write_block(b"", &mut packed);
        write_block(&[b'x'; 100_000], &mut packed);
        let plain = read(&packed).unwrap();
        assert_eq!(plain.len(), 100_006);
        assert!(plain.starts_with(b"first x"));
        assert_eq!(read(&[]).unwrap(), b"");
    }

    #[test]
    fn damage_is_found_wherever_it_is() {
        let mut packed = Vec::new();
        write_block(b"some data that is worth a checksum", &mut packed);
        for at in 0..packed.len() {
            let mut damaged = packed.clone();
            damaged[at] ^= 1;
            assert_eq!(
                read(&damaged).unwrap_err().kind(),
                ErrorKind::InvalidData,
                "byte {at}"
            );
        }
        for length in 1..packed.len() {
            let error = read(&packed[..length]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData, "length {length}");
        }
    }

    #[test]
    fn a_claimed_size_allocates_nothing() {
        let mut packed = Vec::new();
        write_block(b"abc", &mut packed);
        packed[21..25].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(read(&packed).unwrap_err().to_string().contains("not taken"));
    }
}
