"""Borrows books, and looks up what arrived."""

import json
import sys
import time
from socket import socket

from checking import call, serving, stored_events


def main() -> None:
    """Fails with the difference."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, reader = f"http://127.0.0.1:{port}", f"reader-{time.time_ns()}"
    headers = {"X-Distinct-Id": reader, "Content-Type": "application/json"}
    server = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "warning"]
    with serving(server, f"{url}/openapi.json"):
        assert call("GET", f"{url}/books") == 200
        assert call("GET", f"{url}/books", headers=headers) == 200
        assert call("POST", f"{url}/books/emma/loans", json.dumps({"days": 7}).encode(), headers) == 201
        assert call("POST", f"{url}/books/dune/loans", b"{}", headers) == 404
    stored = stored_events(reader)
    requests = [event["properties"] for event in stored if event["event"] == "request"]
    # Two of one millisecond have no order.
    assert sorted((one["status"], one["$pathname"]) for one in requests) == [
        (200, "/books"),
        (201, "/books/emma/loans"),
        (404, "/books/dune/loans"),
    ], requests
    (loan,) = (event for event in stored if event["event"] == "book borrowed")
    assert (loan["properties"]["book"], loan["properties"]["days"]) == ("emma", 7), loan
    print(f"{len(stored)} events of {reader} arrived once and equal")


if __name__ == "__main__":
    main()
