#!/bin/sh
# Brings an old table of orders into the running stack (`make up`): a rehearsal, the
# import, a question. Options (--restart) go to the import.
set -eu
cd "$(dirname "$0")"
millrace=${MILLRACE_TEST_CLI:-../../target/release/millrace}
if [ -n "${MILLRACE_TEST_STACK:-}" ]; then
    export MILLRACE_HOME="$MILLRACE_TEST_STACK"
fi
"$millrace" import orders.csv --mapping orders.toml --dry-run --show 1
"$millrace" import orders.csv --mapping orders.toml "$@"
"$millrace" query trends "tea ordered" --math sum --property total --breakdown item \
    --interval week --from 2026-03-01 --to 2026-03-31
