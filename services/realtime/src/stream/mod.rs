//! What one viewer is sent, whatever it is sent over: what it has missed, what
//! comes, counts, signs of life, and the end.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use service_kit::Clock;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::access::{Gate, Grant, Query};
use crate::config::RealtimeConfig;
use crate::feed::item::{Form, Shared};
use crate::feed::queue::Next;
use crate::feed::{Hub, Subscription, Wish, instant, notice};
use crate::metrics::{DELIVERED, TURNED_AWAY};

/// How often counts may be sent.
const LIVE_EVERY: Duration = Duration::from_secs(2);
/// How often a key is looked up again.
const KEY_EVERY: Duration = Duration::from_secs(1);

/// What is sent next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A message, and where a viewer is that has read it, where that changes.
    Message {
        /// JSON on one line.
        json: Bytes,
        /// The id to come back with.
        id: Option<String>,
    },
    /// A sign of life.
    Heartbeat,
    /// Nothing more comes.
    End(End),
}

/// Why nothing more comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The service stops; another instance, or this one in a moment, goes on.
    ShuttingDown,
    /// The key, the session or the membership is gone.
    Revoked,
}

impl End {
    /// Its code on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ShuttingDown => "shutting_down",
            Self::Revoked => "access_revoked",
        }
    }

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ShuttingDown => "Server is shutting down",
            Self::Revoked => "Access revoked",
        }
    }
}

/// One viewer.
#[derive(Debug)]
pub struct Viewer {
    hub: Hub,
    gate: Gate,
    grant: Grant,
    form: Form,
    subscription: Subscription,
    first: VecDeque<Frame>,
    missed: VecDeque<Shared>,
    heartbeat: Interval,
    recheck: Interval,
    is_recheck_due: bool,
    live: Option<Live>,
    stop: CancellationToken,
    clock: Clock,
    is_over: bool,
}

#[derive(Debug)]
struct Live {
    ticks: Interval,
    sent: Bytes,
}

/// What a viewer is made of.
#[derive(Debug)]
pub struct ViewerParts {
    /// Where events come from.
    pub hub: Hub,
    /// Who judges whether it may stay.
    pub gate: Gate,
    /// Why it was let in.
    pub grant: Grant,
    /// The form of its events.
    pub form: Form,
    /// What it asked for; its id to resume by is in there or in a header.
    pub query: Query,
    /// `Last-Event-ID`, when it came as a header.
    pub last_event_id: Option<String>,
    /// Ends it.
    pub stop: CancellationToken,
    /// The time.
    pub clock: Clock,
}

impl Viewer {
    /// Lets the viewer in; its first frame says so.
    #[must_use]
    pub fn enter(parts: ViewerParts, config: &RealtimeConfig) -> Self {
        let wanted = parts.last_event_id.or(parts.query.last_event_id);
        let resume = wanted.as_deref().filter(|id| !id.is_empty());
        let point = resume.map(str::parse);
        let wish = Wish {
            filter: parts.query.filter,
            takes_notes: parts.form == Form::Debug,
            resume: point.clone().and_then(Result::ok),
        };
        let mut subscription = parts.hub.subscribe(parts.grant.project(), wish);
        let missed: VecDeque<_> = std::mem::take(&mut subscription.missed).into();
        let mut first = VecDeque::new();
        let is_unknown = matches!(point, Some(Err(_)));
        let now = parts.clock.now_ms();
        let project = parts.query.project.unwrap_or_default();
        first.push_back(Frame::Message {
            json: connected(parts.form, &project, now),
            // Who has not been told what was missed must not skip it next time.
            id: missed.is_empty().then(|| subscription.point.to_string()),
        });
        if subscription.has_gap || is_unknown {
            first.push_back(Frame::Message {
                json: said(parts.form, "gap", now, json!({})),
                id: None,
            });
        }
        let recheck = if parts.grant.is_of_key() {
            KEY_EVERY
        } else {
            config.recheck
        };
        let live = (parts.query.wants_live && parts.form != Form::Debug).then(|| Live {
            ticks: ticks(LIVE_EVERY, Duration::ZERO),
            sent: Bytes::new(),
        });
        Self {
            hub: parts.hub,
            gate: parts.gate,
            grant: parts.grant,
            form: parts.form,
            subscription,
            first,
            missed,
            heartbeat: ticks(config.heartbeat, config.heartbeat),
            recheck: ticks(recheck, recheck),
            is_recheck_due: false,
            live,
            stop: parts.stop,
            clock: parts.clock,
            is_over: false,
        }
    }

