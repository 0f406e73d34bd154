"""Which suites passed on exactly what is here, so that they need not run again.

A suite passes for its program, the services it starts, and the files beside them that it
reads. As long as none of these changed since, another run tells nothing new.
"""

import hashlib
import json
import pathlib
import subprocess
import time

# What a suite in Rust may read beside its crate, and what one in another language may read.
SHARED = ("Cargo.lock", "infrastructure", "schemas", "services/dashboard/web", "sdks/web", "README.md", "RUNBOOKS.md",
          "docs/clients")
SCRIPTS = (*SHARED, "sdks", "examples", "docs/moving-in", "services/dashboard")


def files_of(root: pathlib.Path) -> list[str]:
    """What git tracks there, or would; nothing when it cannot say."""
    ask = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        told = subprocess.run(ask, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    except FileNotFoundError:
        return []
    return sorted(name for name in told.decode().split("\0") if (root / name).is_file())


class Passed:
    """The outcomes of earlier runs, kept in one file."""

    def __init__(self, root: pathlib.Path, file: pathlib.Path) -> None:
        self._root = root
        self._file = file
        self._known = json.loads(file.read_text()) if file.exists() else {}
        self._files = files_of(root)
        if not self._files:
            # No clone, or one that git does not trust: nothing is known of it.
            self._known = {}
        self._services = [path for path in (root / "target" / "debug").iterdir() if path.suffix == "" and path.is_file()]
        self._digests: dict[str, str] = {}

    def state(self, program: str | None, folder: pathlib.Path) -> str:
        """Names all that decides on the outcome of a suite; a `program` is of Rust, without one it is a script."""
        whole = hashlib.sha256()
        places = (*SHARED, str(folder.relative_to(self._root))) if program else SCRIPTS
        for name in self._files:
            if any(name == place or name.startswith(f"{place}/") for place in places):
                whole.update(f"{name} {self._digest(name)}\n".encode())
        # Built files are told apart by when they were written: cargo leaves alone what is current.
        for built in sorted([*self._services, *([pathlib.Path(program)] if program else [])]):
            about = built.stat()
            whole.update(f"{built} {about.st_size} {about.st_mtime_ns}\n".encode())
        return whole.hexdigest()

    def when(self, name: str, state: str) -> str | None:
        """When this suite passed in this state."""
        known = self._known.get(name)
        return known["at"] if known and known["state"] == state else None

    def keep(self, name: str, state: str) -> None:
        """Notes that it passed."""
        self._known[name] = {"state": state, "at": time.strftime("%Y-%m-%d %H:%M", time.gmtime())}
        self._file.write_text(json.dumps(self._known, indent=1))

    def forget(self, name: str) -> None:
        """Notes that it failed."""
        self._known.pop(name, None)
        self._file.write_text(json.dumps(self._known, indent=1))

    def _digest(self, name: str) -> str:
        if name not in self._digests:
            self._digests[name] = hashlib.sha256((self._root / name).read_bytes()).hexdigest()
        return self._digests[name]
