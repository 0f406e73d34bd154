//! What all questions to a broker have in common, as Kafka's protocol guide has
//! it: the head of a request in version 1, and how numbers and texts are read.

use std::{fmt, ops::Range};

use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka_sys::rd_kafka_resp_err_t;

/// Where a request has its number, which its answer repeats.
const NUMBER: Range<usize> = 8..12;

/// An answer that is not what the protocol allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kafka) struct Garbled;

impl fmt::Display for Garbled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the broker's answer is not of the protocol")
    }
}

/// The number of a finished request, or of an answer without its length.
pub(super) fn number_of(request: &[u8]) -> Option<&[u8]> {
    request.get(NUMBER)
}

/// The beginning of a request of `client`.
pub(in crate::kafka) fn head(question: i16, version: i16, client: &str) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    bytes.extend(question.to_be_bytes());
    bytes.extend(version.to_be_bytes());
    bytes.extend([0; 4]);
    text(client, &mut bytes);
    bytes
}

/// Gives a request its length and its number.
pub(in crate::kafka) fn finish(mut bytes: Vec<u8>, number: i32) -> Vec<u8> {
    let length = (bytes.len() - 4) as i32;
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    bytes[NUMBER].copy_from_slice(&number.to_be_bytes());
    bytes
}

/// Appends a text: a client's or a topic's name, which have at most 249 bytes.
pub(in crate::kafka) fn text(text: &str, out: &mut Vec<u8>) {
    out.extend((text.len() as i16).to_be_bytes());
    out.extend(text.as_bytes());
}

/// Reads an answer from its front.
#[derive(Debug)]
pub(in crate::kafka) struct Reader<'a>(pub(in crate::kafka) &'a [u8]);

impl<'a> Reader<'a> {
    pub(in crate::kafka) fn take(&mut self, count: usize) -> Result<&'a [u8], Garbled> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Garbled)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Garbled> {
        self.take(N)?.try_into().map_err(|_| Garbled)
    }

    pub(in crate::kafka) fn i16(&mut self) -> Result<i16, Garbled> {
        self.array().map(i16::from_be_bytes)
    }

    pub(in crate::kafka) fn i32(&mut self) -> Result<i32, Garbled> {
        self.array().map(i32::from_be_bytes)
    }

    pub(in crate::kafka) fn i64(&mut self) -> Result<i64, Garbled> {
        self.array().map(i64::from_be_bytes)
    }

    /// A name, passed over.
    pub(in crate::kafka) fn name(&mut self) -> Result<(), Garbled> {
        let length = self.i16()?;
        self.take(usize::try_from(length).map_err(|_| Garbled)?)?;
        Ok(())
    }
}

/// Kafka's error as the client library names it.
pub(in crate::kafka) fn error_code(code: i16) -> Code {
    rd_kafka_resp_err_t::try_from(i32::from(code)).map_or(Code::Unknown, Code::from)
}
