"""Hosts as network namespaces: each with an address of its own on a switch that leads nowhere else.

What runs in a host shares this machine's files, as hosts share a folder by NFS; its network and its name are its own.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET of <sched.h>
_SUBNET = "10.231.47"  # seen in these namespaces alone


@dataclass(frozen=True)
class Host:
    """A host: what it is called, and where it is reached."""

    name: str
    namespace: str
    address: str

    def build_command(self, command: Sequence[str]) -> list[str]:
        """A command as it is run in this host, under its name."""
        named = ("unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name)
        return ["ip", "netns", "exec", self.namespace, *named, *command]

    def set_link(self, state: str) -> None:
        """Plugs the host's cable in (`up`) or out (`down`); nobody is told."""
        _run_ip("-n", self.namespace, "link", "set", "eth0", state)


def find_obstacle() -> str:
    """Why no hosts can be made here; empty where they can."""
    name = f"tongket-{os.getpid()}-try"
    try:
        _run_ip("netns", "add", name)
        _run_ip("netns", "del", name)
        subprocess.run(["unshare", "--uts", "true"], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"{getattr(error, 'stderr', '') or error}".strip()
    return ""


@contextmanager
def open_network(names: Sequence[str]) -> Iterator[list[Host]]:
    """The hosts of these names, joined by a switch; gone with all their links at the end."""
    prefix = f"tongket-{os.getpid()}"
    switch = f"{prefix}-switch"
    hosts = [Host(name, f"{prefix}-{name}", f"{_SUBNET}.{number}") for number, name in enumerate(names, start=1)]
    made = []
    try:
        for namespace in (switch, *(host.namespace for host in hosts)):
            _run_ip("netns", "add", namespace)
            made.append(namespace)
            _run_ip("-n", namespace, "link", "set", "lo", "up")
        _run_ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        _run_ip("-n", switch, "link", "set", "bridge", "up")
        for number, host in enumerate(hosts, start=1):
            port = f"port{number}"
            peer = ("type", "veth", "peer", "name", "eth0", "netns", host.namespace)
            _run_ip("-n", switch, "link", "add", port, *peer)
            _run_ip("-n", switch, "link", "set", port, "master", "bridge", "up")
            _run_ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
            host.set_link("up")
        yield hosts
    finally:
        for namespace in reversed(made):
            _run_ip("netns", "del", namespace)


@contextmanager
def enter_host(host: Host) -> Iterator[None]:
    """This thread, and what it starts, sees the network as the host does."""
    outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        inside = os.open(Path("/run/netns") / host.namespace, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _set_network(inside)
        finally:
            os.close(inside)
        try:
            yield
        finally:
            _set_network(outside)
    finally:
        os.close(outside)


def _set_network(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, _NEW_NETWORK):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _run_ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


if __name__ == "__main__":  # asked by .ci/run
    sys.exit(find_obstacle() or 0)
