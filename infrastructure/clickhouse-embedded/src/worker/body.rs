//! A request's body, read from a thread that may wait.

use std::io::{BufRead, Error, ErrorKind, Read, Result};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use tokio::runtime::Handle;
use tokio::sync::mpsc::Receiver;

/// A piece of a body on its way from the socket to the engine.
#[derive(Debug)]
pub enum Piece {
    /// Bytes as they came.
    Data(Bytes),
    /// The body is complete. A channel that closes without this has broken off.
    End,
}

/// The reading end. A body that breaks off is an error, never an end.
#[derive(Debug)]
pub struct BodyReader {
    pieces: Receiver<Piece>,
    runtime: Handle,
    timeout: Duration,
    current: Bytes,
    complete: bool,
}

impl BodyReader {
    /// Reads `pieces`; waits at most `timeout` for the next one.
    pub fn new(pieces: Receiver<Piece>, runtime: Handle, timeout: Duration) -> Self {
        Self {
            pieces,
            runtime,
            timeout,
            current: Bytes::new(),
            complete: false,
        }
    }
}

impl BufRead for BodyReader {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        while self.current.is_empty() && !self.complete {
            let next = self
                .runtime
                .block_on(async { tokio::time::timeout(self.timeout, self.pieces.recv()).await });
            match next {
                Ok(Some(Piece::Data(bytes))) => self.current = bytes,
                Ok(Some(Piece::End)) => self.complete = true,
                Ok(None) => {
                    return Err(Error::new(
                        ErrorKind::ConnectionAborted,
                        "the request's body broke off",
                    ));
                }
                Err(_) => {
                    return Err(Error::new(
                        ErrorKind::TimedOut,
                        "the client sent nothing for too long",
                    ));
                }
            }
        }
        Ok(&self.current)
    }

    fn consume(&mut self, amount: usize) {
        self.current.advance(amount.min(self.current.len()));
    }
}

impl Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}
