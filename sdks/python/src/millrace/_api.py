"""The calls that both clients have, in terms of one: ``_enqueue``."""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from typing import Any, Dict, List, Mapping, Optional

from . import _event
from ._options import Drop, Options

log = logging.getLogger("millrace")


class Api:
    """Builds events and hands them on. Never raises unless asked to, never blocks."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._shared: Dict[str, Any] = {}
        self._counting = threading.Lock()
        self.dropped: Dict[str, int] = {}
        """Events that will not arrive, counted by reason."""

    def register(self, properties: Mapping[str, Any]) -> None:
        """Adds properties to every later event; those of the event itself win."""
        self._shared.update(properties)

    def capture(
        self,
        distinct_id: str,
        event: str,
        properties: Optional[Mapping[str, Any]] = None,
        *,
        timestamp: Optional[datetime] = None,
        uuid: Optional[str] = None,
    ) -> Optional[str]:
        """Sends one event. Returns its uuid, or ``None`` when it was dropped."""
        try:
            built = _event.build(distinct_id, event, {**self._shared, **(properties or {})}, timestamp, uuid)
            hook = self._options.before_send
            changed = hook(built) if hook else built
            if changed is None:
                return None
            encoded = _event.encode(changed)
        except Exception as error:
            # Whatever an application hands us, or its hook does, is not a reason to break it.
            if self._options.raises:
                raise
            self._note(Drop("invalid", 1, str(error)))
            return None
        return str(changed["uuid"]) if self._enqueue(encoded) else None

    def identify(
        self,
        distinct_id: str,
        set: Optional[Mapping[str, Any]] = None,
        set_once: Optional[Mapping[str, Any]] = None,
    ) -> Optional[str]:
        """Says who somebody is."""
        properties: Dict[str, Any] = {"$set": dict(set or {})}
        if set_once:
            properties["$set_once"] = dict(set_once)
        return self.capture(distinct_id, "$identify", properties)

    def alias(self, distinct_id: str, alias: str) -> Optional[str]:
        """Says that ``alias`` is the same person."""
        return self.capture(distinct_id, "$create_alias", {"alias": alias, "distinct_id": distinct_id})

    def group(
        self, distinct_id: str, type: str, key: str, set: Optional[Mapping[str, Any]] = None
    ) -> Optional[str]:
        """Says that somebody belongs to a group, and what the group is like."""
        properties = {"$group_type": type, "$group_key": key, "$group_set": dict(set or {})}
        return self.capture(distinct_id, "$groupidentify", properties)

    def page(self, distinct_id: str, url: str, properties: Optional[Mapping[str, Any]] = None) -> Optional[str]:
        """Sends a page view."""
        return self.capture(distinct_id, "$pageview", {"$current_url": url, **(properties or {})})

    def _enqueue(self, encoded: bytes) -> bool:
        raise NotImplementedError

    def _note(self, drop: Drop) -> None:
        with self._counting:
            self.dropped[drop.reason] = self.dropped.get(drop.reason, 0) + drop.count
        log.warning("dropped %d event(s): %s %s", drop.count, drop.reason, drop.detail)
        if self._options.on_drop is not None:
            try:
                self._options.on_drop(drop)
            except Exception:
                log.exception("on_drop failed")


def take(queue: List[bytes], count: int) -> List[bytes]:
    """Removes and returns the first ``count`` entries."""
    taken = queue[:count]
    del queue[:count]
    return taken
