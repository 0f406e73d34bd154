"""The few calls that the example makes, with nothing but the standard library."""

import http.client
import json
import subprocess
import time
import urllib.parse
from pathlib import Path


class Refused(Exception):
    """An answer that repeating will not change."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"HTTP {status}: {body[:500]}")
        self.status = status


class Service:
    """One HTTP service, over one connection that is kept."""

    def __init__(self, url: str, key: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self.address = (parts.hostname, parts.port)
        self.key = key
        self.connection: http.client.HTTPConnection | None = None

    def call(self, method: str, path: str, body: object = None, patience: float = 60.0) -> dict:
        """Sends until it is answered: a lost connection, a 429 and a 503 are tried again.

        Repeating is safe, because every event carries its uuid.
        """
        deadline = time.monotonic() + patience
        data = None if body is None else json.dumps(body).encode()
        while True:
            try:
                status, answer, pause = self._send(method, path, data)
            except (OSError, http.client.HTTPException) as error:
                self.connection = None
                status, answer, pause = 0, str(error), 0.5
            if 200 <= status < 300:
                return json.loads(answer)
            if status not in (0, 429, 503) or time.monotonic() > deadline:
                raise Refused(status, answer)
            time.sleep(pause)

    def _send(self, method: str, path: str, data: bytes | None) -> tuple[int, str, float]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection(*self.address, timeout=60)
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        self.connection.request(method, path, data, headers)
        response = self.connection.getresponse()
        return response.status, response.read().decode(), float(response.headers.get("Retry-After", 1))


class Stack:
    """The running stack, asked through its command line."""

    def __init__(self, millrace: Path) -> None:
        self.millrace = millrace
        self.status = self._json("status", "--json", any_exit=True)
        if not self.status.get("capture_url"):
            raise RuntimeError("no stack runs here: start one with `make up`")
        self.home = Path(self.status["home"])

    def is_list_empty(self) -> bool:
        """Whether nothing waits or is in hand, where a Redis list carries the events."""
        carried = self._json("topics", "--json")["list"]
        return carried["waiting"] == 0 and not carried["processing"]

    def project(self, name: str, slug: str) -> tuple[str, str, str]:
        """A project of that name, its write key and its read key; made the first time."""
        kept = self.home / "secrets" / f"{slug}.json"
        projects = self._json("projects", "list", "--json")
        found = next((project for project in projects if project["slug"] == slug), None)
        if found is None:
            found = self._json("projects", "create", name, "--slug", slug, "--json")
        elif kept.exists():
            saved = json.loads(kept.read_text())
            if saved["project_id"] == found["id"]:
                return saved["project_id"], saved["write_key"], saved["read_key"]
        keys = {"project_id": found["id"]}
        for scope, field in (("capture", "write_key"), ("read", "read_key")):
            arguments = ("create", "--project", found["id"], "--name", slug, "--scopes", scope, "--json")
            keys[field] = self._json("keys", *arguments)["api_key"]
        kept.touch(mode=0o600)
        kept.write_text(json.dumps(keys))
        return keys["project_id"], keys["write_key"], keys["read_key"]

    def _json(self, *arguments: str, any_exit: bool = False) -> dict | list:
        done = subprocess.run([str(self.millrace), *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0 and not (any_exit and done.stdout):
            raise RuntimeError(f"millrace {' '.join(arguments)}: {done.stderr.strip()}")
        return json.loads(done.stdout)
