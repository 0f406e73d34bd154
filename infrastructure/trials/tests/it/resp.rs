//! As much of Redis' protocol as a foreign producer or worker needs.

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A connection that is logged in.
pub(crate) struct Redis {
    stream: BufReader<TcpStream>,
}

impl Redis {
    /// Connects to `redis://:password@host:port/0`.
    pub(crate) async fn connect(url: &str) -> Result<Self> {
        let rest = url.strip_prefix("redis://:").context("a Redis URL")?;
        let (password, rest) = rest.split_once('@').context("a password")?;
        let address = rest.split('/').next().unwrap_or(rest);
        let stream = BufReader::new(TcpStream::connect(address).await?);
        let mut redis = Self { stream };
        redis.call(&["AUTH", password]).await?;
        Ok(redis)
    }

    /// `LPUSH analytics:queue item`: all that a foreign producer knows.
    pub(crate) async fn push(&mut self, item: &str) -> Result<()> {
        self.call(&["LPUSH", "analytics:queue", item]).await?;
        Ok(())
    }

    /// An item that a worker of ours held when it died.
    pub(crate) async fn leave(&mut self, worker: &str, item: &str) -> Result<()> {
        let list = format!("analytics:queue:processing:{worker}");
        self.call(&["LPUSH", &list, item]).await?;
        Ok(())
    }

    /// `RPOP analytics:queue`: all that a foreign worker knows.
    pub(crate) async fn pop(&mut self) -> Result<Option<String>> {
        self.call(&["RPOP", "analytics:queue"]).await
    }

    /// Sends a command; the answer's text, none for nil.
    async fn call(&mut self, words: &[&str]) -> Result<Option<String>> {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        self.stream.write_all(request.as_bytes()).await?;
        let mut line = String::new();
        self.stream.read_line(&mut line).await?;
        let line = line.trim_end();
        let (kind, rest) = line.split_at_checked(1).context("an answer")?;
        match kind {
            "+" | ":" => Ok(Some(rest.to_owned())),
            "$" if rest == "-1" => Ok(None),
            "$" => {
                let mut bytes = vec![0; rest.parse::<usize>()? + 2];
                self.stream.read_exact(&mut bytes).await?;
                bytes.truncate(bytes.len() - 2);
                Ok(Some(String::from_utf8(bytes)?))
            }
            _ => bail!("{line}"),
        }
    }
}
