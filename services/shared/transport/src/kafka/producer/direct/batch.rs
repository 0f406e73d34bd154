//! Records of one partition as the log stores them: the record batch of format
//! 2 (Kafka's protocol guide, "Record Batch"), its records packed with LZ4.

use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};

use crate::{
    Record,
    kafka::wire::log_format::{
        ATTRIBUTES, BEFORE_LENGTH, BLOCK, CHECKSUM, COUNT, COVERED, FIRST_MS, FORMAT, FRAME_END,
        FRAME_HEAD, HEAD, LAST_OFFSET, LATEST_MS, LEADER_EPOCH, LENGTH, LZ4, NOT_PACKED, PRODUCER,
    },
};

/// Who wrote a batch, by which a broker knows one that comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Writer {
    pub(super) id: i64,
    pub(super) epoch: i16,
}

/// Appends a record, the `index`-th of its batch.
pub(super) fn write_record(record: &Record, index: usize, out: &mut Vec<u8>) {
    let (key, value) = (record.key.as_ref(), record.payload.as_ref());
    // Counts and lengths here are far below 2 GiB: `Client::place` limits a record.
    let delta = index as i64;
    let headers = &record.headers;
    let mut length = 2
        + varint_length(delta)
        + sized_length(key.len())
        + sized_length(value.len())
        + varint_length(headers.len() as i64);
    for (name, value) in headers {
        length += sized_length(name.len()) + sized_length(value.len());
    }
    varint(length as i64, out);
    // No attributes, and the time of the batch itself.
    out.extend_from_slice(&[0, 0]);
    varint(delta, out);
    sized(key, out);
    sized(value, out);
    varint(headers.len() as i64, out);
    for (name, value) in headers {
        sized(name.as_bytes(), out);
        sized(value, out);
    }
}

/// Appends the batch of `count` records (at least one), written by
/// [`write_record`], created at `now` (milliseconds since the epoch). It needs
/// a [`stamp`] before it is sent.
pub(super) fn write_batch(
    records: &[u8],
    count: usize,
    now: i64,
    table: &mut CompressTable,
    out: &mut Vec<u8>,
) {
    let start = out.len();
    let mut head = [0; HEAD];
    let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
    // The leader's epoch is the broker's to set.
    put(LEADER_EPOCH, &(-1_i32).to_be_bytes());
    put(FORMAT, &[2]);
    put(ATTRIBUTES, &LZ4.to_be_bytes());
    put(LAST_OFFSET, &(count as i32 - 1).to_be_bytes());
    put(FIRST_MS, &now.to_be_bytes());
    put(LATEST_MS, &now.to_be_bytes());
    put(COUNT, &(count as i32).to_be_bytes());
    out.extend_from_slice(&head);
    pack(records, table, out);
    let length = (out.len() - start - BEFORE_LENGTH) as i32;
    out[start + LENGTH..start + BEFORE_LENGTH].copy_from_slice(&length.to_be_bytes());
}

/// Says in a batch who wrote it and which of the writer's records in this
/// partition its first one is, and seals it with its checksum.
pub(super) fn stamp(batch: &mut [u8], writer: Writer, sequence: i32) {
    batch[PRODUCER..PRODUCER + 8].copy_from_slice(&writer.id.to_be_bytes());
    batch[PRODUCER + 8..PRODUCER + 10].copy_from_slice(&writer.epoch.to_be_bytes());
    batch[PRODUCER + 10..PRODUCER + 14].copy_from_slice(&sequence.to_be_bytes());
    let checksum = crc32c::crc32c(&batch[COVERED..]);
    batch[CHECKSUM..COVERED].copy_from_slice(&checksum.to_be_bytes());
}

