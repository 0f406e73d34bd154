"""Building events: identity, time, and values that JSON can hold."""

from __future__ import annotations

import json
import os
import time
import uuid
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Dict, Mapping, Optional

from ._options import Event

LIB = {"$lib": "millrace-python", "$lib_version": "0.1.0"}


def new_uuid() -> str:
    """A UUID of version 7: ordered by time, unique without coordination."""
    stamp = (time.time_ns() // 1_000_000).to_bytes(6, "big")
    body = bytearray(stamp + os.urandom(10))
    body[6] = (body[6] & 0x0F) | 0x70
    body[8] = (body[8] & 0x3F) | 0x80
    return str(uuid.UUID(bytes=bytes(body)))


def now() -> str:
    """The present moment as the wire wants it: UTC, milliseconds."""
    return instant(datetime.now(timezone.utc))


def instant(moment: datetime) -> str:
    """``moment`` in UTC to the millisecond; one without a zone is local time."""
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def build(
    distinct_id: str,
    event: str,
    properties: Optional[Mapping[str, Any]] = None,
    timestamp: Optional[datetime] = None,
    event_uuid: Optional[str] = None,
) -> Event:
    """One event as it goes on the wire. Raises ``ValueError`` when it names nothing or nobody."""
    if not isinstance(event, str) or not event.strip():
        raise ValueError("event: a name is needed")
    if distinct_id is None or str(distinct_id).strip() in ("", "null", "undefined", "None"):
        raise ValueError("distinct_id: somebody is needed")
    merged: Dict[str, Any] = dict(LIB)
    merged.update(properties or {})
    return {
        "event": event,
        "distinct_id": str(distinct_id),
        "uuid": event_uuid or new_uuid(),
        "timestamp": instant(timestamp) if timestamp else now(),
        "properties": merged,
    }


def encode(event: Event) -> bytes:
    """The event's JSON. Raises ``ValueError`` or ``TypeError`` for what JSON cannot hold."""
    return json.dumps(event, default=_plain, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _plain(value: Any) -> Any:
    """The JSON value that stands for one that JSON does not know."""
    if isinstance(value, datetime):
        return instant(value) if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (uuid.UUID, os.PathLike)):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    raise TypeError(f"properties: {type(value).__name__} is nothing JSON can hold")
