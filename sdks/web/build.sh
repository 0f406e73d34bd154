#!/bin/sh
# Fetches what the web SDK is built with, once, and builds it into dist/ when a
# source is newer: others may be reading dist/ meanwhile.
set -eu
cd "$(dirname "$0")"
if ! cmp -s package-lock.json node_modules/.fetched.json; then
    npm ci --ignore-scripts --no-audit --no-fund
    cp package-lock.json node_modules/.fetched.json
fi
built=node_modules/.built
newer=$(find src package.json vite.config.ts tsconfig*.json -newer "$built" 2>/dev/null || echo all)
if [ -n "$newer" ] || [ ! -f dist/millrace.js ]; then
    npm run --silent build >/dev/null
    touch "$built"
fi
