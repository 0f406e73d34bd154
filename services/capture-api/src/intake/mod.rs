//! One request from its head to its outcome, the same for every family of
//! clients: credential → body → decode → pipeline → publish. What differs is
//! how a body is read ([`Form`]) and how the outcome is told (`answers`).

mod form;
mod outcome;
mod prepare;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use bytes::Bytes;
use event_schema::reason::RejectReason;
use http::header::{CONTENT_ENCODING, ORIGIN, REFERER};
use http::{HeaderMap, Method};
use identity::{KeyInfo, KeyRefusal, Scope};
use tokio::sync::SemaphorePermit;

pub use form::Form;
pub use outcome::{EventOutcome, Outcome, Report, Stop};

pub(crate) use self::prepare::Prepared;
use self::prepare::Work;
use crate::app::Services;
use crate::budget::Reservation;
use crate::decode::Refused;
use crate::encoding::Coding;
use crate::http::body;
use crate::http::client;
use crate::http::credential::{HeaderCredential, in_headers};
use crate::publish::publish;

/// Bodies above this many bytes, or a quarter of it when compressed, are
/// worked on beside the threads that serve connections.
const INLINE_BYTES_MAX: usize = 128 * 1024;
/// How long such a body waits for its turn.
const HEAVY_WAIT_MAX: Duration = Duration::from_secs(3);

/// Takes the events of a request.
pub async fn take(services: &Arc<Services>, request: Request, form: Form) -> Outcome {
    let received_at = services.clock.now_ms();
    let (parts, mut body) = request.into_parts();
    let peer = parts
        .extensions
        .get::<ConnectInfo<std::net::SocketAddr>>()
        .map(|peer| peer.0.ip());
    let head = Head {
        is_get: parts.method == Method::GET,
        headers: parts.headers,
        peer,
        received_at,
    };
    match run(services, &head, &mut body, form).await {
        Ok(report) => Outcome::Judged(report),
        Err(stop) => {
            if !matches!(stop, Stop::TooSlow(_)) {
                body::discard(&head.headers, body);
            }
            Outcome::Stopped(stop)
        }
    }
}

/// What a request says before its body.
#[derive(Debug)]
struct Head {
    is_get: bool,
    headers: HeaderMap,
    peer: Option<IpAddr>,
    received_at: i64,
}

async fn run(
    services: &Arc<Services>,
    head: &Head,
    body: &mut Body,
    form: Form,
) -> Result<Report, Stop> {
    let key = match in_headers(&head.headers) {
        HeaderCredential::Absent => None,
        HeaderCredential::Unusable => return Err(Stop::InvalidKey),
        HeaderCredential::Key(text) => Some(authorise(services, head, &text).await?),
    };
    let codings = codings(&head.headers)?;
    let mut memory = services.budget.reservation();
    let body = if head.is_get {
        form.data_of_query().ok_or(Stop::NoBody)?
    } else {
        let limits = &services.limits;
        let sent = body::read(
            &head.headers,
            body,
            limits.body_bytes_max,
            &services.body_timeouts,
            &mut memory,
        )
        .await?;
        let in_query = sent.is_empty().then(|| form.data_of_query()).flatten();
        in_query.unwrap_or(sent)
    };
    services.meters.wire_bytes.increment(body.len() as u64);
    let family = form.family();
    let work = Work {
        services: Arc::clone(services),
        codings,
        form,
        address: services.keep_ip.then(|| address(services, head)).flatten(),
        user_agent: client::browser(&head.headers).map(str::to_owned),
        received_at: head.received_at,
    };
    let prepared = prepare(services, head, work, body, key, memory).await?;
    publish(services, family, prepared).await
}

/// Runs the work on the body, and again when the body holds a key that only
/// the database may know yet.
async fn prepare(
    services: &Arc<Services>,
    head: &Head,
    work: Work,
    body: Bytes,
    key: Option<Arc<KeyInfo>>,
    memory: Reservation,
) -> Result<Prepared, Stop> {
    let inline_max = if work.codings.is_empty() {
        INLINE_BYTES_MAX
    } else {
        INLINE_BYTES_MAX / 4
    };
    let is_inline = body.len() <= inline_max;
    let work = Arc::new(work);
    let (mut key, mut memory) = (key, memory);
    // The second round follows an unknown key, a third never.
    loop {
        let is_known = key.is_some();
        let (result, returned) = if is_inline {
            let result = work.run(&body, key.take(), &mut memory);
            (result, memory)
        } else {
            let permit = heavy_permit(services).await?;
            let (work, body, key) = (Arc::clone(&work), body.clone(), key.take());
            let task = tokio::task::spawn_blocking(move || {
                let result = work.run(&body, key, &mut memory);
                (result, memory)
            });
            let finished = task.await.map_err(|_| Stop::Internal)?;
            drop(permit);
            finished
        };
        memory = returned;
        match result {
            Ok(mut prepared) => {
                check_site(&prepared.key, head)?;
                prepared.memory = Some(memory);
                return Ok(prepared);
            }
            Err(Stop::UnknownKey(text)) if !is_known => {
                key = Some(authorise(services, head, &text).await?);
            }
            Err(stop) => return Err(stop),
        }
    }
}

/// A turn for a heavy body, so that a few at a time take memory and cores.
async fn heavy_permit(services: &Services) -> Result<SemaphorePermit<'_>, Stop> {
    match tokio::time::timeout(HEAVY_WAIT_MAX, services.heavy.acquire()).await {
        Ok(Ok(permit)) => Ok(permit),
        _ => Err(Stop::Unavailable),
    }
}

/// The key of that text, if it may send events from where the request says it
/// comes.
async fn authorise(services: &Services, head: &Head, text: &str) -> Result<Arc<KeyInfo>, Stop> {
    let key = services
        .keys
        .resolve(text)
        .await
        .map_err(|refusal| match refusal {
            KeyRefusal::Unknown | KeyRefusal::Expired => Stop::InvalidKey,
            KeyRefusal::NotLoaded => Stop::Unavailable,
        })?;
    if !key.may(Scope::Capture) {
        return Err(Stop::NoScope);
    }
    check_site(&key, head).inspect_err(|_| {
        let refused = Refused::new(
            RejectReason::OriginNotAllowed,
            "the key may not be used from this site",
        );
        services
            .refusals
            .note(key.project_id(), &refused, String::new);
    })?;
    Ok(key)
}

fn check_site(key: &KeyInfo, head: &Head) -> Result<(), Stop> {
    if key.allowed_domains.is_empty() {
        return Ok(());
    }
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    if key.is_site_allowed(text(ORIGIN), text(REFERER)) {
        return Ok(());
    }
    Err(Stop::SiteNotAllowed)
}

fn codings(headers: &HeaderMap) -> Result<Vec<Coding>, Stop> {
    let mut codings = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        let text = value.to_str().unwrap_or("unreadable");
        codings.extend(Coding::parse_list(text)?);
    }
    Ok(codings)
}

fn address(services: &Services, head: &Head) -> Option<IpAddr> {
    head.peer
        .map(|peer| client::address(peer, &head.headers, &services.trusted_proxies))
}
