//! `ws://…/?projectId=…&sessionId=…`: a visitor's browser with Bklit's SDK. It
//! authenticates by a message, sends page views and events, and gets an
//! acknowledgement for each once it is durable.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::HeaderMap;
use http::header::ORIGIN;
use identity::{KeyInfo, KeyRefusal, Scope};
use serde_json::json;
use serde_json::value::RawValue;
use service_kit::config::Secret;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, sleep};
use tracing::Instrument as _;

use super::messages::{Said, code_label, error, visitor_id, with_session};
use super::visits::Visit;
use super::{GOING_AWAY, POLICY, close, is_origin_allowed, send, send_json};
use crate::access::{Query, Slot, VISITOR};
use crate::app::Services;
use crate::capture::{NotTaken, Report, visitor};
use crate::feed::instant;
use crate::metrics::{MESSAGES, TURNED_AWAY};

/// Longest session id.
const SESSION_BYTES_MAX: usize = 400;
/// How often a key is looked up again.
const KEY_EVERY: std::time::Duration = std::time::Duration::from_secs(1);

/// Opens the socket.
pub fn open(services: Services, upgrade: WebSocketUpgrade, request: &Request) -> Response {
    let slot = match services.slots.take(VISITOR) {
        Ok(slot) => slot,
        Err(error) => return error.into_response(),
    };
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let handshake = request.headers().clone();
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(address)| address.ip());
    let max = usize::try_from(services.config.limits.message_bytes.as_u64()).unwrap_or(usize::MAX);
    let token = services.sockets.token();
    upgrade.max_message_size(max).on_upgrade(move |socket| {
        let serving = async move {
            match welcome(&services, &handshake, &query) {
                Err(reason) => {
                    TURNED_AWAY.count(&["handshake"]).increment(1);
                    close(socket, POLICY, reason).await;
                }
                Ok((project, session)) => {
                    let visit =
                        Conversation::new(services, project, session, &handshake, peer, slot);
                    visit.hold(socket).await;
                }
            }
            drop(token);
        };
        serving.in_current_span()
    })
}

/// What Bklit's server closes for, in its order; else project and session.
fn welcome(
    services: &Services,
    handshake: &HeaderMap,
    query: &Query,
) -> Result<(String, String), &'static str> {
    let origin = handshake.get(ORIGIN).and_then(|value| value.to_str().ok());
    if !is_origin_allowed(&services.config.socket_origins, origin) {
        return Err("Unauthorized origin");
    }
    let given = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
    let project = given(&query.project).ok_or("Missing projectId")?;
    let session = given(&query.session).ok_or("Missing sessionId")?;
    if session.len() > SESSION_BYTES_MAX {
        return Err("Invalid sessionId");
    }
    Ok((project, session))
}

/// Whether the conversation goes on.
enum Turn {
    On,
    Close(u16, &'static str),
    Gone,
}

struct Conversation {
    services: Services,
    project: String,
    session: String,
    origin: Option<String>,
    visitor: HeaderMap,
    slot: Slot,
    member: Option<Member>,
}

/// A visitor whose key is good.
struct Member {
    key: Secret,
    info: Arc<KeyInfo>,
    _visit: Visit,
    /// Something of this visit is durable, so that it has an end.
    has_events: bool,
    /// Who the visitor is, where the events say so.
    visitor_id: Option<String>,
}

impl Conversation {
    fn new(
        services: Services,
        project: String,
        session: String,
        handshake: &HeaderMap,
        peer: Option<IpAddr>,
        slot: Slot,
    ) -> Self {
        let origin = handshake.get(ORIGIN).and_then(|value| value.to_str().ok());
        Self {
            services,
            project,
            session,
            origin: origin.map(str::to_owned),
            visitor: visitor(handshake, peer),
            slot,
            member: None,
        }
    }

