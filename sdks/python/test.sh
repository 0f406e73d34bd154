#!/bin/sh
# Lints, types and tests of the Python SDK, in an environment of its own.
set -eu
cd "$(dirname "$0")"
if ! cmp -s requirements-dev.txt .venv/requirements-dev.txt; then
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/pip install -q --disable-pip-version-check -r requirements-dev.txt
    cp requirements-dev.txt .venv/
fi
.venv/bin/ruff check .
.venv/bin/mypy
# Whatever runs here: nothing that Python 3.9 does not have.
.venv/bin/vermin --quiet --violations --target=3.9- --eval-annotations src
.venv/bin/python -m pytest -q
