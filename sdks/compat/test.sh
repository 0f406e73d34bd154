#!/bin/sh
# Published clients of other systems, and ours, against a stack of their own;
# with --write the table in docs/clients.md is made from the outcome.
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
bin=${MILLRACE_TEST_BIN_DIR:-$root/target/debug}
home=$(mktemp -d)
chmod 755 "$home"

stop() {
    status=$?
    trap - EXIT INT TERM
    "$bin/millrace" --home "$home" down >/dev/null || true
    rm -rf "$home"
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT TERM

if ! cmp -s package-lock.json node_modules/.fetched.json; then
    # Not `npm ci`: some of the lock's optional packages for other platforms are not published everywhere.
    npm install --ignore-scripts --no-audit --no-fund
    cp package-lock.json node_modules/.fetched.json
fi
if ! cmp -s requirements.txt .venv/requirements.txt; then
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/pip install -q --disable-pip-version-check -r requirements.txt
    cp requirements.txt .venv/
fi
# Our own web SDK, as it is now.
if ! cmp -s ../web/package-lock.json ../web/node_modules/.fetched.json; then
    (cd ../web && npm ci --ignore-scripts --no-audit --no-fund && cp package-lock.json node_modules/.fetched.json)
fi
(cd ../web && npm run --silent build >/dev/null)

"$bin/millrace" --home "$home" up --detach --port-offset "${COMPAT_PORT_OFFSET:-3000}" >/dev/null
"$bin/millrace" --home "$home" status --json >"$home/status.json"
if [ "${1:-}" = --write ]; then
    set -- --write "$root/docs/clients.md"
fi
node run.mjs "$home/status.json" "$@" \
    --stop "'$bin/millrace' --home '$home' stop capture-api" \
    --start "'$bin/millrace' --home '$home' start capture-api"
