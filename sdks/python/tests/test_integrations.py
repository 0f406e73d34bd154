"""The middleware, driven as servers drive it."""

from __future__ import annotations

import asyncio

import pytest

import millrace
from millrace.integrations import asgi, wsgi
from scripted_server import ScriptedServer


@pytest.fixture
def server():
    server = ScriptedServer([{"status": 202}])
    yield server
    server.close()


def sent(server):
    return [event for request in server.requests for event in request["batch"]]


def test_asgi_reports_the_answer(server):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def main():
        async with millrace.AsyncClient("ak", url=server.url) as client:
            wrapped = asgi.MillraceMiddleware(app, client)
            scope = {"type": "http", "method": "GET", "path": "/a", "headers": [(b"x-distinct-id", b"ada")]}
            answers = []

            async def send(message):
                answers.append(message)

            await wrapped(scope, None, send)
            await wrapped({**scope, "headers": []}, None, send)
            assert [one["status"] for one in answers if "status" in one] == [404, 404]

    asyncio.run(main())
    (event,) = sent(server)
    assert (event["event"], event["distinct_id"]) == ("request", "ada")
    assert (event["properties"]["status"], event["properties"]["$pathname"]) == (404, "/a")


def test_wsgi_reports_the_answer_and_an_error(server):
    def app(environ, start_response):
        if environ["PATH_INFO"] == "/broken":
            raise RuntimeError("broken")
        start_response("200 OK", [])
        return [b"fine"]

    with millrace.Client("ak", url=server.url) as client:
        wrapped = wsgi.MillraceMiddleware(app, client, identify=lambda environ: "ada")
        assert wrapped({"PATH_INFO": "/", "REQUEST_METHOD": "GET"}, lambda *_: None) == [b"fine"]
        with pytest.raises(RuntimeError):
            wrapped({"PATH_INFO": "/broken", "REQUEST_METHOD": "GET"}, lambda *_: None)
    assert [event["properties"]["status"] for event in sent(server)] == [200, 500]


def test_a_broken_identify_breaks_no_answer(server, caplog):
    def app(environ, start_response):
        start_response("200 OK", [])
        return [b"fine"]

    def broken(environ):
        raise KeyError("user")

    with millrace.Client("ak", url=server.url) as client:
        wrapped = wsgi.MillraceMiddleware(app, client, identify=broken)
        assert wrapped({"PATH_INFO": "/"}, lambda *_: None) == [b"fine"]
    assert sent(server) == []
    assert "identify failed" in caplog.text
