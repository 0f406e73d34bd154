#!/bin/sh
# Opens the shop beside a running stack (`make up`); the port may be given.
set -eu
cd "$(dirname "$0")"
[ -f ../../sdks/web/dist/millrace.js ] || ../../sdks/web/build.sh
exec ../with-keys.sh node serve.mjs "$PWD" ../../sdks/web/dist/millrace.js "$@"
