//! The two questions that are asked, as Kafka's protocol guide has them:
//! Produce in version 7 and InitProducerId in version 0, which every broker
//! since 2.1 answers.

use std::ops::Range;

use super::batch::Writer;
use crate::kafka::wire::protocol::{Garbled, Reader, finish, head, text};

const PRODUCE: i16 = 0;
const PRODUCE_VERSION: i16 = 7;
const INIT_PRODUCER_ID: i16 = 22;
const ALL_REPLICAS: i16 = -1;
const CLIENT: &str = "millrace-producer";

/// A request to store batches in partitions of one topic, being written.
#[derive(Debug)]
pub(super) struct Produce {
    bytes: Vec<u8>,
    count_at: usize,
    count: i32,
}

impl Produce {
    /// `patience_ms`: how long the broker may wait for its replicas.
    pub(super) fn new(topic: &str, patience_ms: i32) -> Self {
        let mut bytes = head(PRODUCE, PRODUCE_VERSION, CLIENT);
        // Of no transaction.
        bytes.extend((-1_i16).to_be_bytes());
        bytes.extend(ALL_REPLICAS.to_be_bytes());
        bytes.extend(patience_ms.to_be_bytes());
        bytes.extend(1_i32.to_be_bytes());
        text(topic, &mut bytes);
        let count_at = bytes.len();
        bytes.extend(0_i32.to_be_bytes());
        Self {
            bytes,
            count_at,
            count: 0,
        }
    }

    /// Adds the batch that `write` appends for a partition, and tells where in
    /// the finished request it stands.
    pub(super) fn add(&mut self, partition: u32, write: impl FnOnce(&mut Vec<u8>)) -> Range<usize> {
        self.count += 1;
        self.bytes.extend(partition.to_be_bytes());
        let size_at = self.bytes.len();
        self.bytes.extend([0; 4]);
        let start = self.bytes.len();
        write(&mut self.bytes);
        let end = self.bytes.len();
        self.put(size_at, (end - start) as i32);
        start..end
    }

    /// The bytes of a part told by [`Self::add`].
    pub(super) fn part(&mut self, range: Range<usize>) -> &mut [u8] {
        &mut self.bytes[range]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The request, numbered.
    pub(super) fn finish(mut self, number: i32) -> Vec<u8> {
        self.put(self.count_at, self.count);
        finish(self.bytes, number)
    }

    fn put(&mut self, at: usize, value: i32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
}

/// A request for a name under which batches are written once only.
pub(super) fn init_producer_id(number: i32) -> Vec<u8> {
    let mut bytes = head(INIT_PRODUCER_ID, 0, CLIENT);
    bytes.extend((-1_i16).to_be_bytes());
    // How long a transaction may take, of which there is none.
    bytes.extend(60_000_i32.to_be_bytes());
    finish(bytes, number)
}

/// What a broker says of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PartitionAnswer {
    pub(super) partition: u32,
    /// Kafka's error code, 0 for none.
    pub(super) code: i16,
    /// Of the batch's first record.
    pub(super) offset: u64,
}

/// Reads the answer to [`Produce`].
pub(super) fn read_produced(answer: &[u8]) -> Result<Vec<PartitionAnswer>, Garbled> {
    let mut reader = Reader(answer);
    reader.i32()?;
    let mut answers = Vec::new();
    for _ in 0..reader.i32()? {
        reader.name()?;
        for _ in 0..reader.i32()? {
            let partition = u32::try_from(reader.i32()?).map_err(|_| Garbled)?;
            let code = reader.i16()?;
            let offset = match u64::try_from(reader.i64()?) {
                Ok(offset) => offset,
                // -1 beside an error.
                Err(_) if code != 0 => 0,
                Err(_) => return Err(Garbled),
            };
            answers.push(PartitionAnswer {
                partition,
                code,
                offset,
            });
            // The time of appending and the first offset that is kept.
            reader.take(16)?;
        }
    }
    Ok(answers)
}

/// Reads the answer to [`init_producer_id`]: the name, or Kafka's error code.
pub(super) fn read_producer_id(answer: &[u8]) -> Result<Result<Writer, i16>, Garbled> {
    let mut reader = Reader(answer);
    // Its number, and how long the client is asked to be quiet.
    reader.take(8)?;
    let code = reader.i16()?;
    let writer = Writer {
        id: reader.i64()?,
        epoch: reader.i16()?,
    };
    Ok(if code == 0 { Ok(writer) } else { Err(code) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_its_length_its_number_and_its_parts() {
        let mut request = Produce::new("events", 3000);
        assert!(request.is_empty());
        let first = request.add(2, |out| out.extend(b"abc"));
        request.add(9, |out| out.extend(b"de"));
        request.part(first.clone()).copy_from_slice(b"xyz");
        let bytes = request.finish(77);
        assert_eq!(bytes[..4], (bytes.len() as i32 - 4).to_be_bytes());
        assert_eq!(bytes[8..12], 77_i32.to_be_bytes());
        assert_eq!(&bytes[first], b"xyz");
        let tail = [
            &[0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3][..],
            b"xyz",
            &[0, 0, 0, 9, 0, 0, 0, 2],
            b"de",
        ]
        .concat();
        assert!(bytes.ends_with(&tail), "{bytes:?}");
    }

    #[test]
    fn an_answer_is_read_and_one_cut_short_is_refused_at_every_byte() {
        let mut answer = vec![0, 0, 0, 5, 0, 0, 0, 1, 0, 1, b'e', 0, 0, 0, 2];
        for (partition, code, offset) in [(3_i32, 0_i16, 1234_i64), (4, 6, -1)] {
            answer.extend(partition.to_be_bytes());
            answer.extend(code.to_be_bytes());
            answer.extend(offset.to_be_bytes());
            answer.extend([0; 16]);
        }
        let answers = read_produced(&answer).unwrap();
        let read: Vec<_> = answers
            .iter()
            .map(|answer| (answer.partition, answer.code, answer.offset))
            .collect();
        assert_eq!(read, [(3, 0, 1234), (4, 6, 0)]);
        for length in 0..answer.len() {
            assert_eq!(read_produced(&answer[..length]), Err(Garbled), "{length}");
        }
    }

    #[test]
    fn a_name_or_an_error_is_read() {
        let mut answer = vec![0; 8];
        answer.extend(0_i16.to_be_bytes());
        answer.extend(4711_i64.to_be_bytes());
        answer.extend(2_i16.to_be_bytes());
        let writer = Writer { id: 4711, epoch: 2 };
        assert_eq!(read_producer_id(&answer), Ok(Ok(writer)));
        answer[9] = 15;
        assert_eq!(read_producer_id(&answer), Ok(Err(15)));
        assert_eq!(read_producer_id(&answer[..19]), Err(Garbled));
    }
}
