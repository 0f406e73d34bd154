"""Middleware for WSGI applications (Flask, Django)."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, Iterable, Optional

from .._api import Api
from ._request import report_request

Environ = Dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class MillraceMiddleware:
    """Sends one ``request`` event an answered request, for those that ``identify`` names.

    ``identify`` gets the environ and returns the ``distinct_id``, or ``None``
    for nobody. The default takes the ``X-Distinct-Id`` header.
    """

    def __init__(
        self, app: Application, client: Api, identify: Optional[Callable[[Environ], Optional[str]]] = None
    ) -> None:
        self._app = app
        self._client = client
        self._identify = identify or _header

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        begun = time.monotonic()
        answer = {"status": 500}

        def watch(status: str, *rest: Any) -> Callable[[bytes], object]:
            answer["status"] = int(status.split(" ", 1)[0])
            return start_response(status, *rest)

        try:
            return self._app(environ, watch)
        finally:
            self._report(environ, answer["status"], time.monotonic() - begun)

    def _report(self, environ: Environ, status: int, seconds: float) -> None:
        report_request(
            self._client,
            lambda: self._identify(environ),
            method=environ.get("REQUEST_METHOD"),
            path=environ.get("PATH_INFO"),
            status=status,
            seconds=seconds,
        )


def _header(environ: Environ) -> Optional[str]:
    value = environ.get("HTTP_X_DISTINCT_ID")
    return str(value) if value else None
