#!/bin/sh
# Types, format, unit tests and end-to-end tests of the dashboard: real Chromium
# against a stack of its own, which is stopped at the end.
set -eu
cd "$(dirname "$0")"
./build.sh
cd web
npm run --silent check
unset MILLRACE_HOME MILLRACE_CONFIG
npm test --silent
