"""What can be chosen about a client, and what it tells about losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional

Event = Dict[str, Any]


@dataclass(frozen=True)
class Drop:
    """Events that will not arrive, and why."""

    reason: str
    """``queue_full``, ``rejected``, ``too_large``, ``unauthorized``, ``gave_up`` or ``invalid``."""
    count: int
    """How many events."""
    detail: str = ""
    """What the server said, or what went wrong."""


@dataclass(frozen=True)
class Options:
    """How a client batches, retries and gives up. Durations are seconds."""

    url: str = "http://127.0.0.1:8000"
    """Where the capture API listens."""
    flush_at: int = 100
    """Events that make a batch go out at once."""
    flush_interval: float = 0.5
    """How long an event waits for company."""
    queue_max: int = 10_000
    """Events held in memory; further ones are dropped and counted."""
    batch_max: int = 500
    """Most events in one request."""
    batch_bytes_max: int = 4 * 1024 * 1024
    """Most JSON in one request, before compression."""
    timeout: float = 10.0
    """How long one request may take."""
    retries_max: int = 10
    """Tries after the first before a batch is dropped."""
    backoff: float = 0.2
    """First pause before a retry; doubles each time, with jitter."""
    backoff_max: float = 30.0
    """Longest pause that is not the server's wish."""
    gzip: bool = True
    """Whether bodies over 1 KB are compressed."""
    before_send: Optional[Callable[[Event], Optional[Event]]] = None
    """Sees each event first; what it returns is sent, ``None`` is not."""
    on_drop: Optional[Callable[[Drop], None]] = None
    """Told of every loss, on the sending thread."""
    raises: bool = False
    """Whether wrong arguments raise instead of being logged and dropped."""
