"""Sends, sends again, kills and stops for as long as one likes, then proves that nothing was lost or counted twice.

``python -m simulation.soak --minutes 15 --seed 1``. Works in a temporary folder with a database server of its own, on
simulated workbooks. Units send versions, known contents again, copies and broken files, also while runs are at work;
runs are killed at any moment, go on two at once, PostgreSQL is stopped as by a power cut, and the disk is full. In the
end each file dropped is received once or known, each delivery judged and answered once, the archive holds what was
sent and nothing else, and the warehouse says what another one says that was sent the last good file of each unit and
no more.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from etl import settings, steps
from etl.catalog import load_catalogue
from etl.check import load_great_expectations
from etl.model import Period
from etl.warehouse import embedded_server
from etl.warehouse.connect import build_engine
from simulation.cell_values import build_cell_values
from simulation.durable_operations import OperationCounter, count_operations, fill_disk
from simulation.form_filling import fill_form, read_manifest

SCOPE, PERIOD, UNITS = "tan-yen", "2024Q1", 4
_OPERATIONS = 200  # durable ones of a run: about so many
_BROKEN = b"%PDF-1.7 broken"
_ANSWERED = """
SELECT d.sha256, d.folder, d.attempt, count(DISTINCT v.delivery_id) AS verdicts,
    count(e.event_id) FILTER (WHERE e.kind = 'returned') AS answers,
    count(e.event_id) FILTER (WHERE e.kind = 'duplicate' AND e.detail ? 'taking') AS known
