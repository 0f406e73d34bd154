"""The published clients for Python, and ours.

Reads one run a line from standard input, makes them all at once, and writes a
line when one is done. One process serves all runs: starting it costs more than
they do.
"""

import json
import logging
import sys
import threading
import traceback
from importlib.metadata import version
from pathlib import Path

PATIENCE_SECONDS = 300


def posthog(run):
    from posthog import Posthog

    mode = {"posthog": "v0", "posthog-v1": "v1"}[run["client"]]
    batching = {"gzip": True, "flush_at": 20, "flush_interval": 0.2}
    client = Posthog(run["key"], host=run["url"], capture_mode=mode, max_retries=6, **batching)
    who = run["id"]
    for call in run["calls"]:
        kind = call["kind"]
        if kind == "track":
            client.capture(call["name"], distinct_id=who, properties=call["properties"])
        elif kind == "page":
            client.capture("$pageview", distinct_id=who, properties={**call["properties"], "$current_url": call["url"]})
        elif kind == "identify":
            client.set(distinct_id=who, properties=call["traits"])
        elif kind == "group":
            client.group_identify(call["type"], call["key"], properties=call["traits"], distinct_id=who)
        else:
            client.alias(who, call["alias"])
    client.shutdown()


def segment(run):
    from segment.analytics.client import Client

    client = Client(run["key"], host=run["url"], gzip=True, upload_size=20, upload_interval=0.2)
    who = run["id"]
    for call in run["calls"]:
        kind = call["kind"]
        if kind == "track":
            client.track(who, call["name"], call["properties"])
        elif kind == "page":
            client.page(who, properties={**call["properties"], "url": call["url"]})
        elif kind == "identify":
            client.identify(who, call["traits"])
        elif kind == "group":
            client.group(who, call["key"], call["traits"])
        else:
            client.alias(call["alias"], who)
    client.flush()
    client.join()


def millrace(run):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python" / "src"))
    from millrace import Client

    client = Client(run["key"], url=run["url"], flush_at=20)
    who = run["id"]
    for call in run["calls"]:
        kind = call["kind"]
        if kind == "track":
            client.capture(who, call["name"], call["properties"])
        elif kind == "page":
            client.page(who, call["url"], call["properties"])
        elif kind == "identify":
            client.identify(who, call["traits"])
        elif kind == "group":
            client.group(who, call["type"], call["key"], call["traits"])
        else:
            client.alias(who, call["alias"])
    client.flush(PATIENCE_SECONDS)
    client.shutdown()


CLIENTS = {"posthog": posthog, "posthog-v1": posthog, "segment": segment, "millrace": millrace}


def make(run):
    error = None
    try:
        CLIENTS[run["client"]](run)
    except Exception:
        error = traceback.format_exc()
    # In one piece: other runs write, too.
    sys.stdout.write(json.dumps({"id": run["id"], "error": error}) + "\n")
    sys.stdout.flush()


def main():
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        threading.Thread(target=make, args=(json.loads(line),), daemon=True).start()


if __name__ == "__main__":
    if sys.argv[1:] == ["--versions"]:
        print(json.dumps({name: version(name) for name in ("posthog", "segment-analytics-python")}))
    else:
        main()
