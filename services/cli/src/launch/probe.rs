//! Whether a process works, asked in its own language: an open port says nothing.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long one attempt may take.
const DEADLINE: Duration = Duration::from_secs(3);

/// A question that only a working server answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Probe {
    /// A 2xx from this URL.
    Http(String),
    /// A broker at `host:port` that lists itself in its metadata: it is registered and unfenced.
    Kafka(String),
    /// A PostgreSQL at `host:port` that asks for a password instead of saying that it is starting.
    Postgres(String),
    /// A Redis at `host:port` that has loaded its data and answers PING.
    Redis {
        /// `host:port`.
        address: String,
        /// Its password.
        password: String,
    },
}

impl Probe {
    /// Where the server is: `host:port`, or the URL of an HTTP server.
    pub(crate) fn address(&self) -> &str {
        match self {
            Self::Http(url) => url.rsplit_once('/').map_or(url, |(server, _)| server),
            Self::Kafka(address) | Self::Postgres(address) | Self::Redis { address, .. } => address,
        }
    }

    /// Asks once.
    ///
    /// # Errors
    /// Says what is wrong when the server does not work.
    pub(crate) async fn ask(&self) -> anyhow::Result<()> {
        let question = async {
            match self {
                Self::Http(url) => http(url).await,
                Self::Kafka(address) => kafka(address).await,
                Self::Postgres(address) => postgres(address).await,
                Self::Redis { address, password } => redis(address, password).await,
            }
        };
        timeout(DEADLINE, question).await.context("no answer")?
    }
}

async fn http(url: &str) -> anyhow::Result<()> {
    let response = reqwest::get(url)
        .await
        .map_err(reqwest::Error::without_url)
        .context("no answer")?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let body = response.text().await.unwrap_or_default();
    bail!("{status} {}", body.chars().take(200).collect::<String>())
}

/// A Metadata request (version 1) for no topic; the answer begins with the brokers.
async fn kafka(address: &str) -> anyhow::Result<()> {
    const REQUEST: [u8; 20] = [
        0, 0, 0, 16, // length
        0, 3, 0, 1, // Metadata, version 1
        0, 0, 0, 7, // correlation id
        0, 2, b'u', b'p', // client id
        0, 0, 0, 0, // no topics
    ];
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(&REQUEST).await?;
    let length = stream.read_u32().await?;
    ensure!((12..1 << 20).contains(&length), "that is not Kafka");
    let correlation = stream.read_u32().await?;
    let brokers = stream.read_i32().await?;
    ensure!(correlation == 7, "that is not Kafka");
    ensure!(brokers > 0, "the broker is not registered yet");
    Ok(())
}

/// A start-up message (protocol 3.0); a working server answers with `R`, an
/// authentication request, a starting one with `E`, an error.
async fn postgres(address: &str) -> anyhow::Result<()> {
    const BODY: &[u8] = b"user\0millrace\0database\0postgres\0\0";
    let mut stream = TcpStream::connect(address).await?;
    stream.write_u32(u32::try_from(BODY.len() + 8)?).await?;
    stream.write_u32(196_608).await?;
    stream.write_all(BODY).await?;
    let kind = stream.read_u8().await?;
    // Read to its end, or the server logs a connection that was reset.
    let length = stream.read_u32().await?;
    stream
        .take(u64::from(length.saturating_sub(4)).min(1024))
        .read_to_end(&mut Vec::new())
        .await?;
    match kind {
        b'R' => Ok(()),
        b'E' => bail!("the server is starting or shutting down"),
        _ => bail!("that is not PostgreSQL"),
    }
}

async fn redis(address: &str, password: &str) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let question = format!("AUTH {password}\r\nPING\r\n");
    stream.write_all(question.as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n") || answer.iter().filter(|byte| **byte == b'\n').count() < 2 {
        ensure!(
            stream.read_buf(&mut answer).await? > 0,
            "the connection was closed"
        );
    }
    let answer = String::from_utf8_lossy(&answer);
    ensure!(
        answer.contains("+PONG"),
        "{}",
        answer.trim_end().replace("\r\n", ", ")
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// A server that answers every connection's first bytes with the given ones.
    async fn answering(answer: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut ignored = [0; 64];
                let _read = stream.read(&mut ignored).await;
                let _written = stream.write_all(answer).await;
            }
        });
        address
    }

    #[tokio::test]
    async fn a_broker_without_brokers_is_not_ready() {
        let fenced = answering(&[0, 0, 0, 12, 0, 0, 0, 7, 0, 0, 0, 0]).await;
        assert!(
            Probe::Kafka(fenced)
                .ask()
                .await
                .unwrap_err()
                .to_string()
                .contains("not registered")
        );
        let ready = answering(&[0, 0, 0, 12, 0, 0, 0, 7, 0, 0, 0, 1]).await;
        Probe::Kafka(ready).ask().await.unwrap();
    }

    #[tokio::test]
    async fn a_postgres_that_starts_is_not_ready() {
        assert!(
            Probe::Postgres(answering(b"E\0\0\0\x04").await)
                .ask()
                .await
                .is_err()
        );
        Probe::Postgres(answering(b"R\0\0\0\x08\0\0\0\x0a").await)
            .ask()
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn a_redis_that_loads_is_not_ready() {
        let probe = |address| Probe::Redis {
            address,
            password: "x".to_owned(),
        };
        let loading = probe(answering(b"+OK\r\n-LOADING wait\r\n").await);
        assert!(
            loading
                .ask()
                .await
                .unwrap_err()
                .to_string()
                .contains("LOADING")
        );
        probe(answering(b"+OK\r\n+PONG\r\n").await)
            .ask()
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn nobody_there_is_an_error() {
        crate::choose_crypto();
        assert!(
            Probe::Http("http://127.0.0.1:1/ready".to_owned())
                .ask()
                .await
                .is_err()
        );
    }
}
