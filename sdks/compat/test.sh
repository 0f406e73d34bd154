#!/bin/sh
# Published clients of other systems, and ours, against a stack of their own;
# with --write the table in docs/clients is made from the outcome.
set -eu
cd "$(dirname "$0")"
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
../web/build.sh
exec ../../infrastructure/with-stack.sh "${COMPAT_PORT_OFFSET:-3000}" node run.mjs "$@"
