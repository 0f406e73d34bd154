#!/bin/sh
# Opens the shop beside a running stack (`make up`); the port may be given.
set -eu
cd "$(dirname "$0")"
./fetch.sh
exec ../with-keys.sh node ../web-shop/serve.mjs "$PWD" node_modules/posthog-js/dist/module.mjs "$@"
