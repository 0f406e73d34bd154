"""Every case of ``sdks/contract``, for both clients."""

from __future__ import annotations

import asyncio
import json
import pathlib
from typing import Any, Dict, List

import pytest

import millrace
from scripted_server import ScriptedServer

CASES = sorted((pathlib.Path(__file__).parents[2] / "contract").glob("*.json"))
DURATIONS = {"flush_interval_ms": "flush_interval", "backoff_ms": "backoff"}


def options_of(case: Dict[str, Any]) -> Dict[str, Any]:
    options: Dict[str, Any] = {}
    for name, value in case["options"].items():
        if name in DURATIONS:
            options[DURATIONS[name]] = value / 1000
        else:
            options[name] = value
    return options


def call(client: Any, name: str, arguments: Dict[str, Any]) -> None:
    getattr(client, name)(**arguments)


def run_sync(case: Dict[str, Any], url: str) -> Any:
    client = millrace.Client("ak_test", url=url, **options_of(case))
    for action in case["actions"]:
        ((name, arguments),) = action.items()
        if name == "flush":
            assert client.flush(timeout=60)
        elif name == "shutdown":
            assert client.shutdown(timeout=60)
        else:
            call(client, name, arguments)
    client.shutdown(timeout=60)
    return client


def run_async(case: Dict[str, Any], url: str) -> Any:
    async def main() -> Any:
        client = millrace.AsyncClient("ak_test", url=url, **options_of(case))
        for action in case["actions"]:
            ((name, arguments),) = action.items()
            if name == "flush":
                assert await client.flush(timeout=60)
            elif name == "shutdown":
                assert await client.shutdown(timeout=60)
            else:
                call(client, name, arguments)
        await client.shutdown(timeout=60)
        return client

    return asyncio.run(main())


def delivered(server: ScriptedServer) -> List[str]:
    names: List[str] = []
    for index, request in enumerate(server.requests):
        answer = server.answer_to(index)
        if 200 <= answer.get("status", 0) < 300:
            rejected = {entry["index"] for entry in answer.get("body", {}).get("rejected", [])}
            names += [event["event"] for place, event in enumerate(request["batch"]) if place not in rejected]
    return names


def covers(actual: Any, expected: Any) -> bool:
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(name in actual and covers(actual[name], value) for name, value in expected.items())
    return bool(actual == expected)


@pytest.mark.parametrize("run", [run_sync, run_async], ids=["sync", "async"])
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_contract(path: pathlib.Path, run: Any) -> None:
    case = json.loads(path.read_text())
    expect = case["expect"]
    server = ScriptedServer(case["answers"])
    try:
        client = run(case, server.url)
    finally:
        server.close()

    batches = [request["batch"] for request in server.requests]
    if "requests" in expect:
        names = [[event["event"] for event in batch] for batch in batches]
        assert names == [request["events"] for request in expect["requests"]]
        for batch, wanted in zip(batches, expect["requests"]):
            if "repeats" in wanted:
                assert [e["uuid"] for e in batch] == [e["uuid"] for e in batches[wanted["repeats"]]]
    for index, least in expect.get("waits_ms", []):
        assert (server.times[index] - server.times[index - 1]) * 1000 >= least
    assert delivered(server) == expect["delivered"]
    assert client.dropped == expect["dropped"]
    sent = {event["event"]: event for batch in batches for event in batch}
    for name, wanted in expect.get("events", {}).items():
        assert covers(sent[name], wanted), sent[name]
    assert all(request["path"] == "/capture" and request["key"] == "ak_test" for request in server.requests)


def test_there_are_cases() -> None:
    assert len(CASES) >= 15
