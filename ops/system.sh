#!/bin/sh
# Programs from outside Python that the tests use. Installs them from Debian's packages where that is possible;
# elsewhere says what to install. Does nothing when they are there.
set -eu
missing=""
for pair in soffice:libreoffice-writer pdftoppm:poppler-utils chromium:chromium; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
case "$missing" in *libreoffice-writer*) missing="$missing libreoffice-calc fonts-liberation2" ;; esac
[ -z "$missing" ] && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "The tests need these programs; please install:$missing" >&2
    exit 2
fi
