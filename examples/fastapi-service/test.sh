#!/bin/sh
# Uses the service and looks up what arrived.
cd "$(dirname "$0")" || exit 1
exec ../../infrastructure/with-stack.sh 5300 ../with-keys.sh ../with-python.sh "$PWD" check.py
