"""Broken off at any durable operation from inbox to recipients' folders, the next run ends where a clean run would.

The process is killed, PostgreSQL is stopped as by a power cut, or the disk is full from there on. Counted are renames,
unlinks, fsyncs, files opened for writing, statements and commits. A spread of them is tried here;
`TONGKET_KILL_POINTS=all` (as `make soak` sets it) tries every one, a number so many.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from etl import settings, steps
from etl.catalog import Catalogue
from etl.check import load_great_expectations
from etl.model import Period
from etl.model.vietnam_time import get_current_date
from etl.warehouse import embedded_server
from etl.warehouse.connect import build_engine
from simulation.deliveries import drop_deliveries
from simulation.durable_operations import Fault, OperationCounter, count_operations, fill_disk
from tests.conftest import _copy_of, _plain

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

SCOPE, PERIOD = "tan-yen", "2024Q1"
SPREAD = {"kill": 6, "stop": 3, "full": 3}
UNITS = 3

ROWS = {
    "deliveries": "SELECT sha256, folder, original_name, attempt FROM ops.delivery",
    "verdicts": "SELECT d.sha256, d.folder, v.accepted, v.form, v.unit_code, v.period, v.refusals, v.notes"
    " FROM ops.verdict AS v JOIN ops.delivery AS d USING (delivery_id)",
    "findings": "SELECT d.sha256, d.folder, f.position, f.code, f.message FROM ops.finding AS f"
    " JOIN ops.delivery AS d USING (delivery_id)",
    "submissions": "SELECT d.sha256, s.period, s.form, s.version FROM core.submission AS s"
    " JOIN ops.delivery AS d USING (delivery_id)",
    "observations": "SELECT d.sha256, count(*), sum(o.value) FROM core.observation AS o"
    " JOIN core.submission AS s USING (submission_id) JOIN ops.delivery AS d USING (delivery_id) GROUP BY d.sha256",
    "attainment": "SELECT DISTINCT ON (scope, period, geography) scope, period, geography, content"
    " FROM plan.attainment_run ORDER BY scope, period, geography, run_id DESC",
    "events": "SELECT e.kind, d.sha256, d.folder, e.detail - 'taking' - 'report' - 'at' - 'kept' AS about"
    " FROM ops.event AS e LEFT JOIN ops.delivery AS d USING (delivery_id)",
    "reports": "SELECT scope, plan, cadence, period, kind, (SELECT array_agg(name ORDER BY name)"
    " FROM jsonb_object_keys(files) AS k (name)) FROM ops.report",
    "decisions": "SELECT r.plan, r.period, s.decision, s.decided_by FROM ops.sign_off AS s JOIN ops.report AS r USING (report_id)",
    "publications": "SELECT folder, (SELECT array_agg(name ORDER BY name) FROM jsonb_object_keys(files) AS k (name))"
    " FROM ops.publication",
    "dispatched": "SELECT r.plan, r.period, d.recipient, d.channel, d.address FROM ops.dispatch AS d JOIN ops.report AS r USING (report_id)",
}
UNDECIDED = "SELECT report_id FROM ops.report WHERE report_id NOT IN (SELECT report_id FROM ops.publication) ORDER BY 1"


def flow() -> None:
    """All that the shell does, inbox to recipients' folders."""
    steps.run_pipeline_once(SCOPE)
    with build_engine(settings.load_settings(), "loader").connect() as conn:
        undecided = conn.execute(text(UNDECIDED)).scalars().all()
    for number in undecided:
        entry = {
            "number": str(number),
            "date": get_current_date().isoformat(),
            "signer": "Trần Văn B",
        }  # what has no number stays here
        steps.sign_document(str(number), "Nguyễn Thị A", **entry)
    steps.dispatch_folders()


