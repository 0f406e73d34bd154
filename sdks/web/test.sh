#!/bin/sh
# Build, types, lints and tests of the web SDK; the browser tests need Chromium.
set -eu
cd "$(dirname "$0")"
./build.sh
npm run --silent check
npm test --silent
