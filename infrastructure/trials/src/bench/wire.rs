//! A client that costs next to nothing, so that on a small machine it is the
//! server that is measured: prepared bytes out, a status back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures::future::try_join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The runtime's clock counts in these, and wakes at the end of one: who is to
/// send at a time goes by so much earlier, or few connections wait for it.
const TICK: Duration = Duration::from_millis(1);
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Requests, ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    address: String,
    bytes: Arc<Vec<Vec<u8>>>,
}

impl Requests {
    /// `POST /capture` of these bodies at `url`.
    pub(super) fn new(url: &str, key: &str, bodies: &[String]) -> Self {
        let address = url.trim_start_matches("http://").to_owned();
        let bytes = bodies.iter().map(|body| {
            format!(
                "POST /capture HTTP/1.1\r\nHost: {address}\r\nX-API-Key: {key}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        });
        Self {
            bytes: Arc::new(bytes.collect()),
            address,
        }
    }

    /// `POST` of these bodies to a path of the server at `url`.
    pub(super) fn to(url: &str, path: &str, key: &str, bodies: &[Vec<u8>]) -> Self {
        let address = url.trim_start_matches("http://").to_owned();
        let bytes = bodies.iter().map(|body| {
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            [head.as_bytes(), body].concat()
        });
        Self {
            bytes: Arc::new(bytes.collect()),
            address,
        }
    }

    /// The same to another server.
    pub(super) fn at(&self, address: String) -> Self {
        Self {
            address,
            bytes: Arc::clone(&self.bytes),
        }
    }

    fn get(&self, number: u64) -> Result<&[u8]> {
        let index = usize::try_from(number)? % self.bytes.len().max(1);
        Ok(self.bytes.get(index).context("a request")?)
    }

    /// Sends `requests` of them over so many connections, each as fast as it is
    /// answered. Every answer must be a success.
    pub(super) async fn closed(&self, connections: usize, requests: u64) -> Result<Sent> {
        let left = Arc::new(AtomicU64::new(requests));
        let begun = Instant::now();
        let tasks: Vec<_> = (0..connections)
            .map(|_| {
                let (all, left) = (self.clone(), Arc::clone(&left));
                tokio::spawn(async move {
                    let mut line = Line::open(&all.address).await?;
                    let mut took = Vec::new();
                    while let Ok(number) =
                        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                            left.checked_sub(1)
                        })
                    {
                        let begun = Instant::now();
                        let status = line.ask(all.get(number)?).await?;
                        if !matches!(status, 200 | 202) {
                            bail!("answered {status}");
                        }
                        took.push(begun.elapsed());
                    }
                    Ok(took)
                })
            })
            .collect();
        let mut took = Vec::new();
        for task in tasks {
            took.extend(task.await??);
        }
        Ok(Sent::new(begun.elapsed(), took))
    }

    /// Sends `rate` of them a second for so long, each over the next of so many
    /// connections that is free; the time of an answer counts from the moment
    /// when its request was due.
    pub(super) async fn open(&self, connections: usize, rate: f64, time: Duration) -> Result<Sent> {
        let lines = (0..connections).map(|_| Line::open(&self.address));
        // Before the clock starts: a crowd at the door waits for the kernel.
        let lines = try_join_all(lines).await?;
        let begun = Instant::now();
        let next = Arc::new(AtomicU64::new(0));
        let tasks: Vec<_> = lines
            .into_iter()
            .map(|mut line| {
                let (all, next) = (self.clone(), Arc::clone(&next));
                tokio::spawn(async move {
                    let mut took = Vec::new();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let due = Duration::from_secs_f64(number as f64 / rate);
                        if due >= time {
                            return Ok(took);
                        }
                        let early = due.saturating_sub(begun.elapsed());
                        if let Some(wait) = early.checked_sub(TICK) {
                            tokio::time::sleep(wait).await;
                        }
                        let from = begun.elapsed().min(due);
                        let status = line.ask(all.get(number)?).await?;
                        if status != 202 {
                            bail!("answered {status}");
                        }
                        took.push(begun.elapsed() - from);
                    }
                })
            })
            .collect();
        let mut took = Vec::new();
        for task in tasks {
            took.extend(task.await??);
        }
        Ok(Sent::new(begun.elapsed(), took))
    }

