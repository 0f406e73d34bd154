//! Fetch in version 11, as Kafka's protocol guide has it: every broker since
//! 2.3 answers it.

use std::ops::Range;

use crate::kafka::wire::protocol::{Garbled, Reader, finish, head, text};

const FETCH: i16 = 1;
const VERSION: i16 = 11;
const CLIENT: &str = "millrace-consumer";
/// We are no replica.
const NO_REPLICA: i32 = -1;
/// One byte is worth an answer.
const BYTES_MIN: i32 = 1;

/// What is asked of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) partition: u32,
    /// From which offset on.
    pub(super) next: u64,
}

/// How much may be answered, and how late.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How long the broker may wait for records, ms.
    pub(super) wait_ms: i32,
    /// Bytes of all partitions together.
    pub(super) bytes: i32,
    /// Bytes of one.
    pub(super) partition_bytes: i32,
}

/// A request for records of one topic.
pub(super) fn fetch(topic: &str, wanted: &[Wanted], limits: Limits, number: i32) -> Vec<u8> {
    let mut bytes = head(FETCH, VERSION, CLIENT);
    bytes.extend(NO_REPLICA.to_be_bytes());
    bytes.extend(limits.wait_ms.to_be_bytes());
    bytes.extend(BYTES_MIN.to_be_bytes());
    bytes.extend(limits.bytes.to_be_bytes());
    // Uncommitted records too, of which there are none.
    bytes.push(0);
    // Of no session: each request names all that it wants.
    bytes.extend(0_i32.to_be_bytes());
    bytes.extend((-1_i32).to_be_bytes());
    bytes.extend(1_i32.to_be_bytes());
    text(topic, &mut bytes);
    bytes.extend((wanted.len() as i32).to_be_bytes());
    for Wanted { partition, next } in wanted {
        bytes.extend(partition.to_be_bytes());
        // Of whatever epoch of its leader.
        bytes.extend((-1_i32).to_be_bytes());
        bytes.extend(next.to_be_bytes());
        // Only replicas say where their log begins.
        bytes.extend((-1_i64).to_be_bytes());
        bytes.extend(limits.partition_bytes.to_be_bytes());
    }
    // Nothing is to be forgotten, and we stand in no rack.
    bytes.extend(0_i32.to_be_bytes());
    text("", &mut bytes);
    finish(bytes, number)
}

/// What a broker answers about one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fetched {
    pub(super) partition: u32,
    /// Kafka's error code, 0 for none.
    pub(super) code: i16,
    /// Where in the answer its record batches are. The last may be cut short.
    pub(super) batches: Range<usize>,
}

/// Reads the answer to [`fetch`]: what is said of each partition, or Kafka's
/// error code for all of it.
pub(super) fn read_fetched(answer: &[u8]) -> Result<Result<Vec<Fetched>, i16>, Garbled> {
    let mut reader = Reader(answer);
    // Its number, and how long the client is asked to be quiet.
    reader.take(8)?;
    let code = reader.i16()?;
    if code != 0 {
        return Ok(Err(code));
    }
    // The session.
    reader.i32()?;
    let mut all = Vec::new();
    for _ in 0..reader.i32()? {
        reader.name()?;
        for _ in 0..reader.i32()? {
            let partition = u32::try_from(reader.i32()?).map_err(|_| Garbled)?;
            let code = reader.i16()?;
            // The log's ends: of what is replicated, of what is committed, and its first.
            reader.take(24)?;
            for _ in 0..reader.i32()? {
                // A transaction that was given up.
                reader.take(16)?;
            }
            // The replica that it would rather be asked of.
            reader.i32()?;
            let length = usize::try_from(reader.i32()?).unwrap_or(0);
            let start = answer.len() - reader.0.len();
            reader.take(length)?;
            all.push(Fetched {
                partition,
                code,
                batches: start..start + length,
            });
        }
    }
    Ok(Ok(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        wait_ms: 250,
        bytes: 1000,
        partition_bytes: 100,
    };

    #[test]
    fn a_request_has_the_form_of_the_protocol() {
        let wanted = [
            Wanted {
                partition: 3,
                next: 7,
            },
            Wanted {
                partition: 4,
                next: 1 << 33,
            },
        ];
        let bytes = fetch("events", &wanted, LIMITS, 5);
        let mut reader = Reader(&bytes);
        assert_eq!(reader.i32().unwrap() as usize, bytes.len() - 4);
        assert_eq!(
            (reader.i16(), reader.i16(), reader.i32()),
            (Ok(1), Ok(11), Ok(5))
        );
        reader.name().unwrap();
        let numbers: Vec<i32> = (0..4).map(|_| reader.i32().unwrap()).collect();
        assert_eq!(numbers, [-1, 250, 1, 1000]);
        assert_eq!(reader.take(1), Ok(&[0][..]));
        let numbers: Vec<i32> = (0..3).map(|_| reader.i32().unwrap()).collect();
        assert_eq!(numbers, [0, -1, 1]);
        reader.name().unwrap();
        assert_eq!(reader.i32(), Ok(2));
        for Wanted { partition, next } in wanted {
            assert_eq!(reader.i32(), Ok(partition as i32));
            assert_eq!(reader.i32(), Ok(-1));
            assert_eq!(reader.i64(), Ok(next as i64));
            assert_eq!((reader.i64(), reader.i32()), (Ok(-1), Ok(100)));
        }
        assert_eq!((reader.i32(), reader.i16()), (Ok(0), Ok(0)));
        assert!(reader.0.is_empty());
    }

    #[test]
    fn an_answer_is_read_and_one_cut_short_is_refused_at_every_byte() {
        let mut answer = vec![0; 10];
        answer.extend(0_i32.to_be_bytes());
        answer.extend(1_i32.to_be_bytes());
        text("events", &mut answer);
        answer.extend(2_i32.to_be_bytes());
        for (partition, code, aborted, records) in
            [(3_i32, 0_i16, 1_i32, &b"abc"[..]), (4, 6, -1, b"")]
        {
            answer.extend(partition.to_be_bytes());
            answer.extend(code.to_be_bytes());
            answer.extend([0; 24]);
            answer.extend(aborted.to_be_bytes());
            answer.extend(vec![0; 16 * aborted.max(0) as usize]);
            answer.extend((-1_i32).to_be_bytes());
            answer.extend((records.len() as i32).to_be_bytes());
            answer.extend(records);
        }
        let fetched = read_fetched(&answer).unwrap().unwrap();
        let read: Vec<_> = fetched
            .iter()
            .map(|one| (one.partition, one.code, &answer[one.batches.clone()]))
            .collect();
        assert_eq!(read, [(3, 0, &b"abc"[..]), (4, 6, b"")]);
        for length in 0..answer.len() {
            assert_eq!(read_fetched(&answer[..length]), Err(Garbled), "{length}");
        }
        answer[9] = 35;
        assert_eq!(read_fetched(&answer), Ok(Err(35)));
    }
}
