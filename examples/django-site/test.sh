#!/bin/sh
# Uses the site and looks up what arrived.
cd "$(dirname "$0")" || exit 1
exec ../../infrastructure/with-stack.sh 5400 ../with-keys.sh ../with-python.sh "$PWD" check.py
