#!/bin/sh
# Installs what the GigE Vision tests use, where this machine lets us; those tests skip loudly without: libaravis (the
# producer is built over it) and its stock fake camera. That one comes in a package that pulls in a whole desktop, of which
# it needs nothing: the one program is taken out of it.
set -u
LIBRARY=libaravis-0.8-0
PROGRAM=arv-fake-gv-camera-0.8
TO=/usr/local/bin

have_library() { ldconfig -p 2>/dev/null | grep -q 'libaravis-0\.8\.so\.0'; }

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    if ! have_library; then
        apt-get update -q >/dev/null 2>&1
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $LIBRARY >/dev/null 2>&1
    fi
    if have_library && ! command -v $PROGRAM >/dev/null 2>&1; then
        folder=$(mktemp -d) || exit 0
        trap 'rm -rf "$folder"' EXIT
        chmod 755 "$folder" # apt fetches as a user of its own
        (cd "$folder" && apt-get download -q aravis-tools && dpkg -x aravis-tools_*.deb .) >/dev/null 2>&1 &&
            install -m 755 "$folder/usr/bin/$PROGRAM" "$TO/$PROGRAM"
    fi
fi
have_library || echo "Not installed: $LIBRARY. The GigE Vision tests will be skipped (install with: apt-get install $LIBRARY)."
command -v $PROGRAM >/dev/null 2>&1 || echo "Not installed: $PROGRAM (package aravis-tools). Its test will be skipped."
exit 0