FROM ops.delivery AS d LEFT JOIN ops.verdict AS v USING (delivery_id) LEFT JOIN ops.event AS e USING (delivery_id)
GROUP BY d.sha256, d.folder, d.attempt
"""
_STANDING = "SELECT unit_code, sha256 FROM out.current_submission INNER JOIN ops.delivery AS d USING (delivery_id)"
_VERSIONS = "SELECT unit_code, version FROM out.submission"
_CELLS = """
SELECT u.code, e.code, o.state, o.value, o.sheet, o.cell FROM core.observation AS o
INNER JOIN out.current_submission AS s USING (submission_id)
INNER JOIN core.latest_org_unit AS u ON u.org_unit_id = o.org_unit_id
INNER JOIN core.data_element AS e USING (data_element_id)
"""
_ATTAINMENT = """
SELECT DISTINCT ON (geography) geography, content FROM plan.attainment_run
WHERE period = :period ORDER BY geography, run_id DESC
"""


@dataclass
class Soak:
    """What was sent so far: `sent` is (folder, SHA-256) in the order of the files' times, `good` each one's last."""

    chance: random.Random
    forms: dict[str, bytes]
    sent: list[tuple[str, str]] = field(default_factory=list)
    contents: dict[str, list[bytes]] = field(default_factory=dict)
    good: dict[str, bytes] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    run_seconds: float = 1.0
    faults: list[str] = field(default_factory=list)

    # --- what units do ----------------------------------------------------------------------------

    def send_something(self) -> None:
        """One unit sends a new version, an earlier one again, a copy, or something broken."""
        unit = self.chance.choice(sorted(self.forms))
        known = self.contents.setdefault(unit, [])
        what = self.chance.choice(["version", "version", "again", "copy", "broken"]) if known else "version"
        self.done[what] += 1
        if what == "broken":
            self._drop_file(unit, _BROKEN + str(self.chance.randrange(3)).encode())
            return
        if what == "version":
            known.append(_fill_version(self.forms[unit], unit, len(known)))
        data = self.chance.choice(known) if what == "again" else known[-1] if what == "version" else self.good[unit]
        self.good[unit] = data
        self._drop_file(unit, data)

    def _drop_file(self, unit: str, data: bytes) -> None:
        """A file appears whole, under a name of its own; each is later than the one before."""
        inbox, number = settings.load_settings().inbox, len(self.sent)
        whole = inbox.parent / f"whole-{number}"
        whole.write_bytes(data)
        moment = 1_713_000_000 + number
        os.utime(whole, (moment, moment))
        target = inbox / unit / f"báo cáo {number}.xlsx"
        target.parent.mkdir(parents=True, exist_ok=True)
        whole.rename(target)
        self.sent.append((unit, hashlib.sha256(data).hexdigest()))

    # --- what runs meet ---------------------------------------------------------------------------

    def run_with_a_fault(self) -> None:
        """One run, or two at once, which end by themselves, are killed, or lose the database or the space on the disk;
        units go on sending."""
        fault = self.chance.choice(["none", "kill", "kill", "stop", "full"])
        full_from = self.chance.randrange(1, _OPERATIONS) if fault == "full" else 0
        runs = [_fork_run(full_from * (first == 0)) for first in range(self.chance.choice([1, 1, 2]))]
        self.done[f"{fault}, {len(runs)} at once"] += 1
        begun, moment = time.monotonic(), self.chance.uniform(0, self.run_seconds)
        for _ in range(self.chance.randrange(3)):
            self.send_something()
        time.sleep(max(0.0, moment - (time.monotonic() - begun)))
        if fault == "kill":
            os.kill(runs[0], signal.SIGKILL)
        elif fault == "stop":
            embedded_server.stop_server(settings.load_settings().pgdata, at_once=True)
        codes = [os.waitstatus_to_exitcode(os.waitpid(run, 0)[1]) for run in runs]
        embedded_server.start_server(settings.load_settings().pgdata)
        if fault == "none":
            self.run_seconds = time.monotonic() - begun
        unexplained = [code for code in codes[fault in {"kill", "full"} :] if code] if fault != "stop" else []
        if unexplained:
            self.faults.append(f"a run that nothing broke off ended with {unexplained}")

    def prove_conservation(self) -> list[str]:
        """What does not add up, after undisturbed runs; nothing where all is well."""
        for _ in range(2):  # the second finds nothing to do
            _flow()
        state, differences = _read_state(), [*self.faults]
        differences += _compare("the inbox", state["left"], [])
        differences += _compare("contents in the archive", state["archive"], sorted({sha for _, sha in self.sent}))
        dropped = Counter(self.sent)
        received: Counter[tuple[str, str]] = Counter()
        for sha256, folder, attempt, verdicts, answers, known in state["deliveries"]:
            received[folder, sha256] += 1 + known
            if verdicts != 1 or not 1 <= answers <= 1 + known:
                differences.append(f"{folder} {sha256[:8]} attempt {attempt}: {verdicts} verdicts, {answers} answers")
        differences += _compare("files received or known", sorted(received.items()), sorted(dropped.items()))
        last = sorted((unit, hashlib.sha256(data).hexdigest()) for unit, data in self.good.items())
        differences += _compare("standing reports", state["standing"], last)
        for unit in self.good:
            versions = sorted(version for code, version in state["versions"] if code == unit)
            differences += _compare(f"versions of {unit}", versions, list(range(1, len(versions) + 1)))
        with _open_instance() as var:
            fresh = Soak(self.chance, self.forms)
            for unit, data in sorted(self.good.items()):
                fresh._drop_file(unit, data)
            _flow()
            clean = _read_state()
            embedded_server.stop_server(var / "pg", at_once=True)
        differences += _compare("cells", state["cells"], clean["cells"])
        return differences + _compare("attainment", state["attainment"], clean["attainment"])


def run_soak(seed: int, *, goes_on: Callable[[int], bool]) -> tuple[Soak, list[str]]:
    """Soaks a warehouse of its own while `goes_on(rounds done)`; gives what was done, and what does not add up."""
    load_great_expectations()
    with _open_instance() as var:
        forms = {path.parent.name: path.read_bytes() for path in sorted((var / "outbox" / "forms").rglob("*.xlsx"))}
        soak = Soak(random.Random(seed), dict(list(forms.items())[:UNITS]))
        rounds = 0
        while goes_on(rounds):
            for _ in range(soak.chance.randrange(1, 5)):
                soak.send_something()
            soak.run_with_a_fault()
            rounds += 1
        return soak, soak.prove_conservation()


@contextmanager
def _open_instance() -> Iterator[Path]:
    """An installation of its own, migrated and with its forms issued, that everything here sees meanwhile."""
    folder, before = Path(tempfile.mkdtemp(prefix="tongket-soak-")), dict(os.environ)
    os.environ |= {
        "TONGKET_VAR": str(folder), "TONGKET_DATABASE_URL": "", "TONGKET_SCOPES": SCOPE, "TONGKET_BATCHES": "2",
        "TONGKET_MIN_AGE_SECONDS": "0", "TONGKET_RECEIVED_CLOCK": "mtime", "TONGKET_SIMULATED": "1",
    }  # fmt: skip
    try:
        steps.migrate_warehouse()
        steps.open_period(SCOPE, PERIOD)
        yield folder
    finally:
        embedded_server.stop_server(folder / "pg", at_once=True)
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder)


def _fork_run(full_from: int) -> int:
    """Runs the flow in a child, whose disk is full from that durable operation on (0: never)."""
    child = os.fork()
    if child:
        return child
    try:
        if full_from:
            count_operations(OperationCounter(full_from, fill_disk), settings.load_settings().var)
        _flow()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _flow() -> None:
    """Inbox to attainment, as the DAGs do it."""
    received = steps.receive_deliveries()
    results = [steps.process_batch(batch) for batch in received["batches"]]
    steps.write_answers()
    for period in steps.list_periods_to_compute(results):
        steps.compute_attainment(SCOPE, period)


def _fill_version(form: bytes, unit: str, version: int) -> bytes:
    catalogue = load_catalogue(settings.load_settings().catalog)
    values = build_cell_values(catalogue, catalogue.get_scope(SCOPE), Period.parse(PERIOD))
    manifest = read_manifest(form)
    changed = next(
        key
        for entry in manifest.entries
        if type(values.get(key := (unit, entry.org_unit_code, entry.data_element))) is int and values[key] > 9  # type: ignore[operator]
    )
    return fill_form(form, values | {changed: values[changed] + version}, manifest=manifest)  # type: ignore[operator]


def _read_state() -> dict[str, Any]:
    known = settings.load_settings()
    with build_engine(known, "loader").connect() as conn:

        def ask(query: str, **named: str) -> list[tuple[Any, ...]]:
            return sorted(map(tuple, conn.execute(text(query), named)), key=repr)

        found: dict[str, Any] = {
            "deliveries": ask(_ANSWERED), "standing": ask(_STANDING), "versions": ask(_VERSIONS),
            "cells": ask(_CELLS), "attainment": ask(_ATTAINMENT, period=PERIOD),
        }  # fmt: skip
    found["left"] = sorted(str(path.relative_to(known.inbox)) for path in known.inbox.rglob("*") if not path.is_dir())
    archived = [path for path in known.archive.rglob("*") if path.is_file()]
    found["archive"] = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in archived)
    found["left"] += [path.name for path in archived if path.name not in found["archive"]]
    return found


def _compare(what: str, found: Sequence[Any], expected: Sequence[Any]) -> list[str]:
    if found == expected:
        return []
    more, less = ([entry for entry in a if entry not in b][:3] for a, b in ((found, expected), (expected, found)))
    return [f"{what}: {len(found)}, expected {len(expected)}; not expected {more}; missing {less}"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Soaks for some minutes; exit code 0 where all is conserved."""
    parser = argparse.ArgumentParser(prog="python -m simulation.soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=15.0, help="how long to go on (default: 15)")
    parser.add_argument("--seed", type=int, default=1, help="which course of events (default: 1)")
    chosen = parser.parse_args(arguments)
    end = time.monotonic() + 60 * chosen.minutes
    soak, differences = run_soak(chosen.seed, goes_on=lambda _: time.monotonic() < end)
    print(f"{len(soak.sent)} files sent; {dict(soak.done)}")
    print("\n".join(differences) or "conserved: nothing lost, nothing twice")
    return bool(differences)


if __name__ == "__main__":
    sys.exit(main())
