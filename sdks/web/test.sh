#!/bin/sh
# Build, types, lints and tests of the web SDK; the browser tests need Chromium.
set -eu
cd "$(dirname "$0")"
if ! cmp -s package-lock.json node_modules/.fetched.json; then
    npm ci --ignore-scripts --no-audit --no-fund
    cp package-lock.json node_modules/.fetched.json
fi
npm run --silent check
npm test --silent