@dataclass(frozen=True)
class World:
    """What every try starts from: a warehouse and a folder with a full inbox, copied."""

    url: str
    template: str
    var: Path
    patch: pytest.MonkeyPatch

    @property
    def pgdata(self) -> Path:
        return self.var.parent / "pg"

    def run(self, number: int, fault: str = "kill") -> int:
        """Runs the flow in a child that meets a fault at its number-th operation (0: never); gives how many there were."""
        counter = OperationCounter(number, self._build_fault(fault))
        child = os.fork()
        if child == 0:
            try:
                count_operations(counter, settings.load_settings().var)
                flow()
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        embedded_server.start_server(self.pgdata)
        assert killed == (number > 0 and fault == "kill")
        assert killed or number or os.WEXITSTATUS(status) == 0, (
            f"the run broke off by itself, operation {counter.count.value}"
        )
        assert counter.count.value >= number
        return int(counter.count.value)

    def _build_fault(self, fault: str) -> Fault:
        stopped = False

        def stop(_: bool) -> None:
            nonlocal stopped
            if not stopped:
                stopped = True
                embedded_server.stop_server(self.pgdata, at_once=True)

        def kill(_: bool) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        return {"kill": kill, "stop": stop, "full": fill_disk}[fault]

    def renew(self, name: str) -> None:
        """Makes a fresh copy the one that runs see."""
        folder = self.var.parent / name
        shutil.copytree(self.var, folder, symlinks=True)
        self.patch.setenv("TONGKET_VAR", str(folder))
        self.patch.setenv("TONGKET_DATABASE_URL", _copy_of(self.url, self.template, name))
        # A copied sequence counts numbers as logged that only its template logged: recovery would give them out again.
        with psycopg.connect(_plain(self.url), autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    def state(self) -> dict[str, Any]:
        known = settings.load_settings()
        with build_engine(known, "loader").connect() as conn:
            found = {name: sorted(map(repr, conn.execute(text(query)))) for name, query in ROWS.items()}
        files = {str(p.relative_to(known.var)): p for p in known.var.rglob("*") if p.is_file() or p.is_symlink()}
        found["files"] = sorted(name.split("quarantine/")[0] for name in files if "forms/" not in name)
        found["answers"] = [files[name].read_bytes() for name in sorted(files) if "/returns/" in name]
        found["facts"] = [_facts(files[name]) for name in sorted(files) if name.endswith("_facts.json")]
        return found


def _facts(path: Path) -> str:
    """The facts but for the moment at which they were drafted."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    said = json.dumps({name: value for name, value in facts.items() if name != "snapshot"}, ensure_ascii=False)
    return re.sub(r"\d+h\d+ ngày \d+/\d+/\d+", "", said)


@pytest.fixture(scope="module")
def world(catalogue: Catalogue) -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="tongket-kill-"))
    template = "kill_base"
    postgres = embedded_server.start_server(folder / "pg")  # its own: it is stopped on the way
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "TONGKET_VAR": str(folder / "base"), "TONGKET_MIN_AGE_SECONDS": "0", "TONGKET_RECEIVED_CLOCK": "mtime",
            "TONGKET_BATCHES": "1", "TONGKET_SCOPES": SCOPE,
            "TONGKET_DATABASE_URL": embedded_server.ensure_database(postgres, template),
        }.items():  # fmt: skip
            patch.setenv(name, value)
        patch.setattr("etl.report.pdf.PROGRAMS", ())
        known = settings.load_settings()
        steps.migrate_warehouse()
        steps.open_period(SCOPE, PERIOD)
        units = sorted(p.name for p in (known.outbox / "forms" / PERIOD).iterdir())[:UNITS]
        sent = drop_deliveries(
            catalogue, SCOPE, [Period.parse(PERIOD)], known.outbox / "forms", known.inbox, wave=1, only=units
        )
        shutil.copy2(sent[0], sent[0].with_name("gửi lại.xlsx"))
        (sent[0].parent / "hỏng.xlsx").write_bytes(b"%PDF-1.7")
        (sent[0].parent / "lối tắt.xlsx").symlink_to("/etc/passwd")
        load_great_expectations()
        yield World(postgres, template, folder / "base", patch)
    embedded_server.stop_server(folder / "pg", at_once=True)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def clean(world: World) -> tuple[int, dict[str, Any]]:
    """How many operations a run has that nothing breaks off, and where it ends."""
    world.renew("clean")
    return world.run(0), world.state()


@pytest.mark.parametrize("fault", SPREAD)
def test_broken_off_anywhere_then_run_again_is_as_a_clean_run(
    fault: str, world: World, clean: tuple[int, dict[str, Any]]
) -> None:
    total, expected = clean
    _validate_clean_state(expected)
    asked = os.environ.get("TONGKET_KILL_POINTS", str(SPREAD[fault]))
    points = range(1, total + 1) if asked == "all" else range(total // int(asked) // 2, total + 1, total // int(asked))
    different: dict[int, list[str]] = {}
    for point in points:
        world.renew(f"{fault}_{point}")
        world.run(point, fault)
        world.run(0)
        state = world.state()
        different |= {point: [n for n in expected if expected[n] != state[n]]} if state != expected else {}
        shutil.rmtree(settings.load_settings().var)
    print(f"{fault}: {len(points)} of {total} points tried, {len(different)} differ: {different}")  # noqa: T201
    assert different == {}


def _validate_clean_state(clean: dict[str, Any]) -> None:
    assert clean["publications"] and clean["dispatched"] and len(clean["answers"]) == UNITS + 1
    assert not [name for name in clean["files"] if ".tmp-" in name or ".taking-" in name or name.startswith("inbox/")]
