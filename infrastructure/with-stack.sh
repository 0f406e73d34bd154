#!/bin/sh
# Runs a command against a whole stack: the one whose state folder MILLRACE_TEST_STACK
# names, else one that is started for the command and stopped after it.
#
#   infrastructure/with-stack.sh PORT_OFFSET COMMAND…
#
# The command finds in its environment MILLRACE_TEST_STACK, MILLRACE_TEST_STATUS (the file
# with what `millrace status --json` prints) and MILLRACE_TEST_CLI (the command line).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
offset=$1
shift
export MILLRACE_TEST_CLI="${MILLRACE_TEST_BIN_DIR:-$root/target/debug}/millrace"
status_file=$(mktemp)
started=""

stop() {
    status=$?
    trap - EXIT INT TERM
    rm -f "$status_file"
    if [ -n "$started" ]; then
        "$MILLRACE_TEST_CLI" --home "$started" down >/dev/null || true
        rm -rf "$started"
    fi
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT TERM

if [ -z "${MILLRACE_TEST_STACK:-}" ]; then
    started=$(mktemp -d)
    # The database runs as a user of its own.
    chmod 755 "$started"
    export MILLRACE_TEST_STACK="$started"
    "$MILLRACE_TEST_CLI" --home "$started" up --detach --port-offset "$offset" >/dev/null
fi
"$MILLRACE_TEST_CLI" --home "$MILLRACE_TEST_STACK" status --json >"$status_file"
export MILLRACE_TEST_STATUS="$status_file"
"$@"
