//! Record batches of format 2 (Kafka's protocol guide, "Record Batch") as they
//! come out of the log.

use std::io::Read;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use lz4_flex::{block::decompress_into, frame::FrameDecoder};

use crate::{
    Delivery, Position,
    kafka::wire::log_format::{
        ATTRIBUTES, BEFORE_LENGTH, BLOCK, CHECKSUM, COUNT, COVERED, FIRST_MS, FORMAT, FRAME_HEAD,
        HEAD, LAST_OFFSET, LATEST_MS, LENGTH, LZ4, NOT_PACKED, PACKING,
    },
};

/// Bits of a batch's attributes.
const APPEND_TIME: i16 = 1 << 3;
const CONTROL: i16 = 1 << 5;
/// More than any batch holds that a broker takes by its defaults, packed a
/// hundredfold.
const UNPACKED_MAX: usize = 128 << 20;
/// Room for most batches, kept from one to the next.
const UNPACKED_KEPT: usize = 2 << 20;

/// Why batches cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// They are damaged.
    Damaged,
    /// In a form that is not known here.
    Unknown(&'static str),
}

/// Reads batches, and keeps what it needs for it.
#[derive(Debug, Default)]
pub(super) struct Unpacker {
    /// Where a batch is unpacked: only then it is known how long it is.
    unpacked: Vec<u8>,
}

impl Unpacker {
    /// Adds the records of `partition` from offset `next` on that are in
    /// `batches`, and answers the offset behind them. A last batch that is cut
    /// short is left for the next time.
    pub(super) fn read(
        &mut self,
        mut batches: Bytes,
        partition: u32,
        mut next: u64,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<u64, Fault> {
        while batches.len() >= HEAD {
            if batches[FORMAT] != 2 {
                return Err(Fault::Unknown("an older format of the log"));
            }
            let length = usize::try_from(i32_at(&batches, LENGTH)).map_err(|_| Fault::Damaged)?;
            let length = length + BEFORE_LENGTH;
            if length < HEAD {
                return Err(Fault::Damaged);
            }
            if length > batches.len() {
                break;
            }
            let batch = batches.split_to(length);
            if crc32c::crc32c(&batch[COVERED..]) != i32_at(&batch, CHECKSUM).cast_unsigned() {
                return Err(Fault::Damaged);
            }
            let head = Head::of(&batch)?;
            if !head.is_control && head.end > next {
                let records = self.unpack(&batch)?;
                read_records(&records, &head, partition, next, deliveries).ok_or(Fault::Damaged)?;
            }
            next = next.max(head.end);
        }
        Ok(next)
    }

    fn unpack(&mut self, batch: &Bytes) -> Result<Bytes, Fault> {
        match i16_at(batch, ATTRIBUTES) & PACKING {
            0 => Ok(batch.slice(HEAD..)),
            LZ4 => self.unpack_lz4(&batch[HEAD..]).map(Bytes::from),
            1 => Err(Fault::Unknown("records packed with gzip")),
            2 => Err(Fault::Unknown("records packed with Snappy")),
            4 => Err(Fault::Unknown("records packed with Zstandard")),
            _ => Err(Fault::Damaged),
        }
    }

    fn unpack_lz4(&mut self, frame: &[u8]) -> Result<Vec<u8>, Fault> {
        let Some(mut blocks) = frame.strip_prefix(&FRAME_HEAD) else {
            return unpack_frame(frame);
        };
        // One huge batch is no reason to keep its room for good.
        self.unpacked.truncate(UNPACKED_KEPT);
        self.unpacked.shrink_to(UNPACKED_KEPT);
        let mut end = 0;
        loop {
            let (size, rest) = blocks.split_first_chunk().ok_or(Fault::Damaged)?;
            let size = u32::from_le_bytes(*size);
            if size == 0 {
                return Ok(self.unpacked[..end].to_vec());
            }
            let length = (size & !NOT_PACKED) as usize;
            let (block, rest) = rest.split_at_checked(length).ok_or(Fault::Damaged)?;
            blocks = rest;
            let is_packed = size & NOT_PACKED == 0;
            if !is_packed && length > BLOCK {
                return Err(Fault::Damaged);
            }
            if self.unpacked.len() < end + BLOCK {
                self.unpacked.resize(end + BLOCK, 0);
            }
            let room = &mut self.unpacked[end..end + BLOCK];
            end += if is_packed {
                decompress_into(block, room).map_err(|_| Fault::Damaged)?
            } else {
                room[..length].copy_from_slice(block);
                length
            };
            if end > UNPACKED_MAX {
                return Err(Fault::Unknown("a batch that unpacks to more than 128 MiB"));
            }
        }
    }
}

/// Any LZ4 frame.
fn unpack_frame(frame: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut unpacked = Vec::new();
    let limit = UNPACKED_MAX as u64 + 1;
    let read = FrameDecoder::new(frame)
        .take(limit)
        .read_to_end(&mut unpacked);
    match read {
        Ok(_) if unpacked.len() > UNPACKED_MAX => {
            Err(Fault::Unknown("a batch that unpacks to more than 128 MiB"))
        }
        Ok(_) => Ok(unpacked),
        Err(_) => Err(Fault::Damaged),
    }
}

/// What a batch says of all its records.
struct Head {
    base: u64,
    /// The offset behind its last record, whether that is still there or not.
    end: u64,
    count: i32,
    is_control: bool,
    first_ms: i64,
    /// When the broker took all of them, if it says so.
    appended_ms: Option<i64>,
}

impl Head {
    fn of(batch: &[u8]) -> Result<Self, Fault> {
        let base = u64::try_from(i64_at(batch, 0)).map_err(|_| Fault::Damaged)?;
        let last = u64::try_from(i32_at(batch, LAST_OFFSET)).map_err(|_| Fault::Damaged)?;
        let attributes = i16_at(batch, ATTRIBUTES);
        Ok(Self {
            base,
            end: base + last + 1,
            count: i32_at(batch, COUNT),
            is_control: attributes & CONTROL != 0,
            first_ms: i64_at(batch, FIRST_MS),
            appended_ms: (attributes & APPEND_TIME != 0).then(|| i64_at(batch, LATEST_MS)),
        })
    }
}

/// Adds the records from `next` on; `None` when they are damaged.
fn read_records(
    records: &Bytes,
    head: &Head,
    partition: u32,
    next: u64,
    deliveries: &mut Vec<Delivery>,
) -> Option<()> {
    let mut rest = Cursor { records, at: 0 };
    deliveries.reserve(usize::try_from(head.count).ok()?.min(records.len()));
    for _ in 0..head.count {
        let length = usize::try_from(rest.number()?).ok()?;
        let end = rest.at.checked_add(length)?;
        // Attributes, of which there are none.
        rest.at += 1;
        let delay = rest.number()?;
        let offset = head.base + u64::try_from(rest.number()?).ok()?;
        if offset >= next {
            let ms = head
                .appended_ms
                .unwrap_or_else(|| head.first_ms.saturating_add(delay));
            let (key, payload) = (rest.bytes()?, rest.bytes()?);
            deliveries.push(Delivery {
                position: Position::new(partition, offset),
                appended_at: DateTime::<Utc>::from_timestamp_millis(ms).unwrap_or_default(),
                key,
                payload,
                headers: rest.headers()?,
                redelivered: false,
            });
            if rest.at != end {
                return None;
            }
        }
        rest.at = end;
    }
    Some(())
}

/// Reads records from their front.
struct Cursor<'a> {
    records: &'a Bytes,
    at: usize,
}

