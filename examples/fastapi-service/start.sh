#!/bin/sh
# Starts the service beside a running stack (`make up`); the port may be given.
cd "$(dirname "$0")" || exit 1
exec ../with-keys.sh ../with-python.sh "$PWD" -m uvicorn app:app --port "${1:-8091}"
