//! Events from Redis' channel `live-events`, which whoever stores them writes,
//! and the entries of `debug-logs`. A channel keeps nothing: what is published
//! while we are away is not seen.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use deadpool_redis::redis::{self, Client, RedisError};
use futures::StreamExt;
use rand::RngExt as _;
use serde::Deserialize;
use std::borrow::Cow;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;
use transport::TransportError;

use super::Source;
use crate::feed::item::{Content, Item, Kind, Place};
use crate::feed::point::Point;
use crate::feed::{LiveData, LiveEvent, SourceState};
use crate::live::Seen;
use crate::metrics::RECEIVED;

/// How long to wait before connecting again.
const PAUSE: Duration = Duration::from_millis(250);
/// How often, and how long, Redis is asked whether it is there.
const LOOK: Duration = Duration::from_secs(1);
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(2);

pub(super) async fn follow(
    source: &Source,
    stop: &CancellationToken,
) -> Result<(), TransportError> {
    let client = Client::open(source.redis.url.expose())
        .map_err(|error| TransportError::Refused(error.to_string()))?;
    let mut reading = Reading {
        source: source.clone(),
        // Another instance, and this one after a restart, counts differently.
        log: format!("r{:08x}", rand::rng().random::<u32>()).into(),
        offset: 0,
    };
    source.hub.begin(reading.point());
    loop {
        match stop.run_until_cancelled(reading.session(&client)).await {
            None => return Ok(()),
            Some(Ok(())) => tracing::warn!("Redis ended the subscription"),
            Some(Err(error)) => tracing::debug!(%error, "not subscribed"),
        }
        source.hub.enter(SourceState::Away);
        if stop
            .run_until_cancelled(tokio::time::sleep(PAUSE))
            .await
            .is_none()
        {
            return Ok(());
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error("no answer in time")]
    Late(#[from] tokio::time::error::Elapsed),
}

struct Reading {
    source: Source,
    log: Arc<str>,
    offset: u64,
}

impl Reading {
    /// One subscription, until it breaks.
    async fn session(&mut self, client: &Client) -> Result<(), Broken> {
        let (events, logs) = (
            self.source.channel("live-events"),
            self.source.channel("debug-logs"),
        );
        let mut asking = timeout(CONNECT, client.get_multiplexed_async_connection()).await??;
        let mut subscription = timeout(CONNECT, client.get_async_pubsub()).await??;
        timeout(CONNECT, subscription.subscribe(&[&events, &logs])).await??;
        tracing::info!("subscribed");
        self.source.hub.enter(SourceState::Live);
        let mut messages = subscription.on_message();
        let mut looks = interval(LOOK);
        loop {
            tokio::select! {
                message = messages.next() => {
                    let Some(message) = message else { return Ok(()) };
                    let content = Bytes::copy_from_slice(message.get_payload_bytes());
                    if message.get_channel_name() == events {
                        self.event(&content);
                    } else {
                        self.log_entry(&content);
                    }
                }
                _ = looks.tick() => {
                    // A subscription says nothing when its server is gone.
                    let answer: redis::RedisResult<String> =
                        timeout(LOOK, redis::cmd("PING").query_async(&mut asking)).await?;
                    answer?;
                }
            }
        }
    }

    fn point(&self) -> Point {
        Point {
            log: Arc::clone(&self.log),
            next: Box::new([self.offset]),
        }
    }

    fn event(&mut self, content: &Bytes) {
        let parsed: Result<LiveEvent<'_>, _> = serde_json::from_slice(content);
        let Ok(live) = parsed else {
            RECEIVED.count(&["unreadable"]).increment(1);
            return tracing::debug!("a message of the channel is no event");
        };
        let Some(project) = self.source.project_named(&live.project_id) else {
            RECEIVED.count(&["unreadable"]).increment(1);
            return tracing::debug!("an event of an unknown project");
        };
        let data = LiveData::of(live.data);
        let name = match live.kind {
            Kind::Pageview => data.event.as_deref().unwrap_or("$pageview"),
            Kind::SessionEnd => "$session_end",
            Kind::Event => data
                .event
                .as_deref()
                .or(data.tracking_id.as_deref())
                .unwrap_or("event"),
        };
        let person = data
            .distinct_id
            .as_deref()
            .or(data.session_id.as_deref())
            .unwrap_or_default();
        let now = self.source.clock.now_ms();
        let timestamp = live
            .timestamp
            .as_deref()
            .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
            .map_or(now, |time| time.timestamp_millis());
        let place = Place {
            partition: 0,
            offset: self.offset,
            appended_at: now,
        };
        self.offset += 1;
        let mut item = Item::new(
            name,
            person,
            place,
            self.point(),
            Content::LiveEvent(content.clone()),
        );
        item.kind = live.kind;
        let page = data.url.as_deref().map(crate::feed::glance::page_of);
        let seen = Seen {
            distinct_id: person,
            session: data.session_id.as_deref(),
            page: page.as_deref().filter(|_| live.kind == Kind::Pageview),
            is_end: live.kind == Kind::SessionEnd,
            timestamp,
            arrived_at: now,
        };
        self.source.hub.publish(project, item, seen);
        self.source.hub.advance(self.point());
        RECEIVED.count(&["taken"]).increment(1);
    }

    /// An entry of somebody's debug log, for the project that it names.
    fn log_entry(&self, content: &Bytes) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Entry<'a> {
            #[serde(borrow)]
            project_id: Cow<'a, str>,
        }
        let Ok(entry) = serde_json::from_slice::<Entry<'_>>(content) else {
            return;
        };
        if let Some(project) = self.source.project_named(&entry.project_id) {
            let mut line = content.to_vec();
            line.retain(|byte| !matches!(byte, b'\n' | b'\r'));
            self.source.hub.note(project, &Bytes::from(line));
        }
    }
}
