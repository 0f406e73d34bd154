#!/bin/sh
# Builds the dashboard's page into web/dist, when anything it is made of has changed.
set -eu
cd "$(dirname "$0")/web"
sources() {
    find index.html package.json package-lock.json tsconfig.json vite.config.ts vite.sdk.config.ts public src \
        ../../../sdks/web/src -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum
}
now=$(sources)
if [ -f dist/.built-from ] && [ "$(cat dist/.built-from)" = "$now" ]; then
    exit 0
fi
if ! cmp -s package-lock.json node_modules/.fetched.json; then
    echo "fetching the page's packages …" >&2
    # `install` rather than `ci`: it keeps to the lock file too, and forgives
    # packages for other systems that a registry does not have.
    npm install --ignore-scripts --no-audit --no-fund --loglevel=error >&2
    cp package-lock.json node_modules/.fetched.json
fi
echo "building the page …" >&2
npm run --silent build >&2
printf '%s' "$now" >dist/.built-from
