#!/bin/sh
# Installs the Modbus programs of other people that the tests talk to, where this machine lets us; those tests skip loudly
# without: mbpoll, libmodbus with what compiles a program over it, tshark, and two libraries of Node.js (in a folder that
# git ignores). Never an error, and quick where all is there.
set -u
cd "$(dirname "$0")/peers" || exit 0

lacking() {
    for pair in mbpoll:mbpoll gcc:gcc pkg-config:pkg-config tshark:tshark node:nodejs npm:npm; do
        command -v "${pair%%:*}" >/dev/null 2>&1 || printf ' %s' "${pair##*:}"
    done
    pkg-config --exists libmodbus 2>/dev/null || printf ' libmodbus-dev'
}

node_packages_are_there() {
    node -e '
        for (const [name, version] of Object.entries(require("./package.json").dependencies))
            if (require(`./node_modules/${name}/package.json`).version !== version) process.exit(1)' 2>/dev/null
}

packages=$(lacking)
if [ -n "$packages" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing$packages ..."
    apt-get update -q >/dev/null 2>&1
    for package in $packages; do # one by one: what this machine does not know must not keep the others away
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$package" >/dev/null 2>&1
    done
    packages=$(lacking)
fi
[ -z "$packages" ] || echo "Not installed:$packages. Their tests will be skipped (install with: apt-get install$packages)."

if ! node_packages_are_there; then
    if ! command -v npm >/dev/null 2>&1 || ! npm install --omit=optional --omit=dev --ignore-scripts --no-package-lock \
        --no-audit --no-fund --fetch-retries=1 --fetch-timeout=20000 --loglevel=error >/dev/null 2>&1 ||
        ! node_packages_are_there; then
        echo "Not installed: the npm packages of tests/peers/package.json. Their tests will be skipped (install with: npm install --omit=optional in tests/peers)."
    fi
fi
exit 0
