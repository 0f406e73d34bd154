#!/bin/sh
# Runs `python ARGUMENTS…` in the folder FOLDER with what its requirements.txt
# names (fetched once, into .venv) and the Python SDK of this repository.
#
#   with-python.sh FOLDER ARGUMENTS…
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
shift
if ! cmp -s requirements.txt .venv/requirements.txt; then
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/pip install -q --disable-pip-version-check -r requirements.txt
    cp requirements.txt .venv/
fi
PYTHONPATH=$here:$here/../sdks/python/src exec .venv/bin/python "$@"
