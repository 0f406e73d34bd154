//! `ws://…/dashboard?projectId=…`: a project's events over a socket.

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use http::header::ORIGIN;
use serde_json::json;
use service_kit::http::ApiError;
use tracing::Instrument as _;

use super::{GOING_AWAY, POLICY, close, is_origin_allowed, send, send_json};
use crate::access::{Query, SOCKET, Slot};
use crate::app::Services;
use crate::endpoints::{Admitted, accept_viewer};
use crate::feed::notice;
use crate::stream::{End, Frame, Viewer};

/// Largest message of a viewer, which has nothing to say.
const MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// Opens the socket; whoever may not watch is told so on it, as browsers do not
/// show pages the answer to a handshake.
pub async fn open(
    State(services): State<Services>,
    upgrade: WebSocketUpgrade,
    request: Request,
) -> Response {
    let (mut parts, _) = request.into_parts();
    let headers = parts.headers.clone();
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let refused = refusal(&services, &headers, &query);
    let accepted = match refused {
        Some(reason) => Err(Refused::Closed(reason)),
        None => match Admitted::from_request_parts(&mut parts, &services).await {
            Ok(admitted) => {
                let form = admitted.query.form;
                let accepted = accept_viewer(&services, &headers, admitted, form, SOCKET).await;
                accepted.map_err(Refused::Told)
            }
            Err(error) => Err(Refused::Told(error)),
        },
    };
    let token = services.sockets.token();
    upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| {
            let serving = async move {
                match accepted {
                    Ok((viewer, slot)) => serve(socket, viewer, slot).await,
                    Err(refused) => turn_away(socket, &services, refused).await,
                }
                drop(token);
            };
            serving.in_current_span()
        })
}

/// Why somebody is not let in.
enum Refused {
    /// By the words of a close.
    Closed(&'static str),
    /// By a message, then a close.
    Told(ApiError),
}

/// What Bklit's server closes for, in its order.
fn refusal(services: &Services, headers: &HeaderMap, query: &Query) -> Option<&'static str> {
    let origin = headers.get(ORIGIN).and_then(|value| value.to_str().ok());
    if !is_origin_allowed(&services.config.socket_origins, origin) {
        return Some("Unauthorized origin");
    }
    let is_named = query
        .project
        .as_deref()
        .is_some_and(|name| !name.is_empty());
    (!is_named).then_some("Missing projectId")
}

async fn turn_away(mut socket: WebSocket, services: &Services, refused: Refused) {
    let reason = match refused {
        Refused::Closed(reason) => reason,
        Refused::Told(error) => {
            let why = json!({"code": error.code, "message": error.detail});
            let message = notice("error", services.clock.now_ms(), why);
            send_json(&mut socket, message).await;
            match error.status.as_u16() {
                401 => "Unauthorized",
                403 => "Forbidden",
                429 => "Too many connections",
                503 => "Temporarily unavailable",
                _ => "Invalid request",
            }
        }
    };
    // 1013: try again later.
    let code = match reason {
        "Too many connections" | "Temporarily unavailable" => 1013,
        _ => POLICY,
    };
    close(socket, code, reason).await;
}

async fn serve(mut socket: WebSocket, mut viewer: Viewer, slot: Slot) {
    let mut is_alive = true;
    let end = loop {
        let is_taken = tokio::select! {
            frame = viewer.next() => match frame {
                Frame::Message { json, .. } => send_json(&mut socket, json).await,
                // It must have answered the last one by now.
                Frame::Heartbeat if !is_alive => false,
                Frame::Heartbeat => {
                    is_alive = false;
                    send(&mut socket, Message::Ping(Bytes::new())).await
                }
                Frame::End(end) => break Some(end),
            },
            message = socket.recv() => {
                is_alive = true;
                !matches!(message, None | Some(Err(_) | Ok(Message::Close(_))))
            }
        };
        if !is_taken {
            break None;
        }
    };
    drop(slot);
    let Some(end) = end else { return };
    send_json(&mut socket, viewer.end_message(end)).await;
    drop(viewer);
    let code = match end {
        End::ShuttingDown => GOING_AWAY,
        End::Revoked => POLICY,
    };
    close(socket, code, end.words()).await;
}
