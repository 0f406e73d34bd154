use std::io::Write;

use lz4_flex::{block::compress, frame::FrameEncoder};
use proptest::prelude::*;

use super::*;
use crate::kafka::wire::log_format::FRAME_END;

/// How records are packed.
#[derive(Debug, Clone, Copy)]
enum Packing {
    None,
    /// A frame as ours, each block packed or stored as it is.
    Plain,
    /// A frame as another client may write it.
    Other,
}

fn varint(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn sized(bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    varint(bytes.map_or(-1, |bytes| bytes.len() as i64), out);
    out.extend(bytes.unwrap_or_default());
}

fn record(delta: i64, payload: &[u8]) -> Vec<u8> {
    let mut body = vec![0];
    varint(delta * 10, &mut body);
    varint(delta, &mut body);
    sized(
        Some(b"key").filter(|_| delta % 2 == 0).map(|key| &key[..]),
        &mut body,
    );
    sized(Some(payload), &mut body);
    varint(1, &mut body);
    sized(Some(b"name"), &mut body);
    sized(None, &mut body);
    let mut out = Vec::new();
    varint(body.len() as i64, &mut out);
    out.extend(body);
    out
}

fn pack(records: &[u8], packing: Packing) -> Vec<u8> {
    match packing {
        Packing::None => records.to_vec(),
        Packing::Plain => {
            let mut frame = FRAME_HEAD.to_vec();
            for block in records.chunks(BLOCK) {
                let packed = compress(block);
                let (size, block) = if packed.len() < block.len() {
                    (packed.len() as u32, &packed[..])
                } else {
                    (block.len() as u32 | NOT_PACKED, block)
                };
                frame.extend(size.to_le_bytes());
                frame.extend(block);
            }
            frame.extend(FRAME_END);
            frame
        }
        Packing::Other => {
            let mut encoder = FrameEncoder::new(Vec::new());
            encoder.write_all(records).unwrap();
            encoder.finish().unwrap()
        }
    }
}

fn seal(batch: &mut [u8]) {
    let checksum = crc32c::crc32c(&batch[COVERED..]);
    batch[CHECKSUM..COVERED].copy_from_slice(&checksum.to_be_bytes());
}

/// A batch of these payloads from offset `base` on, whose last record is behind
/// `gone` that are not there any more.
fn batch(base: u64, payloads: &[&[u8]], packing: Packing, attributes: i16, gone: i32) -> Vec<u8> {
    let records: Vec<u8> = (0..)
        .zip(payloads)
        .flat_map(|(delta, payload)| record(delta, payload))
        .collect();
    let mut out = base.to_be_bytes().to_vec();
    out.extend([0; 4]);
    out.extend((-1_i32).to_be_bytes());
    out.push(2);
    out.extend([0; 4]);
    let packed = if matches!(packing, Packing::None) {
        0
    } else {
        3
    };
    out.extend((attributes | packed).to_be_bytes());
    out.extend((payloads.len() as i32 - 1 + gone).to_be_bytes());
    out.extend(1_000_i64.to_be_bytes());
    out.extend(5_000_i64.to_be_bytes());
    out.extend([0; 14]);
    out.extend((payloads.len() as i32).to_be_bytes());
    out.extend(pack(&records, packing));
    let length = (out.len() - BEFORE_LENGTH) as i32;
    out[8..12].copy_from_slice(&length.to_be_bytes());
    seal(&mut out);
    out
}

fn read(batches: Vec<u8>, next: u64) -> Result<(u64, Vec<Delivery>), Fault> {
    let mut deliveries = Vec::new();
    let next = Unpacker::default().read(Bytes::from(batches), 7, next, &mut deliveries)?;
    Ok((next, deliveries))
}

fn offsets(deliveries: &[Delivery]) -> Vec<u64> {
    deliveries.iter().map(|one| one.position.offset).collect()
}

#[test]
fn records_come_as_they_were_written_however_they_are_packed() {
    let noise: Vec<u8> = (0..200_000_u32)
        .map(|n| (n.wrapping_mul(0x9e37_79b9) >> 13) as u8)
        .collect();
    let long = vec![b'x'; 300_000];
    let payloads: [&[u8]; 4] = [b"first", b"", &noise, &long];
    for packing in [Packing::None, Packing::Plain, Packing::Other] {
        let (next, deliveries) = read(batch(40, &payloads, packing, 0, 0), 0).unwrap();
        assert_eq!(next, 44, "{packing:?}");
        for (delta, (one, payload)) in (0..).zip(deliveries.iter().zip(payloads)) {
            assert_eq!(one.position, Position::new(7, 40 + delta));
            assert_eq!(one.payload, payload);
            assert_eq!(one.key, if delta % 2 == 0 { &b"key"[..] } else { b"" });
            assert_eq!(one.headers, [("name".to_owned(), Bytes::new())]);
            assert_eq!(
                one.appended_at.timestamp_millis(),
                1_000 + delta as i64 * 10
            );
        }
    }
}

#[test]
fn what_was_read_already_and_what_is_gone_is_passed_over() {
    let mut log = batch(0, &[b"a", b"b"], Packing::Plain, APPEND_TIME, 0);
    log.extend(batch(2, &[b"c", b"d"], Packing::Plain, APPEND_TIME, 3));
    // A mark of a transaction, which is no record.
    log.extend(batch(7, &[b"x"], Packing::None, CONTROL, 0));
    let (next, deliveries) = read(log.clone(), 1).unwrap();
    assert_eq!((next, offsets(&deliveries)), (8, vec![1, 2, 3]));
    let times: Vec<i64> = deliveries
        .iter()
        .map(|one| one.appended_at.timestamp_millis())
        .collect();
    assert_eq!(times, [5_000; 3]);
    assert_eq!(read(log, 20).unwrap(), (20, vec![]));
}

/// What is left of a batch whose records are all gone, as in a log that keeps the
/// last of each key.
#[test]
fn a_batch_without_records_is_passed_over_also_alone() {
    let empty = batch(4, &[], Packing::None, 0, 3);
    assert_eq!(empty.len(), HEAD);
    assert_eq!(read(empty, 4).unwrap(), (7, vec![]));
}

#[test]
fn a_batch_that_is_cut_short_is_left_for_the_next_time() {
    let whole = batch(0, &[b"a"], Packing::Plain, 0, 0);
    let second = batch(1, &[b"b", b"c"], Packing::Plain, 0, 0);
    for length in 0..second.len() {
        let log = [&whole[..], &second[..length]].concat();
        let (next, deliveries) = read(log, 0).unwrap();
        assert_eq!((next, offsets(&deliveries)), (1, vec![0]), "{length}");
    }
}

#[test]
fn forms_that_are_not_known_are_told_from_damage() {
    for (packing, fault) in [
        (1, Some("records packed with gzip")),
        (2, Some("records packed with Snappy")),
        (4, Some("records packed with Zstandard")),
        (5, None),
    ] {
        let mut log = batch(0, &[b"a"], Packing::None, packing, 0);
        let expected = fault.map_or(Fault::Damaged, Fault::Unknown);
        assert_eq!(read(log.clone(), 0), Err(expected));
        log[FORMAT] = 1;
        assert_eq!(
            read(log, 0),
            Err(Fault::Unknown("an older format of the log"))
        );
    }
}

#[test]
fn a_batch_that_would_unpack_to_too_much_is_not_unpacked() {
    let block = compress(&vec![0; BLOCK]);
    let mut frame = FRAME_HEAD.to_vec();
    for _ in 0..=UNPACKED_MAX / BLOCK {
        frame.extend((block.len() as u32).to_le_bytes());
        frame.extend(&block);
    }
    frame.extend(FRAME_END);
    let unpacked = Unpacker::default().unpack_lz4(&frame);
    assert!(matches!(unpacked, Err(Fault::Unknown(_))));
}

proptest! {
    /// Whatever stands in a batch whose checksum is right: it is refused or
    /// read, and nothing of it lies before what was asked for.
    #[test]
    fn no_batch_is_too_strange(
        packing in prop_oneof![Just(Packing::None), Just(Packing::Plain), Just(Packing::Other)],
        next in 0..12_u64,
        damage in proptest::collection::vec((HEAD - 40..200_usize, any::<u8>()), 0..6),
    ) {
        let mut log = batch(5, &[b"abc", b"", b"a longer one of the same"], packing, 0, 0);
        for (at, byte) in damage {
            if let Some(place) = log.get_mut(at) {
                *place = byte;
            }
        }
        seal(&mut log);
        if let Ok((after, deliveries)) = read(log, next) {
            prop_assert!(after >= next);
            prop_assert!(deliveries.iter().all(|one| one.position.offset >= next));
        }
    }

    /// A damaged byte is found by the checksum.
    #[test]
    fn damage_is_seen(at in COVERED..90_usize, flip in 1..=255_u8) {
        let mut log = batch(5, &[b"some records' payload", b"more of it"], Packing::None, 0, 0);
        log[at] ^= flip;
        prop_assert_eq!(read(log, 0), Err(Fault::Damaged));
    }
}
