//! Handing visitors' events to the capture API, so that there is one place
//! where events are judged, limited and made durable.

use std::time::Duration;

use bytes::Bytes;
use event_schema::ids::{IDEMPOTENCY_KEY, queued_id};
use http::header::{AUTHORIZATION, CONTENT_TYPE, ORIGIN, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use reqwest::{Client, Response};
use serde::Deserialize;
use service_kit::Clock;
use service_kit::config::Secret;
use service_kit::entry::StartError;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// How long connecting, and the whole answer, may take: capture itself answers
/// within five seconds.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
const ANSWER_WITHIN: Duration = Duration::from_secs(7);
/// How long a capture API is waited for that does not answer or takes nothing,
/// and how often it is asked whether it is ready.
const BACK_WITHIN: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(250);

/// The capture API.
#[derive(Clone, Debug)]
pub struct Capture {
    client: Client,
    url: String,
    clock: Clock,
    stop: CancellationToken,
}

/// What a visitor reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// A page view.
    Pageview,
    /// An event.
    Event,
    /// The visit is over.
    SessionEnd,
}

impl Report {
    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pageview => "pageview",
            Self::Event => "event",
            Self::SessionEnd => "session_end",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Pageview => "/track",
            Self::Event => "/track-event",
            Self::SessionEnd => "/session-end",
        }
    }
}

/// Why an event was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotTaken {
    /// Stable snake-case code.
    pub code: String,
    /// One sentence for people.
    pub message: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Answer {
    event_id: Option<String>,
    code: Option<String>,
    error: Option<String>,
    detail: Option<String>,
}

impl Capture {
    /// The capture API at `url`, which is waited for until `stop`.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn new(url: &str, clock: Clock, stop: CancellationToken) -> Result<Self, StartError> {
        // A second installation is refused and changes nothing.
        if rustls::crypto::ring::default_provider()
            .install_default()
            .is_err()
        {
            tracing::debug!("a TLS provider is installed already");
        }
        let client = Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .build()?;
        Ok(Self {
            client,
            url: url.trim_end_matches('/').to_owned(),
            clock,
            stop,
        })
    }

    /// Hands an event over, in the name of `visitor`; gives its id once it is
    /// durable.
    ///
    /// # Errors
    /// [`NotTaken`] says why it was not.
    pub async fn report(
        &self,
        report: Report,
        body: Vec<u8>,
        key: &Secret,
        visitor: &HeaderMap,
    ) -> Result<String, NotTaken> {
        let mut headers = visitor.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let bearer = HeaderValue::from_str(&format!("Bearer {}", key.expose()));
        if let Ok(mut bearer) = bearer {
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        if let Ok(id) = HeaderValue::from_str(&queued_id(self.clock.now_ms())) {
            headers.insert(IDEMPOTENCY_KEY, id);
        }
        let answered = match self.post(report.path(), &headers, body.into()).await {
            Ok(answer) => (answer.status(), answer.bytes().await),
            Err(error) => return Err(unavailable(&error)),
        };
        let (status, body) = match answered {
            (status, Ok(body)) => (status, body),
            (_, Err(error)) => return Err(unavailable(&error)),
        };
        let answer: Answer = serde_json::from_slice(&body).unwrap_or_default();
        match answer.event_id {
            Some(id) if status.is_success() => Ok(id),
            _ => Err(NotTaken {
                code: answer.code.unwrap_or_else(|| "not_accepted".to_owned()),
                message: answer
                    .error
                    .or(answer.detail)
                    .unwrap_or_else(|| format!("the capture API answered {status}")),
            }),
        }
    }

    /// Posts; what a capture API that stops, starts or waits for its broker did
    /// not take is sent again once it is back, because Bklit's SDK does not
    /// repeat it. It has its id already, so it counts once whatever became of it.
    async fn post(
        &self,
        path: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Response, reqwest::Error> {
        let give_up = Instant::now() + BACK_WITHIN;
        loop {
            let request = self.client.post(format!("{}{path}", self.url));
            let sent = request.headers(headers.clone()).body(body.clone());
            let answered = sent.send().await;
            let is_away = match &answered {
                Ok(answer) => answer.status() == StatusCode::SERVICE_UNAVAILABLE,
                Err(_) => true,
            };
            if !is_away || !self.is_back(give_up).await {
                return answered;
            }
        }
    }

    /// Waits until capture says that it is ready; `false` when that takes too long.
    async fn is_back(&self, give_up: Instant) -> bool {
        while Instant::now() < give_up {
            let pause = self.stop.run_until_cancelled(sleep(ASK_EVERY));
            if pause.await.is_none() {
                return false;
            }
            let asked = self.client.get(format!("{}/ready", self.url)).send().await;
            if asked.is_ok_and(|answer| answer.status().is_success()) {
                return true;
            }
        }
        false
    }
}

/// What of a visitor's handshake capture must know: the page's origin, the
/// browser, and the address, to which a proxy before us adds its own.
#[must_use]
pub fn visitor(handshake: &HeaderMap, peer: Option<std::net::IpAddr>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in [ORIGIN, USER_AGENT] {
        if let Some(value) = handshake.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    for value in handshake.get_all(&FORWARDED_FOR) {
        headers.append(FORWARDED_FOR, value.clone());
    }
    let peer = peer.and_then(|peer| HeaderValue::from_str(&peer.to_string()).ok());
    if let Some(peer) = peer {
        headers.append(FORWARDED_FOR, peer);
    }
    headers
}

fn unavailable(error: &reqwest::Error) -> NotTaken {
    tracing::warn!(error = %error, "the capture API does not answer");
    NotTaken {
        code: "unavailable".to_owned(),
        message: "Event ingestion temporarily unavailable".to_owned(),
    }
}
