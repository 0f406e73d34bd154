"""The event that a web request becomes, whatever serves it."""

from __future__ import annotations

import logging
from typing import Callable, Optional

from .._api import Api

log = logging.getLogger("millrace")


def report_request(
    client: Api,
    identify: Callable[[], Optional[str]],
    *,
    method: Optional[str],
    path: Optional[str],
    status: int,
    seconds: float,
) -> None:
    """Sends ``request`` for the person that ``identify`` names, if any. Never raises: the answer is out already."""
    try:
        person = identify()
    except Exception:
        log.exception("identify failed: the request is not reported")
        return
    if person:
        properties = {
            "method": method,
            "$pathname": path,
            "status": status,
            "duration_ms": round(seconds * 1000, 3),
        }
        client.capture(person, "request", properties)
