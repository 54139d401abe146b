"""The flow through a real Airflow: intake, attainment and reports by partition key, and the same again by backfill;
then what people decide, and what goes out: to recipients what was signed, to silent units a reminder.

The tests go on from one another: each takes up the Airflow and the warehouse as the one before left them.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import shutil
import tempfile
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from etl import settings as etl_settings
from etl.catalog import load_catalogue
from etl.file_io import write_atomic
from etl.model import Period
from etl.model.vietnam_time import get_current_date
from etl.settings import PROJECT_ROOT, Settings
from etl.warehouse.connect import build_engine
from ops import backfill, local
from ops.airflow_api import AirflowClient
from ops.dag_runs import CONSUMERS, DagRun, list_dag_runs, wait_until_settled
from ops.page_decision import decide_on_page
from simulation import deliveries as sample
from simulation.cell_values import build_cell_values
from simulation.form_filling import fill_form
from tests.integration.published import addresses
from tests.mailbox import SENDER, Mailbox

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

QUARTERS = ["2024Q1", "2024Q2", "2024Q3", "2024Q4"]
HALVES = ["2024H1", "2024H2"]  # Tân Yên's plan asks for them, not for nine months
SCOPE = "tan-yen"
UNITS = ("07345", "07363", "07336", "07309")  # a few communes are enough; for the others the deadline has come
SILENT, RECIPIENT = "07351", "ubnd-tinh-bac-giang"
SIGNER = "Nguyễn Văn A"
ENGINEER = "ky.thuat@vi-du.test"
ADDRESS = {SILENT: "tram.07351@vi-du.test", RECIPIENT: "van.thu@vi-du.test"}
TODAY = get_current_date().isoformat()  # the one day a document can bear whose figures are of today
DAY_BEFORE = "2024-04-04"  # communes report the first quarter by 5 April
COMPONENTS = ("api-server", "scheduler", "dag-processor")
SECONDS = 1800.0  # a patience, not a measure: a machine may be busy
CHAIN = {"intake", *itertools.chain.from_iterable(CONSUMERS.values())}
WHEN = {"snapshot", "situation", "data_notes"}  # these say when the figures were taken


@dataclasses.dataclass(frozen=True)
class Live:
    settings: Settings
    client: AirflowClient
    mailbox: Mailbox
    events: list[dict[str, Any]]


@contextmanager
def _receive_lineage() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A receiver of OpenLineage events on loopback: its address, and what it was sent."""
    events: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            events.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", events
    server.shutdown()
    server.server_close()
    thread.join()


def _home(folder: Path) -> Path:
    """A project folder in whose catalogue an office has written addresses."""
    shutil.copytree(PROJECT_ROOT / "catalog", folder / "catalog")
    for name in ("dags", "expectations", "plugins", "sql", "templates"):
        (folder / name).symlink_to(PROJECT_ROOT / name)
    addresses(folder, {RECIPIENT: ADDRESS[RECIPIENT]}, {SILENT: ADDRESS[SILENT]})
    return folder


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    mailbox = Mailbox()
    plain = {"disable_ssl": True, "disable_tls": True, "from_email": SENDER}
    post = {"conn_type": "smtp", "host": "127.0.0.1", "port": mailbox.port, "extra": plain}
    with (
        tempfile.TemporaryDirectory(prefix="tongket-chain-") as name,
        pytest.MonkeyPatch.context() as patch,
        mailbox.open(),
        _receive_lineage() as (receiver, events),
    ):
        patch.setenv("AIRFLOW__OPENLINEAGE__TRANSPORT", json.dumps({"type": "http", "url": receiver}))
        patch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(post))
        patch.setenv("TONGKET_ALERT_TO", ENGINEER)
        folder = Path(name)
        folder.chmod(0o755)  # the private server's own account must pass
        settings = dataclasses.replace(
            etl_settings.load_settings(),
            home=_home(folder),
            var=folder / "var",
            database_url="",
            scopes=(SCOPE,),
            min_age_seconds=0.0,
            received_clock="mtime",
            simulated=True,
            smtp_connection="smtp_default",
        )
        try:
            yield Live(settings, local.start_airflow(settings, port=0, components=COMPONENTS).client, mailbox, events)
        finally:
            local.stop_airflow(settings)


def _made(live: Live, before: set[str]) -> list[DagRun]:
    """The runs of the chain made since; the clock starts others beside it."""
    settled = wait_until_settled(live.client, seconds=SECONDS)
    return [run for run in settled if run.id not in before and run.dag in CHAIN]


def _known(live: Live) -> set[str]:
    return {run.id for run in list_dag_runs(live.client)}


def _keys(made: list[DagRun], dag: str) -> list[str]:
    return sorted(run.key for run in made if run.dag == dag)