    async fn hold(mut self, mut socket: WebSocket) {
        let hello = json!({
            "type": "connected",
            "projectId": self.project,
            "sessionId": self.session,
            "timestamp": instant(self.services.clock.now_ms()),
        });
        let mut turn = Turn::On;
        if !send_json(&mut socket, Bytes::from(hello.to_string())).await {
            turn = Turn::Gone;
        }
        let (stop, beat) = (self.services.stop.clone(), self.services.config.heartbeat);
        let mut heartbeat = interval_at(Instant::now() + beat, beat);
        let mut recheck = interval(KEY_EVERY);
        recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let authentication = sleep(self.services.config.authentication_timeout);
        tokio::pin!(authentication);
        let mut is_alive = true;
        while matches!(turn, Turn::On) {
            turn = tokio::select! {
                biased;
                () = stop.cancelled() => Turn::Close(GOING_AWAY, "Server is shutting down"),
                _ = recheck.tick() => self.recheck(),
                () = &mut authentication, if self.member.is_none() => {
                    Turn::Close(POLICY, "Authentication timeout")
                }
                message = socket.recv() => {
                    is_alive = true;
                    self.hear(&mut socket, message).await
                }
                // It must have answered the last one by now.
                _ = heartbeat.tick() => match std::mem::replace(&mut is_alive, false) {
                    false => Turn::Gone,
                    true => self.beat(&mut socket).await,
                },
            };
        }
        match turn {
            // It will come back, here or elsewhere: its session goes on.
            Turn::Close(GOING_AWAY, reason) => close(socket, GOING_AWAY, reason).await,
            Turn::Close(code, reason) => {
                close(socket, code, reason).await;
                self.leave().await;
            }
            Turn::On | Turn::Gone => {
                drop(socket);
                self.leave().await;
            }
        }
    }

    async fn beat(&self, socket: &mut WebSocket) -> Turn {
        if let Some(member) = &self.member {
            self.services
                .hub
                .touch(member.info.project_id(), &self.session);
        }
        on(send(socket, Message::Ping(Bytes::new())).await)
    }

    /// Whether the key is still good.
    fn recheck(&self) -> Turn {
        let Some(member) = &self.member else {
            return Turn::On;
        };
        let directory = self.services.gate.directory();
        let is_good = !directory.is_loaded()
            || directory
                .lookup(member.key.expose())
                .is_some_and(|key| key.may(Scope::Capture));
        if is_good {
            Turn::On
        } else {
            TURNED_AWAY.count(&["access_revoked"]).increment(1);
            Turn::Close(POLICY, "Access revoked")
        }
    }

    async fn hear(
        &mut self,
        socket: &mut WebSocket,
        message: Option<Result<Message, axum::Error>>,
    ) -> Turn {
        let text = match message {
            None | Some(Err(_) | Ok(Message::Close(_))) => return Turn::Gone,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Turn::On,
            Some(Ok(Message::Text(text))) => Bytes::from(text),
            Some(Ok(Message::Binary(bytes))) => bytes,
        };
        let said: Said<'_> = match serde_json::from_slice(&text) {
            Ok(said) => said,
            Err(_) => {
                let why = error(
                    "invalid_message",
                    "the message is not JSON with a type",
                    None,
                );
                MESSAGES.count(&["unknown", "invalid_message"]).increment(1);
                return on(send_json(socket, why).await);
            }
        };
        let report = match &*said.kind {
            "auth" => None,
            "pageview" => Some(Report::Pageview),
            "event" => Some(Report::Event),
            "session_end" => Some(Report::SessionEnd),
            _ => {
                let why = error(
                    "unknown_type",
                    "there are auth, pageview and event",
                    Some(&said.kind),
                );
                MESSAGES.count(&["unknown", "unknown_type"]).increment(1);
                return on(send_json(socket, why).await);
            }
        };
        if said.api_key.is_some() || report.is_none() {
            let key = said.api_key.as_deref().unwrap_or_default();
            if let Err((refused, reason)) = self.authenticate(key).await {
                MESSAGES
                    .count(&["auth", code_label(&refused.code)])
                    .increment(1);
                let why = error(&refused.code, &refused.message, Some(&said.kind));
                if !send_json(socket, why).await {
                    return Turn::Gone;
                }
                return reason.map_or(Turn::On, |reason| Turn::Close(POLICY, reason));
            }
        }
        match report {
            None => {
                MESSAGES.count(&["auth", "acknowledged"]).increment(1);
                let answer = Bytes::from_static(br#"{"type":"auth_success"}"#);
                on(send_json(socket, answer).await)
            }
            Some(report) => {
                let answer = self.report(report, said.data).await;
                on(send_json(socket, answer).await)
            }
        }
    }

