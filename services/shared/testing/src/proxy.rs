//! A TCP proxy that misbehaves on command: what lies between a program and its
//! servers can be cut, stalled and slowed without touching either.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the proxy does with connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Passes everything on.
    Pass,
    /// Closes what is open, and every new connection at once.
    Cut,
    /// Keeps connections open and passes nothing on, in either direction.
    Stall,
    /// As [`Mode::Stall`], and what comes on new connections reaches the server
    /// afterwards, on a connection that it has not seen before.
    Hold,
    /// As [`Mode::Stall`], from the server to the client only: requests arrive,
    /// answers do not.
    SwallowAnswers,
    /// Passes every piece on so much later.
    Delay(Duration),
}

/// A proxy in front of one server, on a loopback port of its own. Dropping it
/// closes everything.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    open: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A proxy for the server at `upstream` (`host:port`).
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(upstream: &str) -> io::Result<Self> {
        Self::listen(upstream, None).await
    }

    /// A proxy for a Kafka broker at `upstream` (`a.b.c.d:port`, as it
    /// advertises itself): in its answers the broker's address is replaced by
    /// the proxy's, so that clients come back through the proxy.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start_kafka(upstream: &str) -> io::Result<Self> {
        let address: SocketAddr = upstream
            .parse()
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        Self::listen(upstream, Some(address)).await
    }

    async fn listen(upstream: &str, advertised: Option<SocketAddr>) -> io::Result<Self> {
        // The address has the length of the broker's own on 127.0.0.1.
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let rewrite = advertised.map(|broker| Rewrite::new(broker, address));
        let (mode, modes) = watch::channel(Mode::Pass);
        let open = Arc::new(AtomicUsize::new(0));
        let line = Line {
            upstream: upstream.to_owned(),
            modes,
            rewrite,
            open: Arc::clone(&open),
        };
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(line.clone().carry(client));
            }
        });
        Ok(Self {
            address,
            mode,
            open,
            accepting,
        })
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what happens, to open connections too.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Connections open now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.mode.send_replace(Mode::Cut);
    }
}

/// What every connection of a proxy has in common.
#[derive(Clone)]
struct Line {
    upstream: String,
    modes: watch::Receiver<Mode>,
    rewrite: Option<Rewrite>,
    open: Arc<AtomicUsize>,
}

impl Line {
    async fn carry(mut self, client: TcpStream) {
        match self.modes.wait_for(|mode| *mode != Mode::Hold).await {
            Ok(mode) if *mode != Mode::Cut => {}
            _ => return,
        }
        let Ok(server) = TcpStream::connect(&self.upstream).await else {
            return;
        };
        // Small requests must not wait for company; a failure only slows.
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        self.open.fetch_add(1, Ordering::Relaxed);
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let requests = pump(
            from_client,
            to_server,
            self.modes.clone(),
            None,
            Direction::Request,
        );
        let answers = pump(
            from_server,
            to_client,
            self.modes.clone(),
            self.rewrite,
            Direction::Answer,
        );
        // Either side's end ends both.
        tokio::select! {
            () = requests => {}
            () = answers => {}
            () = cut(self.modes) => {}
        }
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Answer,
}

/// Ends when the proxy is cut.
async fn cut(mut modes: watch::Receiver<Mode>) {
    // A proxy that is gone is cut.
    let _ = modes.wait_for(|mode| *mode == Mode::Cut).await;
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut modes: watch::Receiver<Mode>,
    mut rewrite: Option<Rewrite>,
    direction: Direction,
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let held = |mode: &Mode| {
            matches!(mode, Mode::Stall | Mode::Hold)
                || (*mode == Mode::SwallowAnswers && direction == Direction::Answer)
        };
        let Ok(mode) = modes.wait_for(|mode| !held(mode)).await.map(|mode| *mode) else {
            return;
        };
        let count = tokio::select! {
            read = from.read(&mut buffer) => match read {
                Ok(count) if count > 0 => count,
                _ => return,
            },
            changed = modes.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        if let Mode::Delay(delay) = mode {
            tokio::time::sleep(delay).await;
        }
        // It may have been stalled while this piece was on its way.
        if modes.wait_for(|mode| !held(mode)).await.is_err() {
            return;
        }
        let piece = &buffer[..count];
        let written = match &mut rewrite {
            Some(rewrite) => to.write_all(&rewrite.pass(piece)).await,
            None => to.write_all(piece).await,
        };
        if written.is_err() {
            return;
        }
    }
}

/// Replaces a broker's address in its answers, where Kafka writes host and port
/// one after the other.
#[derive(Clone, Debug)]
struct Rewrite {
    find: Vec<u8>,
    replacement: Vec<u8>,
    /// The end of what came, when it may be the start of the address.
    held: Vec<u8>,
}

impl Rewrite {
    fn new(broker: SocketAddr, proxy: SocketAddr) -> Self {
        let on_wire = |address: SocketAddr| {
            let mut bytes = address.ip().to_string().into_bytes();
            bytes.extend(u32::from(address.port()).to_be_bytes());
            bytes
        };
        Self {
            find: on_wire(broker),
            replacement: on_wire(proxy),
            held: Vec::new(),
        }
    }