def _states(live: Live, run: DagRun) -> dict[str, set[str]]:
    path = f"/api/v2/dags/{run.dag}/dagRuns/{run.id}/taskInstances"
    states: dict[str, set[str]] = {}
    for task in live.client.get(path, limit=100)["task_instances"]:
        states.setdefault(task["task_id"], set()).add(task["state"])
    return states


def _waiting(live: Live, kind: str) -> dict[str, int]:
    """Period → number of the documents that people have to decide on."""
    query = (
        "SELECT d.period, d.report_id FROM out.open_question AS w"
        " INNER JOIN out.report_document AS d USING (report_id) WHERE d.kind = :kind"
    )
    with build_engine(live.settings, "reader").connect() as conn:
        return {row.period: row.report_id for row in conn.execute(text(query), {"kind": kind})}


def _facts(live: Live) -> dict[str, Any]:
    drafts = live.settings.outbox / "drafts"
    found = {str(path.relative_to(drafts)): json.loads(path.read_text()) for path in drafts.rglob("*facts.json")}
    return {name: {key: value for key, value in facts.items() if key not in WHEN} for name, facts in found.items()}


def _list_lineage(events: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """What was read, by which job, what came of it: of tasks that completed, and what they told on their way."""
    return [
        (read["name"], event["job"]["name"], written["name"])
        for event in events
        if event["eventType"] in {"RUNNING", "COMPLETE"}
        for read in event["inputs"]
        for written in event["outputs"]
        if read["namespace"] == written["namespace"] == "tongket"
    ]


def _assert_lineage(events: list[dict[str, Any]]) -> None:
    """How each kind of data came of the one before, from the inbox to the draft."""
    assert set(_list_lineage(events)) >= {
        ("inbox", "intake.receive", "archive"),
        ("archive", "intake.process", "warehouse/core.observation"),
        ("warehouse/core.observation", "attain.compute", "warehouse/plan.attainment"),
        ("warehouse/plan.attainment", "report_quarterly.write", "outbox/drafts"),
    }


def test_files_in_the_inbox_become_reports_and_a_backfill_gives_the_same(live: Live) -> None:
    settings, client = live.settings, live.client
    for period in QUARTERS:
        client.trigger_dag_run("open_period", period)
    assert {run.state for run in wait_until_settled(client, seconds=SECONDS)} == {"success"}

    catalogue = load_catalogue(settings.catalog)
    periods = [Period.parse(key) for key in QUARTERS]
    forms = settings.outbox / "forms"
    assert sample.drop_deliveries(catalogue, SCOPE, periods, forms, settings.inbox, wave=1, only=UNITS)
    stray = settings.inbox / UNITS[0] / "ghi-chu.xlsx"
    stray.write_text("không phải bảng tính")

    before = _known(live)
    client.trigger_dag_run("intake")
    made = _made(live, before)
    assert {run.state for run in made} == {"success"}, "no run stands open while documents wait for a person"
    assert _keys(made, "attain") == QUARTERS, "one run for each period, however many files"
    assert _keys(made, "report_quarterly") == QUARTERS
    assert set(_keys(made, "report_six_nine_months")) == set(HALVES)
    skipped = [_states(live, run) for run in made if run.dag == "report_annual"]
    tasks = ("scopes", "write", "feedback", "ask", "watch")
    assert skipped == [{task: {"skipped"} for task in tasks}] * len(QUARTERS)
    assert sorted(_waiting(live, "report")) == HALVES + QUARTERS
    assert list((settings.outbox / "returns" / UNITS[0]).glob("*tra-lai*")), "the stray file is answered"
    told = _facts(live)
    assert {name.split("/")[0] for name in told} == {*HALVES, *QUARTERS}

    computed = next(run for run in made if run.dag == "attain" and run.key == "2024Q3")
    page = client.read_page(f"/tongket/of?dag=attain&run={urllib.parse.quote(computed.id)}")
    assert '<option value="2024Q3" selected>' in page, "from a run to the page of its period"
    _assert_lineage(live.events)

    before = _known(live)
    client.trigger_dag_run("intake")
    made = _made(live, before)
    assert {run.dag for run in made} == {"intake"}, "nothing new, nothing computed"
    assert {run.state for run in made} == {"success"}

    shutil.rmtree(settings.outbox / "drafts")
    again = backfill.run_backfill(client, QUARTERS)
    assert {run.state for run in again} == {"success"}
    assert _keys(again, "attain") == QUARTERS
    assert _facts(live) == told
    assert sorted(_waiting(live, "report")) == HALVES + QUARTERS, "the same drafts are asked about once"


def test_people_decide_on_the_page_and_a_changed_figure_becomes_a_correction(live: Live) -> None:
    settings, client = live.settings, live.client
    of = _waiting(live, "report")
    decide_on_page(client, of["2024Q1"], "approved", number="05", date=TODAY, signer=SIGNER)
    decide_on_page(client, of["2024Q2"], "sent_back", reason="Thiếu nguyên nhân")
    decide_on_page(client, of["2024H1"], "approved", number="06", date=TODAY, signer=SIGNER)
    assert of.keys() - _waiting(live, "report").keys() == {"2024H1", "2024Q1", "2024Q2"}
    half = settings.outbox / "reports" / "2024H1" / SCOPE / "ty-ct25_half" / "chung-thuc.json"
    assert json.loads(half.read_text())["cadence"] == "half"
    folder = settings.outbox / "reports" / "2024Q1" / SCOPE
    first = {path.name: path.read_bytes() for path in (folder / "ty-ct25_quarter").iterdir()}
    record = json.loads(first["chung-thuc.json"])
    assert record["approved"]["by"] == "admin" and record["period"] == "2024Q1"
    published = {path.name for path in (settings.outbox / "reports").iterdir() if path.is_dir()}
    assert published == {"2024H1", "2024Q1"}, "nothing else was decided so"

    catalogue = load_catalogue(settings.catalog)
    told = build_cell_values(catalogue, catalogue.scopes[SCOPE], Period.parse("2024Q1"))
    again = {key: int(value) - 40 if key[2] == "telehealth_users" else value for key, value in told.items()}
    (issued,) = (settings.outbox / "forms" / "2024Q1" / UNITS[0]).glob("[!.~]*.xlsx")
    write_atomic(settings.inbox / UNITS[0] / "lan-2.xlsx", fill_form(issued.read_bytes(), again))
    client.trigger_dag_run("intake")
    wait_until_settled(client, seconds=SECONDS)
    corrections = _waiting(live, "correction")
    assert set(corrections) <= {"2024H1", "2024Q1"}
    decide_on_page(client, corrections["2024Q1"], "approved", number="07", date=TODAY, signer=SIGNER)
    corrected = {path.name for path in (folder / "ty-ct25_quarter_thay-the-1").iterdir()}
    assert "ty-ct25_2024Q1_thay-the.docx" in corrected and "chung-thuc.json" in corrected
    assert {path.name: path.read_bytes() for path in (folder / "ty-ct25_quarter").iterdir()} == first


def test_what_was_signed_is_mailed_once_and_a_silent_unit_is_reminded(live: Live) -> None:
    outbox, client, mailbox = live.settings.outbox, live.client, live.mailbox
    runs_of: dict[str, list[DagRun]] = {"dispatch": [], "remind": []}
    for dag, key in (("dispatch", None), ("dispatch", None), ("remind", DAY_BEFORE)):
        made = client.trigger_dag_run(dag, key)
        runs_of[dag] += [run for run in wait_until_settled(client, seconds=SECONDS) if run.id == made]
    assert [_states(live, run) for run in runs_of["dispatch"]] == [
        {"folders": {"success"}, "mail": {"success"}, "questions": {"skipped"}, "watch": {"skipped"}}
    ] * 2
    (reminding,) = runs_of["remind"]
    assert reminding.state == "success" and _states(live, reminding)["remind"] == {"success"}

    signed = [path.parent for path in (outbox / "reports").glob("*/*/ty-ct25_*/chung-thuc.json")]
    ways = _list_lineage(live.events)
    assert ("outbox/reports", "dispatch.folders", "outbox/dispatched") in ways
    for folder in ("reports", *(path.relative_to(outbox).as_posix() for path in signed)):
        count = ways.count(("outbox/drafts", "dispatch.folders", f"outbox/{folder}"))
        assert count >= 1 if folder == "reports" else count == 1, f"{folder} is told of once, over two runs"
    assert len(signed) == 3, "a quarter, its correction, a half-year"
    *mails, reminder = mailbox.messages
    assert mailbox.to == [ADDRESS[RECIPIENT]] * len(signed) + [ADDRESS[SILENT]], "each once, over two runs"
    assert all("MÔ PHỎNG" in mail["Subject"] for mail in (*mails, reminder))
    given = {name for mail in mails for part in mail.iter_attachments() if (name := part.get_filename())}
    assert given and given <= {path.name for folder in signed for path in folder.iterdir()}
    assert len(list((outbox / "reports").glob(f"*/*/gui/{RECIPIENT}/*/manifest.json"))) == len(signed)
    told = {path.parent.name for path in (outbox / "reminders").glob(f"*/{DAY_BEFORE}.txt")}
    assert SILENT in told and not told & set(UNITS)


def test_a_run_without_a_key_fails_and_says_so(live: Live) -> None:
    before = _known(live)
    live.client.trigger_dag_run("attain")
    (run,) = _made(live, before)
    assert run.state == "failed"
    assert _states(live, run)["scopes"] == {"failed"}
    hour = live.client.trigger_dag_run("alerts")
    (told,) = [run for run in wait_until_settled(live.client, seconds=SECONDS) if run.id == hour]
    assert told.state == "success"
    (mail,) = [mail for mail in live.mailbox.messages if mail["To"] == ENGINEER]
    assert "attain" in mail["Subject"] and "scopes" in mail["Subject"]
