#!/bin/sh
# Shops in Chromium and looks up what arrived.
set -eu
cd "$(dirname "$0")"
./fetch.sh
# Chromium's driver comes with the web SDK.
../../sdks/web/build.sh
exec ../../infrastructure/with-stack.sh 5200 ../with-keys.sh node ../web-shop/check.mjs "$PWD" node_modules/posthog-js/dist/module.mjs
