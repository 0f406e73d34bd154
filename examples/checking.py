"""What the tests of the examples share: a server to try, and what a stack holds.

    python3 checking.py PERSON

prints the events of one person as JSON, the earliest first, once everything
that was accepted before can be read. MILLRACE_TEST_STATUS names the stack's status.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

PATIENCE_SECONDS = 120


@contextmanager
def serving(command: list[str], url: str) -> Iterator[None]:
    """Runs a server until the block ends, then asks it to stop in order."""
    process = subprocess.Popen(command)
    try:
        wait_until_served(process, url)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def wait_until_served(process: subprocess.Popen, url: str) -> None:
    """Returns once `url` answers anything."""
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE_SECONDS:
        if process.poll() is not None:
            break
        try:
            call("GET", url)
            return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise SystemExit(f"{url} is not served")


def call(method: str, url: str, body: bytes | None = None, headers: dict | None = None) -> int:
    """The status of the answer."""
    request = urllib.request.Request(url, body, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def stored_events(person: str) -> list[dict]:
    """The person's events once the pipeline has caught up."""
    status = json.loads(Path(os.environ["MILLRACE_TEST_STATUS"]).read_text())
    accepted = datetime.now(timezone.utc)
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE_SECONDS:
        answer = ask(status, person)
        until = answer.get("complete_until")
        if until and datetime.fromisoformat(until.replace("Z", "+00:00")) >= accepted:
            return sorted(answer["result"]["events"], key=lambda event: event["timestamp"])
        time.sleep(0.2)
    raise SystemExit(f"the pipeline did not catch up within {PATIENCE_SECONDS} s")


def ask(status: dict, person: str) -> dict:
    """The query API's answer now; an empty one while it has none."""
    question = {"type": "events", "params": {"distinct_id": person, "limit": 1000, "refresh": True}}
    headers = {"X-API-Key": status["read_key"], "Content-Type": "application/json"}
    request = urllib.request.Request(f"{status['query_url']}/api/query", json.dumps(question).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        if error.code in (429, 503):
            return {}
        raise


if __name__ == "__main__":
    print(json.dumps(stored_events(sys.argv[1])))
