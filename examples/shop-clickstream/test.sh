#!/bin/sh
# The example as a test: on a stack of its own, twice, so that the second run
# shows that nothing counts again; then the proof.
set -eu
cd "$(dirname "$0")/../.."
MILLRACE_HOME=$PWD/.millrace-demo
export MILLRACE_HOME
millrace=target/debug/millrace

stop() {
    status=$?
    trap - EXIT INT TERM
    "$millrace" down || true
    exit "$status"
}

"$millrace" down
rm -rf "$MILLRACE_HOME"
trap stop EXIT
trap 'exit 130' INT TERM
"$millrace" up --detach --port-offset "${DEMO_PORT_OFFSET:-13500}" >/dev/null
for run in first second; do
    echo "$run run" >&2
    python3 examples/shop-clickstream/demo.py --millrace "$millrace"
done
"$millrace" reconcile
