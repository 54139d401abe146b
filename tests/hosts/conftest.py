"""Three hosts, started once for all tests here: four waves of files, each with its own misfortune."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from ops.dag_runs import wait_until_settled
from tests.hosts.cluster import Cluster
from tests.hosts.network import Host, find_obstacle
from tests.hosts.story import PAUSED, SETTLE_SECONDS, Story, open_cluster

FILES = int(os.environ.get("TONGKET_HOSTS_FILES", "100"))
CUT_SECONDS = 60.0


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    """What came of it."""
    if obstacle := find_obstacle():
        pytest.skip(f"no network namespaces can be made here: {obstacle}")
    with open_cluster(FILES) as story:
        cluster, share = story.cluster, -(-FILES // 4)
        second, third = cluster.workers
        cluster.start_workers(second, third)
        story.run_wave("a worker killed", share, second, lambda: cluster.kill("worker-second"))
        cluster.start_workers(second)
        story.run_wave("a host cut off", share, third, lambda: _cut_off(third))
        story.run_wave("a host lost", share, second, lambda: _lose_host(cluster, second))
        second.set_link("up")
        cluster.start_workers(second)
        story.run_wave("the scheduler killed", share, third, lambda: _restart_scheduler(cluster))
        wait_until_settled(cluster.client, seconds=SETTLE_SECONDS, paused=PAUSED)
        yield story


def _cut_off(host: Host) -> None:
    host.set_link("down")
    time.sleep(CUT_SECONDS)  # this is the fault itself; nothing is decided by it
    host.set_link("up")


def _lose_host(cluster: Cluster, host: Host) -> None:
    """As a power cut: no connection is closed, whoever talks to it hears nothing any more."""
    host.set_link("down")
    cluster.kill(f"worker-{host.name}")


def _restart_scheduler(cluster: Cluster) -> None:
    cluster.kill("scheduler")
    cluster.start("scheduler", cluster.main)
