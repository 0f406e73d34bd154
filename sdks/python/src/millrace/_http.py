"""One keep-alive connection to the capture API.

The standard library's client is enough for one POST at a time, and an SDK
without dependencies never conflicts with those of the application.
"""

from __future__ import annotations

import gzip
import http.client
import json
import ssl
import urllib.parse
from dataclasses import dataclass, field
from typing import Any, Dict, Optional, Sequence

from ._event import now

COMPRESS_FROM = 1024


@dataclass(frozen=True)
class Answer:
    """What came back: a status, or 0 when nothing did."""

    status: int
    retry_after: float = 0.0
    body: Dict[str, Any] = field(default_factory=dict)
    detail: str = ""


class Connection:
    """Posts batches. Not safe for concurrent use: each sender owns one."""

    def __init__(self, url: str, key: str, timeout: float, compress: bool) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url: {url!r} is no http(s) address")
        self._parts = parts
        self._path = parts.path.rstrip("/") + "/capture"
        self._key = key
        self._timeout = timeout
        self._compress = compress
        self._open: Optional[http.client.HTTPConnection] = None

    def post(self, events: Sequence[bytes]) -> Answer:
        """Sends one batch; never raises."""
        body = b'{"sent_at":"' + now().encode() + b'","batch":[' + b",".join(events) + b"]}"
        headers = {"Content-Type": "application/json", "X-API-Key": self._key}
        if self._compress and len(body) >= COMPRESS_FROM:
            body = gzip.compress(body, compresslevel=5)
            headers["Content-Encoding"] = "gzip"
        try:
            return self._exchange(body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Answer(0, detail=f"{type(error).__name__}: {error}")

    def _exchange(self, body: bytes, headers: Dict[str, str]) -> Answer:
        if self._open is None:
            self._open = self._connect()
        self._open.request("POST", self._path, body, headers)
        response = self._open.getresponse()
        text = response.read()
        if response.will_close:
            self.close()
        try:
            parsed = json.loads(text)
        except ValueError:
            parsed = {}
        answer = parsed if isinstance(parsed, dict) else {}
        return Answer(
            status=response.status,
            retry_after=_seconds(response.getheader("Retry-After")),
            body=answer,
            detail=str(answer.get("detail", "")),
        )

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(host, port, timeout=self._timeout)

    def close(self) -> None:
        """Ends the connection; the next post opens another."""
        if self._open is not None:
            self._open.close()
            self._open = None


def _seconds(header: Optional[str]) -> float:
    try:
        return max(0.0, float(header or 0))
    except ValueError:
        return 0.0
