"""The main job, shown on simulated data: `python -m ops.demo`.

Airflow is started in a folder of its own (`var/demo`, clean every time), forms are issued, units fill them in and
drop them into the inbox, and real DAG runs check, load, compute and draft the reports of quarters and of years: the
history of a province and a district that are no more, and the last closed quarter of today of a whole province; with
`--longer` the reports of six and nine months too. Then one report of today is approved with number and date and one
sent back, on the page as a person would; its PDF is signed with a certificate made on the spot; a unit sends a figure
again, and the report that replaces it is approved. Needs no network.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from etl import settings as etl_settings
from etl.catalog import load_catalogue
from etl.errors import TongketError
from etl.file_io import create_folder, write_atomic
from etl.model import Period, PeriodKind
from etl.model.vietnam_time import get_current_date
from etl.settings import Settings
from etl.warehouse import connect
from ops import local
from ops.airflow_api import AirflowClient
from ops.dag_runs import DagRun, describe_failures, list_dag_runs, wait_for_run_end, wait_until_settled
from ops.page_decision import decide_on_page

HISTORY = ("2023", "2024Q1", "2024Q2", "2024Q3", "2024Q4", "2024")
LONGER = ("2024H1", "2024N", "2024H2")  # no forms of their own: their reports follow from the quarters
LONGER_DAG = "report_six_nine_months"
WAVES = {1: "first deliveries / gửi lần đầu", 2: "corrections and resubmissions / gửi lại, bổ sung"}
INTAKE = "Intake: check, load, answer / tiếp nhận, kiểm tra, phản hồi"
CHAIN = "Attainment → reports / tính chỉ tiêu → báo cáo"
REASON = "Đề nghị bổ sung nguyên nhân của chỉ tiêu chưa đạt."
SCOPES = ("kon-tum", "tan-yen", "quang-ngai")  # those of the history, then the one of today
SIGNED, RETURNED = "kt-1693", "kt-124"  # the plans whose reports of today are approved and sent back
RESENT = ("23293", "insured", -900)  # unit, element, change
SIGNER = "Nguyễn Văn A (mô phỏng)"
COMPONENTS = ("api-server", "scheduler", "dag-processor")  # nothing here defers, so no triggerer
SETTLE_SECONDS = 1800.0  # a patience: a machine may be busy
DOCUMENTS = {".docx", ".xlsx", ".pdf", ".html"}
KINDS = {"report": "report / báo cáo", "correction": "replacement / thay thế"}
DECISIONS = {"approved": "approved / phê duyệt", "sent_back": "sent back / trả lại"}
FOLDERS = {
    "Drafts / dự thảo": "drafts",
    "Published / đã phát hành": "reports",
    "Answers to the units / phản hồi cho đơn vị": "returns",
}
STOPPED = 130  # what shells expect after an interrupt


class DagRunFailed(TongketError):
    """A DAG run of the demonstration failed."""

    exit_code = 1


def build_demo_settings() -> Settings:
    """The install's settings, turned to simulation in a folder and on a private server of their own."""
    base = etl_settings.load_settings()
    return dataclasses.replace(
        base, var=base.var / "demo", database_url="", min_age_seconds=0.0, received_clock="mtime", simulated=True,
        scopes=SCOPES,
    )  # fmt: skip


