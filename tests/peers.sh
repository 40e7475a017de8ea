#!/bin/sh
# Installs the independent programs that some tests use, where this machine lets us; those tests skip loudly without.
set -u
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v promtool >/dev/null 2>&1 || missing="$missing prometheus"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    # shellcheck disable=SC2086  # the list is meant to be split
    if apt-get update -q >/dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing fonts-dejavu-core >/dev/null 2>&1; then
        exit 0
    fi
fi
echo "Not installed:$missing. Their tests will be skipped (install with: apt-get install$missing)."
exit 0