    /// Sends as much as goes for so long, whatever the answers are.
    pub(super) async fn flood(&self, connections: u64, time: Duration) -> Flood {
        let begun = Instant::now();
        let tasks: Vec<_> = (0..connections)
            .map(|index| {
                let all = self.clone();
                tokio::spawn(async move {
                    let mut seen = Flood::default();
                    let mut line = None;
                    let mut number = index;
                    while begun.elapsed() < time {
                        let asked = Instant::now();
                        match all.once(&mut line, number).await {
                            Ok(202) => seen.accepted.push(asked.elapsed()),
                            Ok(503) => seen.refused.push(asked.elapsed()),
                            otherwise => {
                                let what = otherwise.map_or_else(
                                    |error| kind_of(&error),
                                    |status| status.to_string(),
                                );
                                seen.note(what, 1);
                                line = None;
                                tokio::time::sleep(Duration::from_millis(50)).await;
                            }
                        }
                        number += 1;
                    }
                    seen
                })
            })
            .collect();
        let mut all = Flood::default();
        for task in tasks {
            match task.await {
                Ok(one) => {
                    all.accepted.extend(one.accepted);
                    all.refused.extend(one.refused);
                    for (what, count) in one.otherwise {
                        all.note(what, count);
                    }
                }
                Err(_panicked) => all.note("a client of the benchmark failed".to_owned(), 1),
            }
        }
        all
    }

    async fn once(&self, line: &mut Option<Line>, number: u64) -> Result<u16> {
        if line.is_none() {
            *line = Some(Line::open(&self.address).await?);
        }
        let line = line.as_mut().context("a connection")?;
        line.ask(self.get(number)?).await
    }
}

/// What came of requests that were all answered.
#[derive(Debug)]
pub(super) struct Sent {
    /// Wall time, in seconds.
    pub(super) seconds: f64,
    /// Time of each answer in milliseconds, sorted.
    took_ms: Vec<f64>,
}

impl Sent {
    fn new(wall: Duration, took: Vec<Duration>) -> Self {
        Self {
            seconds: wall.as_secs_f64(),
            took_ms: sorted_ms(&took),
        }
    }

    /// How many.
    pub(super) fn count(&self) -> f64 {
        self.took_ms.len() as f64
    }

    /// The time that the share `share` of answers did not exceed, in milliseconds.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        quantile(&self.took_ms, share)
    }
}

/// What came of a flood.
#[derive(Debug, Default)]
pub(super) struct Flood {
    /// Times of the answers 202.
    pub(super) accepted: Vec<Duration>,
    /// Times of the answers 503.
    pub(super) refused: Vec<Duration>,
    /// All others, by their status or by what became of the connection.
    pub(super) otherwise: BTreeMap<String, u64>,
}

impl Flood {
    fn note(&mut self, what: String, count: u64) {
        *self.otherwise.entry(what).or_default() += count;
    }
}

/// Why there was no answer.
fn kind_of(error: &anyhow::Error) -> String {
    match error.downcast_ref::<std::io::Error>() {
        Some(error) => error.kind().to_string(),
        None => error.to_string(),
    }
}

/// In milliseconds, in order.
pub(super) fn sorted_ms(took: &[Duration]) -> Vec<f64> {
    let mut ms: Vec<f64> = took.iter().map(|one| one.as_secs_f64() * 1e3).collect();
    ms.sort_by(f64::total_cmp);
    ms
}

/// Of sorted values the one that the share `share` does not exceed.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let index = (sorted.len() as f64 * share) as usize;
    let last = sorted.len().saturating_sub(1);
    sorted.get(index.min(last)).copied().unwrap_or(f64::NAN)
}

/// One connection.
struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(4096),
        })
    }

    /// Sends a request and reads its answer to the end.
    async fn ask(&mut self, request: &[u8]) -> Result<u16> {
        let exchange = async {
            self.stream.write_all(request).await?;
            self.buffer.clear();
            loop {
                if let Some(status) = answered(&self.buffer)? {
                    return Ok(status);
                }
                if self.stream.read_buf(&mut self.buffer).await? == 0 {
                    bail!("the connection was closed");
                }
            }
        };
        timeout(PATIENCE, exchange).await.context("no answer")?
    }
}

/// The status, once the answer is there in full.
fn answered(bytes: &[u8]) -> Result<Option<u16>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end])?;
    let length: usize = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, value)| value.trim().parse())?;
    if bytes.len() < end + 4 + length {
        return Ok(None);
    }
    let status = head.split(' ').nth(1).context("a status")?;
    Ok(Some(status.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_to_its_end() {
        let whole = b"HTTP/1.1 202 Accepted\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(answered(whole).unwrap(), Some(202));
        assert_eq!(answered(&whole[..whole.len() - 1]).unwrap(), None);
        assert_eq!(answered(&whole[..20]).unwrap(), None);
    }
}
