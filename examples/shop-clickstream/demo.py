"""Half a year of a real shop's click-stream, through the whole pipeline and back.

Sends 31,106 events through POST /capture, waits until the pipeline says that all
of them can be queried, asks it questions whose answers are known, and compares
every number. Exit code 1 on any difference. Can be run again: the events carry
uuids made from their row numbers, so none counts twice.
"""

import argparse
import json
import os
import sys
import time
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path

import dataset
from checks import Check, all_checks
from client import Refused, Service, Stack

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BATCH = 500
CATCH_UP_SECONDS = 120


def main() -> int:
    """Runs the example and returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millrace", type=Path, default=ROOT / "target/release/millrace", help="the command line")
    options = parser.parse_args()
    facts = json.loads((HERE / "facts.json").read_text())
    try:
        stack = Stack(options.millrace)
        csv = dataset.fetch(stack.home / "cache", facts["csv_sha256"])
        project, write_key, read_key = stack.project("Shop click-stream", "shop-clickstream")
        print(f"project {project}", file=sys.stderr)
        send(Service(stack.status["capture_url"], write_key), csv, facts["rows"])
        api = Service(stack.status["query_url"], read_key)
        wait(stack, api)
        return compare(api, facts)
    except (RuntimeError, Refused) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def send(capture: Service, csv: Path, rows: int) -> None:
    """Sends every row; a rejected one is an error."""
    began = time.monotonic()
    sent = 0
    events = dataset.events(csv)
    while batch := list(islice(events, BATCH)):
        answer = capture.call("POST", "/capture", {"batch": batch})
        if answer["accepted"] != len(batch):
            raise RuntimeError(f"events were rejected: {answer['rejected'][:3]}")
        sent += len(batch)
        progress("sending", sent, rows, began)
    if sent != rows:
        raise RuntimeError(f"the data set has {sent} rows, not {rows}")


def progress(what: str, done: int, of: int, began: float) -> None:
    """A bar on a terminal; elsewhere one line at the end."""
    rate = done / max(time.monotonic() - began, 0.001)
    line = f"{what} {done:,} of {of:,} events, {rate:,.0f}/s"
    if sys.stderr.isatty():
        filled = 30 * done // of
        print(f"\r[{'█' * filled}{'·' * (30 - filled)}] {line}", end="\n" if done >= of else "", file=sys.stderr)
    elif done >= of:
        print(line, file=sys.stderr)


def wait(stack: Stack, api: Service) -> None:
    """Returns once every event accepted until now can be queried."""
    accepted = datetime.now(timezone.utc)
    began = time.monotonic()
    if stack.status["transport"] == "redis":
        # A list has no positions up to which answers could be complete.
        while not stack.is_list_empty():
            if time.monotonic() - began > CATCH_UP_SECONDS:
                raise RuntimeError(f"the pipeline did not catch up within {CATCH_UP_SECONDS} s")
            time.sleep(0.1)
        return
    question = {"type": "trends", "params": {"series": [{"event": None, "math": "total"}], "refresh": True}}
    while time.monotonic() - began < CATCH_UP_SECONDS:
        until = api.call("POST", "/api/query", question)["complete_until"]
        if until is not None and datetime.fromisoformat(until.replace("Z", "+00:00")) >= accepted:
            print(f"everything can be queried {time.monotonic() - began:.1f} s later", file=sys.stderr)
            return
        time.sleep(0.1)
    raise RuntimeError(f"the pipeline did not catch up within {CATCH_UP_SECONDS} s: complete until {until}")


def compare(api: Service, facts: dict) -> int:
    """Prints every comparison and a chart; 0 when all are equal."""
    began = time.monotonic()
    checks = list(all_checks(api, facts))
    print()
    for check in checks:
        print(f"{'✓' if check.is_equal else '✗'} {check.what:<38} {describe(check)}")
    wrong = sum(not check.is_equal for check in checks)
    weekly = next(check.answered for check in checks if check.what == "events by week")
    chart("Events by week", weekly)
    numbers = sum(count_numbers(check.expected) for check in checks)
    verdict = f"{wrong} of {len(checks)} checks differ" if wrong else f"all {len(checks)} checks, {numbers:,} numbers, are equal"
    print(f"\n{verdict} ({time.monotonic() - began:.1f} s for the questions)")
    return 1 if wrong else 0


def describe(check: Check) -> str:
    """The numbers in short, or the first that differ."""
    known, answered = check.expected, check.answered
    if check.is_equal:
        if isinstance(known, dict) and len(known) > 3:
            return f"{len(known)} values"
        return "equal triangles" if is_nested(known) else json.dumps(known)
    if isinstance(known, dict) and isinstance(answered, dict):
        keys = [key for key in sorted(known | answered) if known.get(key) != answered.get(key)]
        shown = ", ".join(f"{key}: {answered.get(key)} instead of {known.get(key)}" for key in keys[:3])
        return f"{len(keys)} differ: {shown}"
    return f"{json.dumps(answered)} instead of {json.dumps(known)}"


def is_nested(value: object) -> bool:
    """A list of lists."""
    return isinstance(value, list) and isinstance(value[0], list)


def count_numbers(value: object) -> int:
    """How many single numbers were compared."""
    if isinstance(value, dict):
        return sum(count_numbers(one) for one in value.values())
    if isinstance(value, list):
        return sum(count_numbers(one) for one in value)
    return 1


def chart(title: str, values: dict[str, int]) -> None:
    """A bar for each value."""
    print(f"\n{title}")
    largest = max(values.values(), default=1)
    for label, value in values.items():
        print(f"  {label}  {value:>6,} {'█' * max(1, round(40 * value / largest))}")


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
