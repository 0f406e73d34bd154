#!/bin/sh
# Shops in Chromium and looks up what arrived.
set -eu
cd "$(dirname "$0")"
../../sdks/web/build.sh
exec ../../infrastructure/with-stack.sh 5100 ../with-keys.sh node check.mjs "$PWD" ../../sdks/web/dist/millrace.js
