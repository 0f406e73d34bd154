"""Imports the orders twice, and compares what an export holds with the table."""

import csv
import json
import os
import subprocess
import time
from datetime import datetime, timezone

PATIENCE_SECONDS = 120


def main() -> None:
    """Fails with the difference."""
    subprocess.run(["./start.sh"], check=True)
    subprocess.run(["./start.sh", "--restart"], check=True)
    with open("orders.csv", newline="") as file:
        orders = {order["order_no"]: order for order in csv.DictReader(file, delimiter=";")}
    events = exported()
    assert len(events) == len(orders), f"{len(events)} events of {len(orders)} orders"
    bought = round(sum(event["properties"]["total"] for event in events), 2)
    assert bought == round(sum(float(order["total"]) for order in orders.values()), 2), bought
    people = sorted(event["distinct_id"] for event in events)
    assert people == sorted(order["customer"] for order in orders.values())
    for event in events:
        properties = event["properties"]
        assert properties["source"] == "shop database" and "address" not in properties, properties
        assert isinstance(properties["gift"], bool), properties
    first = min(events, key=lambda event: event["timestamp"])
    assert first["timestamp"] == "2026-03-01T09:31:00.000Z", "Berlin is an hour ahead in March"


def exported() -> list[dict]:
    """The events of the import, once everything that was accepted before can be read."""
    command = [os.environ["MILLRACE_TEST_CLI"], "--home", os.environ["MILLRACE_TEST_STACK"], "export", "--json"]
    accepted = datetime.now(timezone.utc)
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE_SECONDS:
        done = subprocess.run([*command, "--event", "tea ordered"], capture_output=True, text=True, check=True)
        until = json.loads(done.stderr)["complete_until"]
        if until and datetime.fromisoformat(until.replace("Z", "+00:00")) >= accepted:
            return [json.loads(line) for line in done.stdout.splitlines()]
        time.sleep(0.2)
    raise SystemExit(f"the pipeline did not catch up within {PATIENCE_SECONDS} s")


if __name__ == "__main__":
    main()