def find_last_closed_quarter(day: dt.date) -> Period:
    """The quarter before that of a day."""
    return Period(day.year, PeriodKind.QUARTER, (day.month + 2) // 3).list_earlier_periods(1)[0]


def run_demo(settings: Settings, console: Console, today: Period, *, longer: bool = False) -> None:
    """Starts clean, plays every wave of the history and of the last closed quarter, and shows what came of it. Airflow
    keeps running.

    The DAG of six and nine months is paused unless they are asked for: they take a quarter of the whole time.

    Raises:
        RunFailed: a DAG run failed; names DAG, task and the end of its log.
    """
    with _open_phase(console, "Clean start / dọn sạch lần chạy trước"):
        local.stop_airflow(settings)
        shutil.rmtree(settings.var, ignore_errors=True)
        create_folder(settings.var)
    with _open_phase(console, "Airflow and PostgreSQL / khởi động Airflow và PostgreSQL"):
        running = local.start_airflow(settings, components=COMPONENTS)
    client = running.client
    console.print(f"    {running.address}  ·  {running.user} / {running.password}")
    periods = (*HISTORY, today.key)
    with _open_phase(console, f"Forms of {', '.join(periods)} / phát biểu mẫu") as note:
        for period in periods:
            client.trigger_dag_run("open_period", period)
        client.patch(f"/api/v2/dags/{LONGER_DAG}", {"is_paused": not longer})
        _settle_or_raise(client, note)
        note(f"{len(list((settings.outbox / 'forms').rglob('*.xlsx')))} workbooks / biểu")
    for wave, name in WAVES.items():
        with _open_phase(console, f"Inbox, {name}") as note:
            note(f"{_drop_wave(settings, periods, wave)} files / tệp")
    # One run takes them in the order in which they were sent: what is refused or revised, then what follows it.
    with _open_phase(console, INTAKE):
        wait_for_run_end(client, "intake", client.trigger_dag_run("intake"), seconds=SETTLE_SECONDS)
    with _open_phase(console, CHAIN) as note:
        _settle_or_raise(client, note)
        note(f"{len(list_dag_runs(client))} DAG runs / lượt chạy")
    run_sign_off(settings, client, console, today)


def run_sign_off(settings: Settings, client: AirflowClient, console: Console, today: Period) -> None:
    """Approves a report, sends one back, has a figure sent again and approves the correction."""
    with _open_phase(console, "Approved, sent back / phê duyệt, trả lại"):
        signed, returned = (_fetch_last_document(settings, plan, today, "report") for plan in (SIGNED, RETURNED))
        issued = get_current_date().isoformat()
        decide_on_page(client, signed, "approved", number="05", date=issued, signer=SIGNER)
        decide_on_page(client, returned, "sent_back", reason=REASON)
    with _open_phase(console, "A PDF signed with a test certificate / ký số bằng chứng thư thử") as note:
        note(_sign_published_pdf(settings, today))
    with _open_phase(console, "A figure sent again → replacement / gửi lại số liệu → thay thế") as note:
        _resend_workbook(settings, today)
        wait_for_run_end(client, "intake", client.trigger_dag_run("intake"), seconds=SETTLE_SECONDS)
        _settle_or_raise(client, note)
        correction = _fetch_last_document(settings, SIGNED, today, "correction")
        decide_on_page(client, correction, "approved", number="06", date=issued, signer=SIGNER)
        note("1 approved / đã phê duyệt")


def _sign_published_pdf(settings: Settings, period: Period) -> str:
    """Signs the PDF of the approved report as its leader would, and takes it in; says what came of it."""
    from simulation.digital_signature import create_test_authority, sign_test_pdf

    published = (settings.outbox / "reports").glob(f"*/*/*/{SIGNED}_{period.key}_*.pdf")
    papers = [paper for paper in published if "da-ky" not in paper.name]
    if not papers:
        return "no PDF: LibreOffice is missing / chưa có PDF"
    (paper,) = papers
    authority, copy = create_test_authority(), settings.var / f"{paper.stem}_da-ky.pdf"
    write_atomic(settings.trust_roots / "test.pem", authority.certificate)
    write_atomic(copy, sign_test_pdf(paper.read_bytes(), authority, "NguoiCoThamQuyen", SIGNER, "MÔ PHỎNG"))
    code = local.run_command(settings, ["tongket", "attach", str(paper), str(copy), "--by", "Văn thư (mô phỏng)"])
    if code:
        raise DagRunFailed(f"`tongket attach` gave {code}", where=str(copy), fix="read what it printed")
    return copy.name


def _fetch_last_document(settings: Settings, plan: str, period: Period, kind: Literal["report", "correction"]) -> int:
    """The number of the last draft of a plan's report of a period, or of what replaces it."""
    query = "SELECT max(report_id) FROM out.report_document WHERE plan = :plan AND period = :period AND kind = :kind"
    with connect.build_engine(settings, "reader").connect() as conn:
        number = conn.execute(text(query), {"plan": plan, "period": period.key, "kind": kind}).scalar_one()
    if number is None:
        raise DagRunFailed(f"no {kind} on {plan} of {period.key}", where="out.report_document", fix="see the runs")
    return int(number)


def _resend_workbook(settings: Settings, period: Period) -> None:
    """A unit sends its workbook again with one figure changed."""
    from simulation.cell_values import build_cell_values
    from simulation.form_filling import fill_form

    unit, element, change = RESENT
    catalogue = load_catalogue(settings.catalog)
    cell_values = build_cell_values(catalogue, catalogue.scopes[SCOPES[-1]], period)
    changed_values = {
        key: int(value) + change if key[0] == unit and key[2] == element else value
        for key, value in cell_values.items()
    }
    (issued,) = sorted((settings.outbox / "forms" / period.key / unit).glob("[!.~]*.xlsx"))
    write_atomic(settings.inbox / unit / f"{issued.stem}_lan2.xlsx", fill_form(issued.read_bytes(), changed_values))


def print_summary(settings: Settings, console: Console, today: Period) -> None:
    """Prints what there is to see: drafts, decisions, refused files, silent units, and where they lie."""
    outbox = settings.outbox
    _print_table(
        console, "Drafts / dự thảo", ("Period / kỳ", "Scope", "Plan / kế hoạch", "Files / tệp"), _list_drafts(outbox)
    )
    heads = ("Plan / kế hoạch", "Period / kỳ", "Document / văn bản", "Decision / quyết định", "Where, or why")
    _print_table(console, "Decisions / quyết định", heads, _fetch_decisions(settings))
    refused, silent = _fetch_refused_and_silent(settings, (*HISTORY, today.key))
    _print_table(
        console, "Refused files / tệp bị trả lại", ("Folder / thư mục", "File / tệp", "Findings / lỗi"), refused
    )
    _print_table(
        console, "Units silent / đơn vị chưa gửi", ("Scope", "Period / kỳ", "Unit / đơn vị", "Form / biểu"), silent
    )
    for what, name in FOLDERS.items():
        console.print(f"{what}: {outbox / name}", markup=False, highlight=False, soft_wrap=True)


def _list_drafts(outbox: Path) -> list[tuple[str, ...]]:
    """Grain: (period, scope, plan)."""
    found: dict[tuple[str, ...], list[str]] = {}
    for path in sorted((outbox / "drafts").glob("*/*/*")):
        if path.suffix in DOCUMENTS:
            scope = path.parent
            found.setdefault((scope.parent.name, scope.name, path.name.split("_")[0]), []).append(path.suffix[1:])
    return [(*key, ", ".join(dict.fromkeys(kinds))) for key, kinds in found.items()]


def _fetch_decisions(settings: Settings) -> list[tuple[str, ...]]:
    """What people decided, in order."""
    query = (
        "SELECT plan, period, kind, decision, decided_by, coalesce(reason, '') AS reason, folder"
        " FROM out.report_document WHERE decision IS NOT NULL ORDER BY decided_at"
    )
    with connect.build_engine(settings, "reader").connect() as conn:
        return [
            (r.plan, r.period, KINDS[r.kind], f"{DECISIONS[r.decision]} ({r.decided_by})", r.reason or str(r.folder))
            for r in conn.execute(text(query))
        ]


def _drop_wave(settings: Settings, keys: Sequence[str], wave: int) -> int:
    from simulation.deliveries import drop_deliveries

    catalogue = load_catalogue(settings.catalog)
    periods = [Period.parse(key) for key in keys]
    return sum(
        len(drop_deliveries(catalogue, scope, periods, settings.outbox / "forms", settings.inbox, wave=wave))
        for scope in settings.scopes
    )


def _settle_or_raise(client: AirflowClient, note: PhaseNote) -> None:
    def note_runs(now: list[DagRun]) -> None:
        names = sorted({f"{run.dag} {run.key}" for run in now if re.match(r"\d{4}($|[QHN])", run.key)})
        note(f"{len(now)} runs: {', '.join(names[:4])}{' …' if len(names) > 4 else ''}")

    paused = [LONGER_DAG] if client.get(f"/api/v2/dags/{LONGER_DAG}")["is_paused"] else []
    found = wait_until_settled(client, seconds=SETTLE_SECONDS, on_poll=note_runs, paused=paused)
    failed = [run for run in found if run.state == "failed"]
    if failed:
        messages = "\n".join(text for run in failed for text in describe_failures(client, run))
        raise DagRunFailed(
            f"{len(failed)} DAG run(s) failed:\n{messages}", where=client.address, fix="mend what the log names"
        )


def _fetch_refused_and_silent(
    settings: Settings, keys: Sequence[str]
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    refused = "SELECT folder, original_name, refusals FROM out.delivery WHERE state = 'refused' ORDER BY 1, 2"
    silent = (
        "SELECT scope, period, unit_name, form FROM out.unit_status"
        " WHERE state = 'silent' AND scope = ANY(:scopes) AND period = ANY(:periods) ORDER BY 1, 2, 3, 4"
    )
    parameters = {"scopes": list(settings.scopes), "periods": list(keys)}
    with connect.build_engine(settings, "reader").connect() as conn:
        return (
            [tuple(map(str, row)) for row in conn.execute(text(refused))],
            [tuple(map(str, row)) for row in conn.execute(text(silent), parameters)],
        )


class PhaseNote:
    """What a phase has to say of itself while it lasts: the last word counts."""

    def __init__(self, console: Console, title: str) -> None:
        self.live = console.status(title)
        self.text = ""
        self._title = title

    def __call__(self, text: str) -> None:
        """Shows the word in place of the one before."""
        self.text = text
        self.live.update(f"{self._title}  {text}")


@contextmanager
def _open_phase(console: Console, title: str) -> Iterator[PhaseNote]:
    began, note = time.monotonic(), PhaseNote(console, title)
    with note.live:
        yield note
    console.print(f"[green]✔[/] {title}  [dim]{note.text}[/]  {time.monotonic() - began:.1f} s", highlight=False)


def _print_table(console: Console, title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    table = Table(title=f"{title}: {len(rows)}", title_justify="left")
    for head in heads:
        table.add_column(head, overflow="fold")  # a path that is cut off is of no use
    for row in rows:
        table.add_row(*row)
    console.print(table)


def main(arguments: list[str] | None = None) -> int:
    """The shell's door. Exit code 0 shown, 1 a DAG run failed, 2 something else is wrong, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m ops.demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave Airflow running, to look around")
    parser.add_argument("--longer", action="store_true", help="with the reports of six and nine months")
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    console = Console()
    settings = None
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever stops the show, Airflow is stopped with it
    try:
        settings = build_demo_settings()
        console.print("[bold]Tongket: SỐ LIỆU MÔ PHỎNG (simulated data)[/]")
        today = find_last_closed_quarter(get_current_date())
        run_demo(settings, console, today, longer=chosen.longer)
        print_summary(settings, console, today)
        console.print(f"[bold]Done / xong:[/] {time.monotonic() - began:.0f} s")
        return 0
    except TongketError as error:
        console.print(str(error), style="red", markup=False)
        return error.exit_code
    except KeyboardInterrupt:
        console.print("Stopped / đã dừng", style="red")
        return STOPPED
    finally:
        if settings is not None and not chosen.keep:
            local.stop_airflow(settings)


if __name__ == "__main__":
    sys.exit(main())
