//! Clients as users have them: of event streams and of sockets.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{SinkExt as _, StreamExt as _};
use http::Request;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::{WebSocketStream, client_async};

/// How long anything may take that is expected to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

type Body = std::pin::Pin<Box<dyn futures::Stream<Item = reqwest::Result<Bytes>> + Send>>;

/// A client of an event stream.
pub(crate) struct Events {
    body: Body,
    text: BytesMut,
    /// The id of the last message that had one.
    pub(crate) last_id: Option<String>,
}

pub(crate) fn http() -> reqwest::Client {
    // A second installation is refused and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

impl Events {
    /// Opens a stream and reads its first message.
    pub(crate) async fn open(url: &str, headers: &[(&str, &str)]) -> (Self, Value) {
        let mut request = http().get(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let mut events = Self {
            body: Box::pin(answer.bytes_stream()),
            text: BytesMut::new(),
            last_id: None,
        };
        let first = events.next().await;
        (events, first)
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Value {
        self.read().await.expect("the stream has ended")
    }

    /// The next message that is no count and no sign of life.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// The next message, or the stream's end.
    pub(crate) async fn read(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.text.windows(2).position(|pair| pair == b"\n\n") {
                let piece = self.text.split_to(end + 2);
                if let Some(message) = self.message(std::str::from_utf8(&piece).unwrap()) {
                    return Some(message);
                }
                continue;
            }
            let piece = timeout(PATIENCE, self.body.next())
                .await
                .expect("nothing comes")?;
            self.text.extend_from_slice(&piece.unwrap());
        }
    }

    fn message(&mut self, piece: &str) -> Option<Value> {
        let mut data = None;
        for line in piece.lines() {
            if let Some(id) = line.strip_prefix("id: ") {
                self.last_id = Some(id.to_owned());
            }
            if let Some(text) = line.strip_prefix("data: ") {
                assert!(data.is_none(), "a message on two lines: {piece}");
                data = Some(serde_json::from_str(text).unwrap());
            }
        }
        data
    }
}

/// A client of a socket.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

/// What a socket says.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Json(Value),
    Closed(u16, String),
}

impl Socket {
    pub(crate) async fn open(address: &str, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut request = Request::builder()
            .uri(format!("ws://{address}{path}"))
            .header("host", address)
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", generate_key());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let stream = TcpStream::connect(address).await.unwrap();
        let (socket, _) = client_async(request.body(()).unwrap(), stream)
            .await
            .unwrap();
        Self(socket)
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub(crate) async fn say_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// What comes next, pings aside.
    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            let message = timeout(PATIENCE, self.0.next())
                .await
                .expect("nothing comes");
            match message {
                Some(Ok(Message::Text(text))) => {
                    return Heard::Json(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Heard::Closed(frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(_)) => {}
                other => panic!("the socket ended without a word: {other:?}"),
            }
        }
    }

    pub(crate) async fn hear_json(&mut self) -> Value {
        match self.hear().await {
            Heard::Json(message) => message,
            Heard::Closed(code, reason) => panic!("closed: {code} {reason}"),
        }
    }

    /// What it is closed with, whatever is said before.
    pub(crate) async fn hear_close(&mut self) -> (u16, String) {
        loop {
            if let Heard::Closed(code, reason) = self.hear().await {
                return (code, reason);
            }
        }
    }

    pub(crate) async fn leave(mut self) {
        self.0.close(None).await.unwrap();
    }
}
