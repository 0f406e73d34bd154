#!/bin/sh
# Types, format, unit tests and end-to-end tests of the dashboard: real Chromium
# against a stack of its own, which is stopped at the end.
set -eu
cd "$(dirname "$0")"
./build.sh
sdk=../../sdks/web
if [ ! -f $sdk/dist/millrace.min.js ]; then
    (cd $sdk && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && npm run --silent build) >&2
fi
cd web
npm run --silent check
unset MILLRACE_HOME MILLRACE_CONFIG
npm test --silent