fn pack(records: &[u8], table: &mut CompressTable, out: &mut Vec<u8>) {
    out.extend_from_slice(&FRAME_HEAD);
    for block in records.chunks(BLOCK) {
        let size_at = out.len();
        let start = size_at + 4;
        out.resize(start + get_maximum_output_size(block.len()), 0);
        let packed = compress_into_with_table(block, &mut out[start..], table);
        let size = match packed {
            Ok(size) if size < block.len() => size as u32,
            _ => {
                out[start..start + block.len()].copy_from_slice(block);
                block.len() as u32 | NOT_PACKED
            }
        };
        out[size_at..start].copy_from_slice(&size.to_le_bytes());
        out.truncate(start + (size & !NOT_PACKED) as usize);
    }
    out.extend_from_slice(&FRAME_END);
}

/// Bytes that follow their own length.
fn sized(bytes: &[u8], out: &mut Vec<u8>) {
    varint(bytes.len() as i64, out);
    out.extend_from_slice(bytes);
}

fn sized_length(bytes: usize) -> usize {
    varint_length(bytes as i64) + bytes
}

/// A number in zigzag form, seven bits a byte, the lowest first.
fn varint(value: i64, out: &mut Vec<u8>) {
    let mut rest = zigzag(value);
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn varint_length(value: i64) -> usize {
    let bits = 64 - (zigzag(value) | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::Topic;

    fn record(payload: impl Into<bytes::Bytes>) -> Record {
        Record::new(Topic::Events, "person", payload).with_header("origin", "a")
    }

    fn i32_at(bytes: &[u8], at: usize) -> i32 {
        i32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
    }

    #[test]
    fn numbers_take_the_bytes_that_were_reckoned_with() {
        // Vectors of the Protocol Buffers guide, "Signed Integers".
        for (value, bytes) in [
            (0, &[0][..]),
            (-1, &[1]),
            (1, &[2]),
            (63, &[126]),
            (64, &[128, 1]),
        ] {
            let mut out = Vec::new();
            varint(value, &mut out);
            assert_eq!(out, bytes, "{value}");
        }
        for shift in 0..40 {
            for value in [(1_i64 << shift) - 1, 1 << shift] {
                let mut out = Vec::new();
                varint(value, &mut out);
                assert_eq!(out.len(), varint_length(value), "{value}");
            }
        }
    }

    #[test]
    fn a_batch_unpacks_to_its_records_whatever_their_size() {
        let noise: Vec<u8> = (0..200_000_u32)
            .map(|n| (n.wrapping_mul(0x9e37_79b9) >> 13) as u8)
            .collect();
        for payload in [vec![b'x'; 3], vec![b'x'; 300_000], noise] {
            let mut records = Vec::new();
            write_record(&record(payload.clone()), 0, &mut records);
            write_record(&record("second"), 1, &mut records);
            // Behind something else, as in a request.
            let mut out = b"head".to_vec();
            write_batch(
                &records,
                2,
                1_700_000_000_000,
                &mut CompressTable::default(),
                &mut out,
            );
            let batch = &mut out[4..];
            stamp(batch, Writer { id: 7, epoch: 1 }, 42);

            assert_eq!(i32_at(batch, LENGTH) as usize, batch.len() - 12);
            assert_eq!(batch[16], 2, "format");
            assert_eq!(i32_at(batch, 23), 1, "last offset");
            assert_eq!(i32_at(batch, 53), 42, "sequence");
            assert_eq!(i32_at(batch, 57), 2, "count");
            assert_eq!(
                crc32c::crc32c(&batch[COVERED..]),
                i32_at(batch, CHECKSUM) as u32
            );
            let mut unpacked = Vec::new();
            let mut frame = lz4_flex::frame::FrameDecoder::new(&batch[HEAD..]);
            frame.read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, records);
        }
    }

    #[test]
    fn a_record_has_the_form_of_the_protocol() {
        let mut out = Vec::new();
        write_record(&Record::new(Topic::Events, "k", "value"), 3, &mut out);
        assert_eq!(
            out,
            [&[24, 0, 0, 6, 2, b'k', 10][..], b"value", &[0]].concat()
        );
        out.clear();
        write_record(
            &Record::new(Topic::Events, "", "").with_header("h", "v"),
            0,
            &mut out,
        );
        assert_eq!(out, [20, 0, 0, 0, 0, 0, 2, 2, b'h', 2, b'v']);
    }
}
