#!/bin/sh
# Programs from outside Python that tests use. Installs them from Debian's packages where that is possible; elsewhere
# says what to install. Does nothing when they are there. `containers`: those of ops/compose_trial.py; `hosts`: those of
# tests/hosts.
set -eu
case "${1:-tests}" in
    containers) pairs="podman:podman runc:runc mmdebstrap:mmdebstrap iptables:iptables netavark:netavark aardvark-dns:aardvark-dns catatonit:catatonit" ;;
    hosts) pairs="redis-server:redis-server ip:iproute2" ;;
    *) pairs="soffice:libreoffice-writer pdftoppm:poppler-utils chromium:chromium" ;;
esac
PATH=$PATH:/usr/sbin:/usr/lib/podman
missing=""
for pair in $pairs; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
# The Python of the system, which LibreOffice's own module is made for.
[ "${1:-tests}" != tests ] || /usr/bin/python3 -c "import uno" 2>/dev/null || missing="$missing python3-uno"
case "$missing" in *libreoffice-writer*) missing="$missing libreoffice-calc fonts-liberation2" ;; esac
[ -z "$missing" ] && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing:$missing"
    apt-get -o DPkg::Lock::Timeout=300 update -qq
    # No service that a package brings is started.
    # shellcheck disable=SC2086
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "These programs are needed; please install:$missing" >&2
    exit 2
fi
