"""What only this SDK does: threads, forks, exits, values, hooks."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import textwrap
import threading
import uuid
from datetime import date, datetime, timezone
from decimal import Decimal

import pytest

import millrace
from scripted_server import ScriptedServer

OK = {"status": 202, "body": {"status": "accepted"}}


@pytest.fixture
def server():
    server = ScriptedServer([OK])
    yield server
    server.close()


def events(server):
    return [event for request in server.requests for event in request["batch"]]


def test_capture_never_waits_for_a_server_that_does_not_answer(server):
    server.may_answer.clear()
    client = millrace.Client("ak", url=server.url, flush_at=1, timeout=60)
    for number in range(1_000):
        client.capture("ada", "e", {"number": number})
    # All calls are back, and not one was answered.
    assert server.answered == 0
    server.may_answer.set()
    assert client.shutdown(timeout=60)
    assert [event["properties"]["number"] for event in events(server)] == list(range(1_000))


def test_what_a_dead_server_did_not_take_is_told():
    client = millrace.Client("ak", url="http://127.0.0.1:9", backoff=0.01)
    for number in range(1_000):
        client.capture("ada", "e", {"number": number})
    client.shutdown(timeout=0.2)
    assert client.flush(timeout=60)
    assert client.dropped == {"gave_up": 1_000}


def test_wrong_arguments_are_logged_not_raised(server, caplog):
    client = millrace.Client("ak", url=server.url)
    with caplog.at_level(logging.WARNING, "millrace"):
        assert client.capture("", "e") is None
        assert client.capture("ada", "") is None
        assert client.capture("ada", "e", {"x": object()}) is None
        assert client.capture("ada", "e", {"x": float("nan")}) is None
    assert client.dropped == {"invalid": 4}
    assert "distinct_id" in caplog.text
    client.shutdown()
    assert events(server) == []


def test_wrong_arguments_raise_when_asked(server):
    with millrace.Client("ak", url=server.url, raises=True) as client, pytest.raises(ValueError):
        client.capture("", "e")


def test_a_wrong_address_is_told_at_once():
    with pytest.raises(ValueError, match="url"):
        millrace.Client("ak", url="localhost:8000")


def test_values_of_python_become_json(server):
    with millrace.Client("ak", url=server.url) as client:
        moment = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)
        number = uuid.uuid4()
        values = {"at": moment, "day": date(2026, 1, 2), "id": number, "price": Decimal("1.5"), "tags": {"a"}}
        client.capture("ada", "e", values, timestamp=moment)
    (event,) = events(server)
    assert event["timestamp"] == "2026-01-02T03:04:05.678Z"
    expected = {"at": event["timestamp"], "day": "2026-01-02", "id": str(number), "price": 1.5, "tags": ["a"]}
    assert {name: event["properties"][name] for name in expected} == expected
    assert event["properties"]["$lib"] == "millrace-python"


def test_hooks_change_and_withhold(server):
    def before(event):
        if event["event"] == "secret":
            return None
        event["properties"]["seen"] = True
        return event

    with millrace.Client("ak", url=server.url, before_send=before) as client:
        client.capture("ada", "secret")
        client.capture("ada", "open")
    (event,) = events(server)
    assert event["event"] == "open" and event["properties"]["seen"] is True


def test_shared_properties_give_way(server):
    with millrace.Client("ak", url=server.url) as client:
        client.register({"app": "shop", "plan": "free"})
        client.capture("ada", "e", {"plan": "team"})
    (event,) = events(server)
    assert (event["properties"]["app"], event["properties"]["plan"]) == ("shop", "team")


def test_ids_are_unique_and_ordered_by_time(server):
    with millrace.Client("ak", url=server.url) as client:
        ids = [client.capture("ada", "e") for _ in range(500)]
    assert len(set(ids)) == 500
    assert all(uuid.UUID(one).version == 7 for one in ids)
    assert [event["uuid"] for event in events(server)] == ids


def test_many_threads_lose_nothing(server):
    client = millrace.Client("ak", url=server.url, flush_at=50, queue_max=100_000)

    def work(thread):
        for number in range(500):
            client.capture(f"person-{thread}", "e", {"number": number})

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.shutdown()
    by_person = {}
    for event in events(server):
        by_person.setdefault(event["distinct_id"], []).append(event["properties"]["number"])
    assert len(by_person) == 8
    assert all(numbers == list(range(500)) for numbers in by_person.values())


def test_what_many_threads_cannot_queue_is_counted_exactly(server):
    server.may_answer.clear()
    client = millrace.Client("ak", url=server.url, queue_max=10, timeout=60)
    kept = []

    def work():
        kept.extend(filter(None, [client.capture("ada", "e") for _ in range(500)]))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.may_answer.set()
    client.shutdown(timeout=60)
    assert len(kept) == 10
    assert client.dropped == {"queue_full": 8 * 500 - 10}
    assert len(events(server)) == 10


def run_program(server, body):
    program = f"import os, millrace\nclient = millrace.Client('ak', url={server.url!r}, flush_interval=60)\n"
    environment = {**os.environ, "PYTHONPATH": os.path.join(os.path.dirname(__file__), "..", "src")}
    program += textwrap.dedent(body)
    command = [sys.executable, "-c", program]
    return subprocess.run(command, check=True, timeout=120, env=environment, stdout=subprocess.PIPE, text=True).stdout


def test_the_end_of_the_program_flushes(server):
    run_program(server, "client.capture('ada', 'last')")
    assert [event["event"] for event in events(server)] == ["last"]


def test_a_forked_child_sends_its_own_and_the_parent_its_own(server):
    run_program(
        server,
        """
        client.capture('ada', 'parent')
        child = os.fork()
        if child == 0:
            client.capture('ada', 'child')
            client.shutdown()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        """,
    )
    assert sorted(event["event"] for event in events(server)) == ["child", "parent"]


def test_an_async_client_tells_what_the_end_of_the_program_left(server):
    program = """
        import asyncio, sys
        told = lambda drop: print(drop.reason, drop.count)
        client = millrace.AsyncClient("ak", url="http://127.0.0.1:9", flush_interval=60, on_drop=told)

        async def main():
            client.capture("ada", "left")
            client.capture("ada", "behind")

        asyncio.run(main())
        """
    assert run_program(server, program) == "gave_up 2\n"


def test_an_async_client_keeps_the_order(server):
    async def main():
        async with millrace.AsyncClient("ak", url=server.url, flush_at=10) as client:
            for number in range(25):
                client.capture("ada", "e", {"number": number})
            assert await client.flush()
            return client.dropped

    assert asyncio.run(main()) == {}
    assert [event["properties"]["number"] for event in events(server)] == list(range(25))


def test_losses_are_told(server):
    server.answers[:] = [{"status": 401, "body": {"detail": "Invalid API key"}}]
    told = []
    with millrace.Client("ak", url=server.url, on_drop=told.append) as client:
        client.capture("ada", "e")
    assert [(drop.reason, drop.count, drop.detail) for drop in told] == [("unauthorized", 1, "Invalid API key")]


def test_large_bodies_are_compressed_and_whole(server):
    with millrace.Client("ak", url=server.url) as client:
        client.capture("ada", "e", {"text": "ü" * 5_000})
    (event,) = events(server)
    assert event["properties"]["text"] == "ü" * 5_000
    assert json.dumps(event)
