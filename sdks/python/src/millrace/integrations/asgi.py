"""Middleware for ASGI applications (FastAPI, Starlette, Django's ASGI)."""

from __future__ import annotations

import time
from typing import Any, Awaitable, Callable, Dict, MutableMapping, Optional

from .._api import Api
from ._request import report_request

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class MillraceMiddleware:
    """Sends one ``request`` event an answered request, for those that ``identify`` names.

    ``identify`` gets the scope and returns the ``distinct_id``, or ``None`` for
    nobody. The default takes the ``X-Distinct-Id`` header.
    """

    def __init__(
        self, app: Application, client: Api, identify: Optional[Callable[[Scope], Optional[str]]] = None
    ) -> None:
        self._app = app
        self._client = client
        self._identify = identify or _header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.monotonic()
        answer: Dict[str, int] = {"status": 500}

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            self._report(scope, answer["status"], time.monotonic() - begun)

    def _report(self, scope: Scope, status: int, seconds: float) -> None:
        report_request(
            self._client,
            lambda: self._identify(scope),
            method=scope.get("method"),
            path=scope.get("path"),
            status=status,
            seconds=seconds,
        )


def _header(scope: Scope) -> Optional[str]:
    for name, value in scope.get("headers", []):
        if name.lower() == b"x-distinct-id":
            return str(value.decode("latin-1"))
    return None