    fn pass(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(piece);
        let mut at = 0;
        while let Some(found) = find(&bytes[at..], &self.find) {
            let start = at + found;
            bytes.splice(
                start..start + self.find.len(),
                self.replacement.iter().copied(),
            );
            at = start + self.replacement.len();
        }
        let longest = self.find.len() - 1;
        let tail = (1..=longest.min(bytes.len() - at)).rev();
        let mut tails = tail.map(|length| bytes.len() - length);
        if let Some(split) = tails.find(|split| self.find.starts_with(&bytes[*split..])) {
            self.held = bytes.split_off(split);
        }
        bytes
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// Proxies in front of several servers, by name: for tests that disturb a whole
/// stack.
#[derive(Debug, Default)]
pub struct Proxies(BTreeMap<String, Proxy>);

impl Proxies {
    /// Adds one.
    pub fn insert(&mut self, name: impl Into<String>, proxy: Proxy) {
        self.0.insert(name.into(), proxy);
    }

    /// The proxy of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Proxy> {
        self.0.get(name)
    }

    /// The same mode for all of them.
    pub fn set_all(&self, mode: Mode) {
        for proxy in self.0.values() {
            proxy.set(mode);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers every piece with the same.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut reader, mut writer) = stream.split();
                    let _ = tokio::io::copy(&mut reader, &mut writer).await;
                });
            }
        });
        address
    }

    async fn answers(stream: &mut TcpStream, within: Duration) -> bool {
        let mut byte = [0];
        stream.write_all(b"x").await.is_ok()
            && matches!(
                tokio::time::timeout(within, stream.read(&mut byte)).await,
                Ok(Ok(count)) if count == 1
            )
    }

    #[tokio::test]
    async fn passes_stalls_and_cuts() {
        let proxy = Proxy::start(&echo().await.to_string()).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(answers(&mut stream, Duration::from_secs(5)).await);
        assert_eq!(proxy.connections(), 1);

        proxy.set(Mode::Stall);
        assert!(!answers(&mut stream, Duration::from_millis(100)).await);
        proxy.set(Mode::Pass);
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();

        proxy.set(Mode::Cut);
        assert_eq!(stream.read(&mut byte).await.unwrap_or(0), 0);
        let mut refused = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(!answers(&mut refused, Duration::from_secs(5)).await);

        proxy.set(Mode::Pass);
        let mut again = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(answers(&mut again, Duration::from_secs(5)).await);
    }

    #[test]
    fn an_address_is_replaced_even_in_pieces() {
        let broker: SocketAddr = "127.0.0.1:9092".parse().unwrap();
        let proxy: SocketAddr = "127.0.0.1:40000".parse().unwrap();
        let mut sent = b"head127.0.0.1".to_vec();
        sent.extend(9092_u32.to_be_bytes());
        sent.extend(b"middle127.0.0.1tail");
        let mut expected = b"head127.0.0.1".to_vec();
        expected.extend(40_000_u32.to_be_bytes());
        expected.extend(b"middle127.0.0.1tail");

        for size in 1..=sent.len() {
            let mut rewrite = Rewrite::new(broker, proxy);
            let passed: Vec<u8> = sent
                .chunks(size)
                .flat_map(|piece| rewrite.pass(piece))
                .collect();
            assert_eq!(passed, expected, "pieces of {size}");
        }
    }
}
