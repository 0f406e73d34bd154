#!/bin/sh
# Starts the site beside a running stack (`make up`); the port may be given.
cd "$(dirname "$0")" || exit 1
exec ../with-keys.sh ../with-python.sh "$PWD" accounts.py "${1:-8092}"
