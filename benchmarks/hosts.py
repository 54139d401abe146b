"""What more workers bring, and what it costs: ``python -m benchmarks.hosts [--files 1000]``, as root.

The three hosts of `tests/hosts`: the same number of files first with one worker host, then with two. Prints the
seconds until every file was judged and all was at rest, and the processor's seconds of each service in them; on a
machine of few cores only the latter say what many would give. All of it is simulated.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from ops.dag_runs import wait_until_settled
from tests.hosts.story import PAUSED, SETTLE_SECONDS, Story, open_cluster


def measure_wave(story: Story, files: int, hosts: int) -> dict[str, float]:
    """Sends files and waits until all is at rest; gives seconds by service, and until every file was judged."""
    before, start = story.cluster.measure_cpu(), time.perf_counter()
    story.send_files(files)
    story.wait_until_judged(f"{hosts} worker hosts")
    judged = time.perf_counter() - start
    wait_until_settled(story.cluster.client, seconds=SETTLE_SECONDS, paused=PAUSED)
    spent = {name: value - before.get(name, 0.0) for name, value in story.cluster.measure_cpu().items()}
    return {"judged": judged, "at rest": time.perf_counter() - start, **spent}


def main(arguments: Sequence[str] | None = None) -> int:
    """The shell's door."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hosts", description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    files = parser.parse_args(arguments).files
    with open_cluster(2 * files) as story:
        for number, host in enumerate(story.cluster.workers, start=1):
            story.cluster.start_workers(host)
            for name, value in measure_wave(story, files, number).items():
                print(f"{files} files, {number} worker hosts  {name:<16}{value:>9.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
