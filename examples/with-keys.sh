#!/bin/sh
# Runs a command with CAPTURE_URL and WRITE_KEY of the stack that runs on this
# machine (`make up`); in production they are settings like any other.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
if [ -n "${MILLRACE_TEST_STATUS:-}" ]; then
    status=$(cat "$MILLRACE_TEST_STATUS")
else
    status=$("$root/target/release/millrace" status --json)
fi
field() {
    printf '%s' "$status" | python3 -c "import json, sys; print(json.load(sys.stdin)['$1'])"
}
CAPTURE_URL=$(field capture_url)
WRITE_KEY=$(field write_key)
export CAPTURE_URL WRITE_KEY
exec "$@"
