#!/bin/sh
# Programs from outside Python that the tests use. Installs them from Debian's packages where that is possible;
# elsewhere says what to install. Does nothing when they are there. Arguments, as program:package, replace the usual ones.
set -eu
missing=""
[ $# -gt 0 ] || set -- soffice:libreoffice-writer pdftoppm:poppler-utils chromium:chromium
for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
case "$missing" in *libreoffice-writer*) missing="$missing libreoffice-calc fonts-liberation2" ;; esac
[ -z "$missing" ] && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing:$missing"
    apt-get update -qq
    # No service that a package brings is started.
    # shellcheck disable=SC2086
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "The tests need these programs; please install:$missing" >&2
    exit 2
fi