    /// What is sent next; waits for it. Cancel-safe. After [`Frame::End`]
    /// nothing comes.
    pub async fn next(&mut self) -> Frame {
        if self.is_over {
            std::future::pending::<()>().await;
        }
        loop {
            if let Some(first) = self.first.pop_front() {
                return first;
            }
            if let Some(item) = self.missed.pop_front() {
                if let Some(frame) = self.event(&item) {
                    return frame;
                }
                continue;
            }
            if self.is_recheck_due {
                // Still due when this is cancelled.
                let is_gone = self.gate.is_over(&self.grant).await;
                self.is_recheck_due = false;
                if is_gone {
                    return self.end(End::Revoked);
                }
            }
            if let Some(frame) = self.wait().await {
                return frame;
            }
        }
    }

    async fn wait(&mut self) -> Option<Frame> {
        let live = async {
            match &mut self.live {
                Some(live) => live.ticks.tick().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Some(self.end(End::ShuttingDown)),
            _ = self.recheck.tick() => {
                self.is_recheck_due = true;
                None
            }
            _ = self.heartbeat.tick() => Some(Frame::Heartbeat),
            _ = live => self.counts(),
            next = self.subscription.next() => match next {
                Next::Item(item) => self.event(&item),
                Next::Note(json) => Some(Frame::Message { json, id: None }),
                Next::Dropped(count) => Some(Frame::Message {
                    json: said(self.form, "dropped", self.clock.now_ms(), json!({"count": count})),
                    id: None,
                }),
            },
        }
    }

    fn event(&self, item: &Shared) -> Option<Frame> {
        let json = item.message(self.form);
        if json.is_empty() {
            return None;
        }
        DELIVERED.count(&[]).increment(1);
        Some(Frame::Message {
            json,
            id: Some(item.point.to_string()),
        })
    }

    /// The counts, when they have changed.
    fn counts(&mut self) -> Option<Frame> {
        let counts = self.hub.live(self.grant.project());
        let live = self.live.as_mut()?;
        if live.sent == counts {
            return None;
        }
        live.sent.clone_from(&counts);
        let now = instant(self.clock.now_ms());
        let mut json = format!(r#"{{"type":"live","timestamp":"{now}","live":"#).into_bytes();
        json.extend_from_slice(&counts);
        json.push(b'}');
        Some(Frame::Message {
            json: json.into(),
            id: None,
        })
    }

    fn end(&mut self, end: End) -> Frame {
        self.is_over = true;
        if end == End::Revoked {
            TURNED_AWAY.count(&[end.code()]).increment(1);
        }
        Frame::End(end)
    }

    /// The sign of life as a message.
    #[must_use]
    pub fn heartbeat_message(&self) -> Bytes {
        said(self.form, "heartbeat", self.clock.now_ms(), json!({}))
    }

    /// The end as a message.
    #[must_use]
    pub fn end_message(&self, end: End) -> Bytes {
        let why = json!({"code": end.code(), "message": end.words()});
        said(self.form, "error", self.clock.now_ms(), why)
    }
}

/// The first message.
fn connected(form: Form, project: &str, now_ms: i64) -> Bytes {
    said(form, "connected", now_ms, json!({"projectId": project}))
}

/// A message of ours; debug streams consist of log entries only.
fn said(form: Form, kind: &str, now_ms: i64, more: Value) -> Bytes {
    if form != Form::Debug {
        return notice(kind, now_ms, more);
    }
    let (level, message) = match kind {
        "connected" => ("info", "Debug stream connected"),
        "heartbeat" => ("info", "Debug stream is alive"),
        "gap" => ("warn", "Some entries before these are not kept"),
        "dropped" => ("warn", "Entries were left out: the reader is too slow"),
        _ => ("error", "Debug stream ends"),
    };
    let mut entry = json!({
        "timestamp": instant(now_ms),
        "stage": "websocket",
        "level": level,
        "message": message,
        "data": more,
    });
    if let Some(project) = more.get("projectId") {
        entry["projectId"] = project.clone();
    }
    if kind == "connected" || kind == "heartbeat" {
        // Readers of the other streams look for it here, too.
        entry["type"] = kind.into();
    }
    Bytes::from(entry.to_string())
}

fn ticks(every: Duration, first: Duration) -> Interval {
    let every = every.max(Duration::from_millis(10));
    let mut ticks = interval_at(Instant::now() + first, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