    /// Takes a key; when it is not good, why, and with which words the socket
    /// closes, if it does.
    async fn authenticate(&mut self, key: &str) -> Result<(), (NotTaken, Option<&'static str>)> {
        if self
            .member
            .as_ref()
            .is_some_and(|member| member.key.expose() == key)
        {
            return Ok(());
        }
        let refused = |code: &str, message: &str, reason| {
            TURNED_AWAY.count(&["invalid_api_key"]).increment(1);
            let why = NotTaken {
                code: code.to_owned(),
                message: message.to_owned(),
            };
            Err((why, reason))
        };
        let info = match self.services.gate.directory().resolve(key).await {
            Ok(info) => info,
            Err(KeyRefusal::NotLoaded) => {
                return refused("unavailable", "Keys cannot be checked at the moment", None);
            }
            Err(KeyRefusal::Unknown | KeyRefusal::Expired) => {
                return refused(
                    "invalid_api_key",
                    "Invalid API key",
                    Some("Invalid API key"),
                );
            }
        };
        if !info.speaks_for(Some(&self.project)) {
            let message = "The API key belongs to another project";
            return refused("wrong_project", message, Some("Invalid API key"));
        }
        if !info.may(Scope::Capture) {
            let message = "The API key lacks the scope `capture`";
            return refused("scope_missing", message, Some("Invalid API key"));
        }
        if !info.is_site_allowed(self.origin.as_deref(), None) {
            let message = "The API key is not for pages of this origin";
            return refused("unauthorized_origin", message, Some("Unauthorized origin"));
        }
        let project = info.project_id();
        let max = self.services.config.limits.visitors_per_project;
        if let Err(full) = self.slot.belong(project, max) {
            return refused(full.code, &full.detail, Some("Too many connections"));
        }
        self.services.hub.touch(project, &self.session);
        let before = self.member.take();
        self.member = Some(Member {
            key: Secret::new(key),
            _visit: self.services.visits.enter(project, &self.session),
            info,
            has_events: before.as_ref().is_some_and(|member| member.has_events),
            visitor_id: before.and_then(|member| member.visitor_id),
        });
        Ok(())
    }

    /// Hands an event on and makes the answer to it.
    async fn report(&mut self, report: Report, data: Option<&RawValue>) -> Bytes {
        let name = report.name();
        let Some(member) = &mut self.member else {
            MESSAGES.count(&[name, "unauthorized"]).increment(1);
            return error("unauthorized", "Missing API key", Some(name));
        };
        let Some(body) = with_session(data, &self.session) else {
            MESSAGES.count(&[name, "invalid_message"]).increment(1);
            return error("invalid_message", "data must be an object", Some(name));
        };
        if let Some(id) = data.and_then(visitor_id) {
            member.visitor_id = Some(id);
        }
        let capture = &self.services.capture;
        match capture
            .report(report, body, &member.key, &self.visitor)
            .await
        {
            Ok(event_id) => {
                member.has_events = report != Report::SessionEnd;
                MESSAGES.count(&[name, "acknowledged"]).increment(1);
                let ack = json!({"type": "ack", "eventId": event_id, "messageType": name});
                Bytes::from(ack.to_string())
            }
            Err(refused) => {
                MESSAGES
                    .count(&[name, code_label(&refused.code)])
                    .increment(1);
                error(&refused.code, &refused.message, Some(name))
            }
        }
    }

    /// The socket is gone: unless the session is back in a moment, it is over.
    async fn leave(self) {
        let Some(member) = self.member else { return };
        let (services, session) = (self.services, self.session);
        let (project, key) = (member.info.project_id(), member.key);
        let (has_events, visitor_id) = (member.has_events, member.visitor_id);
        drop((member._visit, self.slot));
        let grace = sleep(services.config.session_grace);
        if services.stop.run_until_cancelled(grace).await.is_none()
            || services.visits.is_here(project, &session)
        {
            return;
        }
        if !has_events {
            return services.hub.end_session(project, &session);
        }
        let mut end = json!({"sessionId": session, "reason": "disconnect"});
        if let Some(visitor_id) = visitor_id {
            end["visitorId"] = visitor_id.into();
        }
        let body = end.to_string().into_bytes();
        let reported = services
            .capture
            .report(Report::SessionEnd, body, &key, &self.visitor);
        if let Err(refused) = reported.await {
            tracing::debug!(code = refused.code, "the end of a session was not taken");
            services.hub.end_session(project, &session);
        }
    }
}

fn on(is_taken: bool) -> Turn {
    if is_taken { Turn::On } else { Turn::Gone }
}
