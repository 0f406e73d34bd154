#!/bin/sh
# Everything that the stack needs on a Debian machine: packages, the Rust
# toolchain, Kafka's jars, the ClickHouse engine library, the address database.
# What is there already is left alone, so a second run takes a fraction of a
# second. What is fetched is pinned and verified: by dpkg's signatures, by
# Maven's checksums, by the npm lock files.
#
#   infrastructure/prerequisites.sh           all
#   TRANSPORT=redis infrastructure/…          without Java, Maven and Kafka
#   EXTRA_PACKAGES="…" infrastructure/…       and these Debian packages
set -eu

cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive CI="${CI:-}"
transport=${TRANSPORT:-kafka}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# step WHAT COMMAND…: runs it with its output kept aside; says what is being
# done, how long it takes, and shows the output only when it fails.
step() {
    what=$1
    shift
    began=$(date +%s)
    "$@" >"$log" 2>&1 </dev/null &
    job=$!
    while kill -0 "$job" 2>/dev/null; do
        if [ -t 2 ]; then
            printf '\r%s … %d s ' "$what" "$(($(date +%s) - began))" >&2
        fi
        sleep 0.2
    done
    if wait "$job"; then
        if [ -t 2 ]; then printf '\r' >&2; fi
        printf '%s: done in %d s\n' "$what" "$(($(date +%s) - began))" >&2
    else
        printf '\n%s: failed\n' "$what" >&2
        tail -n 30 "$log" >&2
        exit 1
    fi
}

announce() {
    printf '%s …\n' "$1" >&2
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "needs root: $*" >&2
        return 1
    fi
}

# The packages, less those that are installed.
missing_packages() {
    wanted="curl ca-certificates gcc make pkg-config libssl-dev zlib1g-dev lld util-linux postgresql redis-server nodejs npm python3 python3-pip ${EXTRA_PACKAGES:-}"
    if [ "$transport" = kafka ]; then
        wanted="$wanted default-jre-headless maven"
    fi
    for package in $wanted; do
        # Something that a newer or another source has provided counts as well.
        case $package in
            nodejs) command -v node >/dev/null && continue ;;
            npm) command -v npm >/dev/null && continue ;;
            maven) command -v mvn >/dev/null && continue ;;
            default-jre-headless) command -v java >/dev/null && continue ;;
            curl | gcc | make) command -v "$package" >/dev/null && continue ;;
            python3) command -v python3 >/dev/null && continue ;;
            python3-pip) python3 -c 'import pip' 2>/dev/null && continue ;;
        esac
        if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
            printf ' %s' "$package"
        fi
    done
}

install_packages() {
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "This is no Debian. Please install the equivalent of:$missing" >&2
        exit 1
    fi
    if [ "$(id -u)" != 0 ]; then
        # Ask for the password now, in the open, not in the middle of a step.
        as_root true
    fi
    step "updating the package lists" as_root apt-get update -q
    announce "installing$missing"
    # shellcheck disable=SC2086 # one word a package
    step "installing Debian packages" as_root apt-get install -q -y --no-install-recommends $missing
}

install_rust() {
    if ! command -v cargo >/dev/null && [ -f "$HOME/.cargo/env" ]; then
        # shellcheck disable=SC1091 # made by rustup
        . "$HOME/.cargo/env"
    fi
    command -v cargo >/dev/null && return 0
    step "fetching rustup" curl --proto '=https' --tlsv1.2 -sSf -o "$log.rustup" https://sh.rustup.rs
    step "installing the Rust toolchain" sh "$log.rustup" -y --profile minimal --default-toolchain none --no-modify-path
    rm -f "$log.rustup"
    echo 'Rust is installed; other shells find it after:  . "$HOME/.cargo/env"' >&2
}

# fetched FOLDER LOCKFILE: whether FOLDER was filled from exactly this LOCKFILE.
fetched() {
    [ -f "$1/.fetched" ] && [ "$(cat "$1/.fetched")" = "$(sha256sum <"$2")" ]
}

mark_fetched() {
    sha256sum <"$2" >"$1/.fetched"
}

# The page's tools need Node.js 20.19; Debian 12 has 18. Then one of our own is
# fetched, which `make` puts before the distribution's.
fetch_node() {
    version=$(node --version)
    version=${version#v}
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    if [ "$major" -gt 20 ] || { [ "$major" = 20 ] && [ "$minor" -ge 19 ]; }; then
        return 0
    fi
    if [ "$(uname -m)" != x86_64 ]; then
        echo "Node.js $version is too old to build the dashboard: please install 20.19 or newer" >&2
        exit 1
    fi
    fetch_modules infrastructure/node "Node.js 22 (45 MB)"
}

fetch_jars() {
    lib=infrastructure/kafka/lib
    fetched $lib infrastructure/kafka/pom.xml && return 0
    rm -rf $lib
    step "fetching Kafka" mvn -q -B -f infrastructure/kafka/pom.xml dependency:copy-dependencies \
        -DincludeScope=runtime "-DoutputDirectory=$PWD/$lib"
    step "preparing Kafka's classes" infrastructure/kafka/archive-classes.sh
    mark_fetched $lib infrastructure/kafka/pom.xml
}

# fetch_modules FOLDER WHAT: what its package-lock.json names.
fetch_modules() {
    fetched "$1/node_modules" "$1/package-lock.json" && return 0
    step "fetching $2" npm --prefix "$1" ci --ignore-scripts --no-audit --no-fund
    mark_fetched "$1/node_modules" "$1/package-lock.json"
}

install_packages
install_rust
if [ "$transport" = kafka ]; then
    fetch_jars
fi
fetch_node
fetch_modules infrastructure/clickhouse-embedded "the ClickHouse engine (180 MB)"
fetch_modules infrastructure/geo "the address database (50 MB)"
