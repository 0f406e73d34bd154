#!/bin/sh
# Fetches posthog-js, once.
set -eu
cd "$(dirname "$0")"
if ! cmp -s package-lock.json node_modules/.fetched.json; then
    # Not `npm ci`: some of the lock's packages are not published everywhere.
    npm install --ignore-scripts --no-audit --no-fund
    cp package-lock.json node_modules/.fetched.json
fi
