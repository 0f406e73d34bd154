//! WebSockets: of those who watch ([`viewer`]) and of visitors' browsers
//! ([`visitor`]).

mod messages;

pub mod visitor;

pub mod viewer;

pub mod visits;

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures::StreamExt as _;
use tokio::time::timeout;

/// The other side broke a rule, or may not be here.
pub const POLICY: u16 = 1008;
/// We go away; come back.
pub const GOING_AWAY: u16 = 1001;

/// How long one message may take to leave.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// How long a close may take to be answered.
const CLOSE_WITHIN: Duration = Duration::from_millis(500);

/// Sends a message; `false` when the other side does not take it.
pub(crate) async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(timeout(SEND_WITHIN, socket.send(message)).await, Ok(Ok(())))
}

/// Sends JSON as text; `false` when the other side does not take it.
pub(crate) async fn send_json(socket: &mut WebSocket, json: Bytes) -> bool {
    match Utf8Bytes::try_from(json) {
        Ok(text) => send(socket, Message::Text(text)).await,
        // Nothing here makes other bytes.
        Err(_) => true,
    }
}

/// Says why, and waits a moment for the other side to have read it.
pub(crate) async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame {
        code,
        reason: Utf8Bytes::from_static(reason),
    };
    if send(&mut socket, Message::Close(Some(frame))).await {
        let answered = async { while let Some(Ok(_)) = socket.next().await {} };
        // Who does not answer is left.
        let _ = timeout(CLOSE_WITHIN, answered).await;
    }
}

/// Whether pages of this origin may open sockets.
pub(crate) fn is_origin_allowed(allowed: &[String], origin: Option<&str>) -> bool {
    // Only browsers send one.
    allowed.is_empty() || origin.is_none_or(|origin| allowed.iter().any(|one| one == origin))
}