impl Cursor<'_> {
    /// A number in zigzag form, seven bits a byte, the lowest first.
    fn number(&mut self) -> Option<i64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.records.get(self.at)?;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some((value >> 1).cast_signed() ^ -((value & 1).cast_signed()));
            }
        }
        None
    }

    /// Bytes behind their length; none where that is negative, which means null.
    fn bytes(&mut self) -> Option<Bytes> {
        let Ok(length) = usize::try_from(self.number()?) else {
            return Some(Bytes::new());
        };
        let end = self.at.checked_add(length)?;
        if end > self.records.len() {
            return None;
        }
        let bytes = self.records.slice(self.at..end);
        self.at = end;
        Some(bytes)
    }

    fn headers(&mut self) -> Option<Vec<(String, Bytes)>> {
        let count = self.number()?;
        let mut headers = Vec::new();
        for _ in 0..count {
            let name = String::from_utf8_lossy(&self.bytes()?).into_owned();
            headers.push((name, self.bytes()?));
        }
        Some(headers)
    }
}

// Where these are read a batch's head is there.

fn i16_at(bytes: &[u8], at: usize) -> i16 {
    bytes[at..at + 2].try_into().map_or(0, i16::from_be_bytes)
}

fn i32_at(bytes: &[u8], at: usize) -> i32 {
    bytes[at..at + 4].try_into().map_or(0, i32::from_be_bytes)
}

fn i64_at(bytes: &[u8], at: usize) -> i64 {
    bytes[at..at + 8].try_into().map_or(0, i64::from_be_bytes)
}

#[cfg(test)]
mod tests;
