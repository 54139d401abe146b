"""How full the disks are that the product writes to; for alerts, metrics and the page."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from etl.settings import Settings


@dataclass(frozen=True)
class DiskUsage:
    """The disk that a folder lies on; sizes in bytes. `is_short`: used beyond `TONGKET_DISK_PERCENT`."""

    name: str
    total: int
    free: int
    used_percent: int
    is_short: bool


def measure_disks(settings: Settings) -> list[DiskUsage]:
    """The disks of inbox, archive, outbox and backups, each once, by the first folder on it."""
    found: dict[int, DiskUsage] = {}
    for folder in (settings.inbox, settings.archive, settings.outbox, settings.backups):
        place = next(existing for existing in (folder, *folder.parents) if existing.is_dir())
        usage = shutil.disk_usage(place)
        percent = round(100 * (usage.total - usage.free) / usage.total)
        is_short = percent >= settings.disk_percent
        found.setdefault(place.stat().st_dev, DiskUsage(folder.name, usage.total, usage.free, percent, is_short))
    return list(found.values())
