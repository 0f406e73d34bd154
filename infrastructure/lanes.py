#!/usr/bin/env python3
"""Runs every test suite, several at a time, and says what failed.

Most of a test is waiting: for a time-out, a restart, a group that settles. So
suites run side by side, the long ones first, as many as the machine carries.
What each says is kept in target/test-logs and shown in one piece when it fails.
A suite that passed before, on the very same programs and files, is not run again.

    infrastructure/lanes.py            all suites (the test servers must run)
    infrastructure/lanes.py consumer   those with `consumer` in their name, in any case
    TEST_AGAIN=1 infrastructure/lanes.py   all, in any case
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from typing import NamedTuple

from passed import Passed

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "target" / "test-logs"
# Suites at a time, and how many of them may start a whole stack of their own:
# one needs 1.5 GB, with Chromium or a load 2.
LANES = int(os.environ.get("TEST_LANES", "4"))
STACKS = max(1, min(2, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (3 << 30)))
# Tests of one suite at a time: more than there are cores, because they wait.
THREADS = "4"
# A suite that is not done by then hangs, in seconds.
SUITE_MAX = 40 * 60
# How long a suite may take to clean up after it was interrupted, in seconds.
GRACE = 30
# Lines of a failed suite that are shown once more at the very end.
LAST_LINES = 15
# What suites take that start whole stacks of their own, and the longest others,
# in seconds: a hint which to begin with.
OWN_STACK = {"trials": 200, "chaos of trials": 180, "services/dashboard/test.sh": 270, "sdks/compat/test.sh": 180,
             "millrace": 150, "examples": 100, "examples/shop-clickstream/test.sh": 100}
LONG = OWN_STACK | {"consumer": 170, "query-api": 160, "transport": 110, "auth-api": 60, "capture-api": 60}


class Suite(NamedTuple):
    """Something to run, and where."""

    name: str
    command: list[str]
    folder: pathlib.Path
    # Of Rust; a script has none.
    program: str | None = None

    def has_stack(self) -> bool:
        return self.name in OWN_STACK

    def seconds(self) -> int:
        return LONG.get(self.name, 10)


class Running(NamedTuple):
    """A suite that was started."""

    suite: Suite
    process: subprocess.Popen
    log: pathlib.Path
    began: float


def rust_suites() -> list[Suite]:
    """Builds all tests; one suite a test binary, in the crate's folder as cargo would run it."""
    build = ["cargo", "test", "--locked", "--workspace", "--no-run", "--message-format=json-render-diagnostics"]
    told = subprocess.run(build, cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if told.returncode != 0:
        sys.exit(told.returncode)
    suites = []
    for line in told.stdout.splitlines():
        message = json.loads(line)
        if message["reason"] != "compiler-artifact" or not message["executable"] or not message["profile"]["test"]:
            continue
        folder = pathlib.Path(message["manifest_path"]).parent
        name, target = folder.name, message["target"]
        if "test" not in target["kind"]:
            name = f"unit tests of {target['name']}"
        program = message["executable"]
        if name == "trials":
            # The longest of all, in two, each with ports of its own.
            suites.append(Suite("chaos of trials", ["env", "TRIALS_PORT_OFFSET=6000", program, "chaos::"], folder, program))
            suites.append(Suite("trials", [program, "--skip", "chaos::"], folder, program))
        else:
            suites.append(Suite("millrace" if name == "cli" else name, [program], folder, program))
    return suites


def scripts() -> list[Suite]:
    """Tests in other languages join by convention."""
    found = [path for place in ("services", "sdks", "examples") for path in sorted(ROOT.glob(f"{place}/*/test.sh"))]
    found = [path for path in found if os.access(path, os.X_OK)]
    # Small examples share a stack: starting one takes longer than they do.
    small = [path for path in found if path.parent.parent.name == "examples" and "with-stack.sh" in path.read_text()]
    alone = [Suite(str(path.relative_to(ROOT)), [str(path)], path.parent) for path in found if path not in small]
    each = ["sh", "-ec", 'for test; do echo "== $test"; "$test"; done', "examples", *map(str, small)]
    return [*alone, Suite("examples", [str(ROOT / "infrastructure/with-stack.sh"), "5100", *each], ROOT)]


def log_of(name: str) -> pathlib.Path:
    return LOGS / f"{name.replace('/', '-').replace(' ', '-')}.log"


def start(suite: Suite) -> Running:
    log = log_of(suite.name)
    # A test says what failed and where; fifty lines of a backtrace behind it would hide that.
    environment = os.environ | {"CARGO_MANIFEST_DIR": str(suite.folder), "RUST_BACKTRACE": "0"}
    if not suite.has_stack():
        environment["RUST_TEST_THREADS"] = THREADS
    with log.open("wb") as out:
        process = subprocess.Popen(suite.command, cwd=suite.folder, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    return Running(suite, process, log, time.monotonic())


def next_of(waiting: list[Suite], running: list[Running]) -> Suite | None:
    """The longest suite that may run beside those that do."""
    stacks = sum(one.suite.has_stack() for one in running)
    fits = [suite for suite in waiting if stacks < STACKS or not suite.has_stack()]
    return fits[0] if fits and len(running) < LANES else None


def end(running: list[Running]) -> None:
    """Asks what still runs to clean up, and ends it when it does not."""
    for one in running:
        os.killpg(one.process.pid, signal.SIGTERM)
    give_up = time.monotonic() + GRACE
    for one in running:
        try:
            one.process.wait(max(0, give_up - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(one.process.pid, signal.SIGKILL)


def tell(one: Running, status: int) -> None:
    seconds = round(time.monotonic() - one.began)
    text = one.log.read_text(errors="replace")
    if status == 0:
        results = [line.split(";")[0] for line in text.splitlines() if line.startswith("test result:")]
        print(f"   ok {seconds:4} s  {one.suite.name}  {' '.join(results)}", file=sys.stderr, flush=True)
    else:
        print(f"\n== {one.suite.name} failed with {status} after {seconds} s\n{text}\n", file=sys.stderr, flush=True)


def still_to_run(suites: list[Suite], states: dict[str, str], passed: Passed) -> list[Suite]:
    """Says of those that passed already when they did, and leaves them out."""
    left = []
    for suite in suites:
        if at := passed.when(suite.name, states[suite.name]):
            print(f"   ok unchanged  {suite.name}  passed {at} UTC", file=sys.stderr, flush=True)
        else:
            left.append(suite)
    return left


def run(waiting: list[Suite], states: dict[str, str], passed: Passed) -> list[str]:
    """Runs them all; the names of those that failed."""
    running: list[Running] = []
    failed = []
    try:
        while waiting or running:
            while suite := next_of(waiting, running):
                waiting.remove(suite)
                running.append(start(suite))
            for one in list(running):
                status = one.process.poll()
                if status is None and time.monotonic() - one.began > SUITE_MAX:
                    end([one])
                    status = -signal.SIGKILL
                if status is not None:
                    running.remove(one)
                    tell(one, status)
                    if status == 0:
                        passed.keep(one.suite.name, states[one.suite.name])
                    else:
                        passed.forget(one.suite.name)
                        failed.append(one.suite.name)
            time.sleep(0.1)
    finally:
        end(running)
    return failed


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    wanted = sys.argv[1:]
    suites = [suite for suite in rust_suites() + scripts()
              if not wanted or any(part in suite.name for part in wanted)]
    LOGS.mkdir(parents=True, exist_ok=True)
    passed = Passed(ROOT, LOGS / "passed.json")
    is_asked_for = bool(wanted or os.environ.get("TEST_AGAIN"))
    states = {suite.name: passed.state(suite.program, suite.folder) for suite in suites}
    if not is_asked_for:
        suites = still_to_run(suites, states, passed)
    failed = run(sorted(suites, key=Suite.seconds, reverse=True), states, passed)
    # At the end, where one looks first.
    for name in failed:
        lines = log_of(name).read_text(errors="replace").splitlines()
        print(f"\n== the end of {name}", *lines[-LAST_LINES:], sep="\n", file=sys.stderr)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
