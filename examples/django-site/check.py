"""Signs up, comes back, and looks up what arrived."""

import sys
import time
from socket import socket
from urllib.parse import urlencode

from checking import call, serving, stored_events


def main() -> None:
    """Fails with the difference."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, person = f"http://127.0.0.1:{port}", f"ada-{time.time_ns()}@example.com"
    with serving([sys.executable, "accounts.py", str(port)], url):
        assert call("GET", url) == 200
        assert call("POST", f"{url}/sign-up", urlencode({"email": person, "plan": "team"}).encode()) == 201
        assert call("GET", url, headers={"Cookie": f'person="{person}"'}) == 200
        assert call("GET", f"{url}/nowhere", headers={"Cookie": f'person="{person}"'}) == 404
    # By their paths: two of one millisecond have no order.
    events = [(event["event"], event["properties"]) for event in stored_events(person)]
    statuses = {sent["$pathname"]: sent["status"] for name, sent in events if name == "request"}
    stored = dict(events)
    assert stored["$identify"]["$set"] == {"email": person, "plan": "team"}, stored
    assert stored["signed up"]["plan"] == "team", stored
    assert statuses["/nowhere"] == 404, events
    print(f"the events of {person} arrived once and equal")


if __name__ == "__main__":
    main()
