"""Plays the units: takes issued forms, fills them in and drops them into the inbox, mishaps included.

``python -m simulation.deliveries --scope kon-tum --period 2024Q2 --wave 1 --to var/inbox``. Everything is
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

from etl import settings
from etl.catalog import Catalogue, load_catalogue, models
from etl.catalog.calendar import add_working_days
from etl.catalog.layout import SIMULATION_NOTICE
from etl.catalog.obligations import list_obligations
from etl.errors import TongketError, UsageError
from etl.file_io import translate_os_errors
from etl.forms import build_form_file_name
from etl.model import Period
from etl.model.vietnam_time import VIETNAM_ZONE
from simulation.apportionment import hash_to_uniform
from simulation.cell_values import Key, Value, build_cell_values, load_events
from simulation.form_filling import FormManifest, fill_form, read_manifest

_FIRST, _SECOND = 1, 2
_LATE_BY = 4  # working days beyond the deadline, at least
_ANSWERED_AFTER = 3  # working days from the first file to the next


@dataclass(frozen=True)
class SimulatedDelivery:
    """A file on its way to the inbox."""

    folder: str
    name: str
    data: bytes
    sent: dt.datetime


def drop_deliveries(
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

    A period for which the scope owes nothing is passed over.

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
    scope = catalogue.get_scope(scope_id)
    written = []
    for period in periods:
        if not list_obligations(catalogue, scope, period):
            continue
        cell_values = build_cell_values(catalogue, scope, period)
        for submission, form, unit in list_obligations(catalogue, scope, period):
            if only is None or unit.code in only:
                sender = _UnitSender(catalogue, submission, form, unit, period, cell_values, forms_root)
                written += [_write_delivery(inbox, delivery) for delivery in sender.list_deliveries(scope_id, wave)]
    return written


@dataclass(frozen=True)
class _UnitSender:
    catalogue: Catalogue
    submission: models.Submission
    form: models.Form
    unit: models.Unit
    period: Period
    cell_values: dict[Key, Value]
    forms_root: Path

    def list_deliveries(self, scope_id: str, wave: int) -> Iterator[SimulatedDelivery]:
        mishaps = {
            x["what"]: x
            for x in load_events()[scope_id]["mishaps"]
            if x["unit"] == self.unit.code and x["period"] in {self.period.key, self.period.kind.value}
        }
        if "silent" in mishaps or (wave == _SECOND and not mishaps.keys() & {"refused", "revised", "misplaced"}):
            return
        issued = self._find_issued_form()
        sent = self._compute_sending_time(late="late" in mishaps, wave=wave)
        if wave == _SECOND:
            yield SimulatedDelivery(
                self.unit.code,
                f"{issued.stem}_lan2.xlsx",
                fill_form(issued.read_bytes(), self.cell_values, saved=sent),
                sent,
            )
            return
        folder = mishaps["misplaced"]["folder"] if "misplaced" in mishaps else self.unit.code
        yield SimulatedDelivery(
            folder, issued.name, self._fill_first_delivery(issued.read_bytes(), mishaps, sent), sent
        )
        if "no_workbook" in mishaps:
            text = f"{SIMULATION_NOTICE}\nBản nháp chép từ thư điện tử, không phải bảng tính.\n"
            yield SimulatedDelivery(self.unit.code, mishaps["no_workbook"]["name"], text.encode(), sent)

    def _fill_first_delivery(self, workbook: bytes, mishaps: dict[str, Any], sent: dt.datetime) -> bytes:
        manifest = read_manifest(workbook)
        cells, totals = dict(self.cell_values), {}
        for fault in mishaps.get("refused", {}).get("faults", ()):
            if fault["fault"] == "total":
                totals[fault["element"]] = int(fault["text"])
                continue
            key = self._find_cell_key(manifest, fault["element"], fault["row"])
            whole = cells.get((*key[:2], fault["over"])) if "over" in fault else None
            cells[key] = fault["text"] if whole is None else int(whole) + 215
        for element, change in mishaps.get("revised", {}).get("before", {}).items():
            key = self._find_cell_key(manifest, element, mishaps["revised"]["row"])
            cells[key] = int(cells[key]) + change
        return fill_form(workbook, cells, totals=totals, saved=sent, manifest=manifest)

    def _find_cell_key(self, manifest: FormManifest, element: str, row: int) -> Key:
        units = [entry.org_unit_code for entry in manifest.entries if entry.data_element == element]
        return self.unit.code, units[min(row, len(units) - 1)], element

    def _find_issued_form(self) -> Path:
        folder = self.forms_root / self.period.key / self.unit.code
        issued = folder / build_form_file_name(self.form, self.unit, self.period)
        if not issued.is_file():
            raise UsageError("no form was issued", where=str(issued), fix="run `tongket forms` for the period first")
        return issued

    def _compute_sending_time(self, *, late: bool, wave: int) -> dt.datetime:
        """When the unit sends: some working days after the period's end, within the deadline or well after it."""
        names = ("sent", self.unit.code, self.period.key)
        limit = self._find_working_days()
        days = (
            limit + _LATE_BY + int(hash_to_uniform(*names) * 4)
            if late
            else max(1, round(limit * (0.3 + 0.5 * hash_to_uniform(*names))))
        )
        days += _ANSWERED_AFTER if wave == _SECOND else 0
        day = add_working_days(self.catalogue.holiday_corrections, self.period.end, days)
        minute = 8 * 60 + int(hash_to_uniform(*names, "minute", wave) * 9 * 60)
        return dt.datetime.combine(day, dt.time(minute // 60, minute % 60), VIETNAM_ZONE)

    def _find_working_days(self) -> int:
        deadlines = self.catalogue.regimes[self.submission.regime].deadlines
        return next(d.working_days or 0 for d in deadlines if d.level == self.form.level)


def _write_delivery(inbox: Path, delivery: SimulatedDelivery) -> Path:
    target = inbox / delivery.folder / delivery.name
    with translate_os_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".tmp-{target.name}")
        draft.write_bytes(delivery.data)
        os.utime(draft, (delivery.sent.timestamp(),) * 2)
        draft.replace(target)
    return target


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 when everything was dropped, 2 when it could not be."""
    parser = argparse.ArgumentParser(
        prog="python -m simulation.deliveries", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--scope", required=True)
    parser.add_argument("--period", required=True, action="append", help="repeat for several")
    parser.add_argument("--wave", type=int, default=_FIRST, choices=(_FIRST, _SECOND))
    parser.add_argument("--to", type=Path, help="the inbox (default: the one of TONGKET_VAR)")
    parser.add_argument("--forms", type=Path, help="the issued forms (default: outbox/forms of TONGKET_VAR)")
    parser.add_argument("--unit", action="append", help="only this unit; repeat for several")
    chosen = parser.parse_args(arguments)
    try:
        current_settings = settings.load_settings()
        written = drop_deliveries(
            load_catalogue(current_settings.catalog),
            chosen.scope,
            [Period.parse(key) for key in chosen.period],
            chosen.forms or current_settings.outbox / "forms",
            chosen.to or current_settings.inbox,
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
