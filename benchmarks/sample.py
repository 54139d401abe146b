"""Plays the units: takes issued forms, fills them in and drops them into the inbox, mishaps included.

``python -m benchmarks.sample --scope kon-tum --period 2024Q2 --wave 1 --to var/inbox``. Everything is
simulated and says so; same arguments, same bytes and same file times.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.apportion import uniform
from benchmarks.fill import Manifest, fill, read_manifest
from benchmarks.sample_values import Key, Value, events, values
from etl import settings
from etl.catalog import Catalogue, load_catalogue
from etl.catalog import models as m
from etl.catalog.calendar import working_days_after
from etl.catalog.layout import MARK_TEXT
from etl.errors import TongketError, UsageError
from etl.files import explained
from etl.model import Period

_ZONE = dt.timezone(dt.timedelta(hours=7), "Asia/Ho_Chi_Minh")
_FIRST, _SECOND = 1, 2
_LATE_BY = 4  # working days beyond the deadline, at least
_ANSWERED_AFTER = 3  # working days from the first file to the next


@dataclass(frozen=True)
class Parcel:
    """A file on its way to the inbox."""

    folder: str
    name: str
    data: bytes
    sent: dt.datetime


def drop(
    catalogue: Catalogue,
    scope_id: str,
    periods: Sequence[Period],
    forms_root: Path,
    inbox: Path,
    *,
    wave: int,
    only: Collection[str] | None = None,
) -> list[Path]:
    """Fills the issued forms of a scope's periods and drops them into the inbox; gives the files written.

    Wave 1 is what units first send; wave 2 brings the corrections and resubmissions. A file appears whole
    (temporary name, then rename) and bears the time at which its unit would have sent it.

    Args:
        catalogue: The catalogue.
        scope_id: Whose units send.
        periods: The periods they send for.
        forms_root: Folder with the issued forms, as ``<period>/<unit>/*.xlsx``.
        inbox: Folder with one inbox per unit.
        wave: 1 or 2.
        only: Units that take part; all where None.

    Raises:
        UsageError: a wave or scope that there is not, or a form that was never issued.
    """
    if wave not in {_FIRST, _SECOND}:
        raise UsageError(f"there is no wave {wave}", where="--wave", fix="use 1 or 2")
    scope = catalogue.scope(scope_id)
    written = []
    for period in periods:
        told = values(catalogue, scope, period)
        for submission, form, unit in catalogue.expected(scope, period):
            if only is None or unit.code in only:
                sender = _Sender(catalogue, submission, form, unit, period, told, forms_root)
                written += [_deliver(inbox, parcel) for parcel in sender.parcels(scope_id, wave)]
    return written


@dataclass(frozen=True)
class _Sender:
    catalogue: Catalogue
    submission: m.Submission
    form: m.Form
    unit: m.Unit
    period: Period
    told: dict[Key, Value]
    forms_root: Path

    def parcels(self, scope_id: str, wave: int) -> Iterator[Parcel]:
        mishaps = {
            x["what"]: x
            for x in events()[scope_id]["mishaps"]
            if x["unit"] == self.unit.code and x["period"] == self.period.key
        }
        if "silent" in mishaps or (wave == _SECOND and not mishaps.keys() & {"refused", "revised", "misplaced"}):
            return
        issued = self._issued()
        sent = self._sent(late="late" in mishaps, wave=wave)
        if wave == _SECOND:
            yield Parcel(
                self.unit.code, f"{issued.stem}_lan2.xlsx", fill(issued.read_bytes(), self.told, saved=sent), sent
            )
            return
        folder = mishaps["misplaced"]["folder"] if "misplaced" in mishaps else self.unit.code
        yield Parcel(folder, issued.name, self._first(issued.read_bytes(), mishaps, sent), sent)
        if "no_workbook" in mishaps:
            text = f"{MARK_TEXT}\nBản nháp chép từ thư điện tử, không phải bảng tính.\n"
            yield Parcel(self.unit.code, mishaps["no_workbook"]["name"], text.encode(), sent)

    def _first(self, workbook: bytes, mishaps: dict[str, Any], sent: dt.datetime) -> bytes:
        manifest = read_manifest(workbook)
        cells, totals = dict(self.told), {}
        for fault in mishaps.get("refused", {}).get("faults", ()):
            if fault["fault"] == "total":
                totals[fault["element"]] = int(fault["text"])
                continue
            key = self._key(manifest, fault["element"], fault["row"])
            whole = cells.get((*key[:2], fault["over"])) if "over" in fault else None
            cells[key] = fault["text"] if whole is None else int(whole) + 215
        for element, change in mishaps.get("revised", {}).get("before", {}).items():
            key = self._key(manifest, element, mishaps["revised"]["row"])
            cells[key] = int(cells[key]) + change
        return fill(workbook, cells, totals=totals, saved=sent, manifest=manifest)

    def _key(self, manifest: Manifest, element: str, row: int) -> Key:
        units = [entry.org_unit_code for entry in manifest.entries if entry.data_element == element]
        return self.unit.code, units[min(row, len(units) - 1)], element

    def _issued(self) -> Path:
        folder = self.forms_root / self.period.key / self.unit.code
        found = sorted(folder.glob("[!.~]*.xlsx"))
        if not found:
            raise UsageError("no form was issued", where=str(folder), fix="run `tongket forms` for the period first")
        return found[0]

    def _sent(self, *, late: bool, wave: int) -> dt.datetime:
        """When the unit sends: some working days after the period's end, within the deadline or well after it."""
        names = ("sent", self.unit.code, self.period.key)
        limit = self._working_days()
        days = (
            limit + _LATE_BY + int(uniform(*names) * 4)
            if late
            else max(1, round(limit * (0.3 + 0.5 * uniform(*names))))
        )
        days += _ANSWERED_AFTER if wave == _SECOND else 0
        day = working_days_after(self.catalogue.corrections, self.period.end, days)
        minute = 8 * 60 + int(uniform(*names, "minute", wave) * 9 * 60)
        return dt.datetime.combine(day, dt.time(minute // 60, minute % 60), _ZONE)

    def _working_days(self) -> int:
        deadlines = self.catalogue.regimes[self.submission.regime].deadlines
        return next(d.working_days for d in deadlines if d.level == self.form.level)


def _deliver(inbox: Path, parcel: Parcel) -> Path:
    target = inbox / parcel.folder / parcel.name
    with explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".tmp-{target.name}")
        draft.write_bytes(parcel.data)
        os.utime(draft, (parcel.sent.timestamp(),) * 2)
        draft.replace(target)
    return target


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 when everything was dropped, 2 when it could not be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sample", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scope", required=True)
    parser.add_argument("--period", required=True, action="append", help="repeat for several")
    parser.add_argument("--wave", type=int, default=_FIRST, choices=(_FIRST, _SECOND))
    parser.add_argument("--to", type=Path, help="the inbox (default: the one of TONGKET_VAR)")
    parser.add_argument("--forms", type=Path, help="the issued forms (default: outbox/forms of TONGKET_VAR)")
    parser.add_argument("--unit", action="append", help="only this unit; repeat for several")
    chosen = parser.parse_args(arguments)
    try:
        known = settings.load()
        written = drop(
            load_catalogue(known.catalog),
            chosen.scope,
            [Period.parse(key) for key in chosen.period],
            chosen.forms or known.outbox / "forms",
            chosen.to or known.inbox,
            wave=chosen.wave,
            only=chosen.unit,
        )
    except TongketError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for path in written:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
