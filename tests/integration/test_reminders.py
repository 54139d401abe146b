"""Deadlines that pass, and reminders: each unit at most once a day, of all that is missing, quiet on days off."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from etl import load, steps
from etl.catalog.loader import Catalogue
from etl.cli.commands import app
from etl.errors import MailError, StorageError, UsageError
from etl.model import Finding, FindingLevel, Period
from etl.settings import Settings
from etl.warehouse import journal, unit_reports
from etl.warehouse.run_context import RunContext
from tests.integration.build import item
from tests.integration.published import addresses, home
from tests.mailbox import LOST, Mailbox

pytestmark = pytest.mark.integration

FORM, SCOPE = "kt-district-quarter", "kon-tum"
BEFORE, DAY_OFF, AFTER = "2024-04-16", "2024-04-18", "2024-04-23"  # due on the 22nd; the 18th was a holiday
DISTRICTS = ["608", "610", "611", "612", "613", "614", "615", "616", "617", "618"]


@pytest.fixture
def issued(loader: Engine) -> Engine:
    with loader.begin() as conn:
        journal.record_event(conn, "issued", scope=SCOPE, period="2024Q1", forms=10)
    return loader


def _send(
    engine: Engine, catalogue: Catalogue, unit: str, *, refused: str = "", at: str = "2024-04-10T08:00:00+07:00"
) -> None:
    findings = (Finding("V01", FindingLevel.REFUSE, refused),) if refused else ()
    with engine.begin() as conn:
        cells = {("608", "doctors"): "5"}
        load.load_deliveries(
            conn,
            [item(conn, catalogue, FORM, unit, "2024Q1", cells, findings=findings, received_at=at, name=refused + at)],
        )


def _read(settings: Settings, unit: str, day: str) -> str:
    return (settings.outbox / "reminders" / unit / f"{day}.txt").read_text(encoding="utf-8")


def test_who_is_not_in_is_reminded_and_who_was_refused_hears_why(
    warehouse: Settings, issued: Engine, catalogue: Catalogue
) -> None:
    _send(issued, catalogue, "608")
    _send(issued, catalogue, "610", refused="Ô cũ.", at="2024-04-10T08:00:00+07:00")
    _send(issued, catalogue, "610", refused="Ô F13 không phải là số.", at="2024-04-12T23:30:00+07:00")
    _send(issued, catalogue, "611", refused="Ô F13 không phải là số.")
    _send(issued, catalogue, "611", at="2024-04-15T08:00:00+07:00")
    done = steps.remind_units(SCOPE, BEFORE)
    assert done["reminded"] == [unit for unit in DISTRICTS if unit not in {"608", "611"}]
    refused, silent = _read(warehouse, "610", BEFORE), _read(warehouse, "612", BEFORE)
    assert "Tệp gửi ngày 12/04/2024 đã bị trả lại vì còn 1 nội dung phải sửa. Nội dung đầu tiên: Ô F13" in refused
    assert "quý I năm 2024: hạn gửi ngày 22/04/2024, còn 3 ngày làm việc." in silent
    assert "trả lại" not in silent
    assert silent.startswith("Nhắc gửi báo cáo: 1 biểu chưa được tiếp nhận\n\nKính gửi: Ủy ban nhân dân huyện")


@pytest.mark.parametrize("day", ["2024-04-15", "2024-04-17", "2024-04-22", "2024-04-24", "2024-05-03"])
def test_on_other_days_nobody_is_reminded(day: str, issued: Engine) -> None:
    assert steps.remind_units(SCOPE, day)["reminded"] == []


@pytest.mark.parametrize("day", [DAY_OFF, "2024-04-20", "2024-04-21"])
def test_days_off_are_quiet(day: str, issued: Engine) -> None:
    assert "day off" in steps.remind_units(SCOPE, day)["skipped"]


def test_without_issued_forms_nothing_is_missing(loader: Engine) -> None:
    assert steps.remind_units(SCOPE, AFTER)["reminded"] == []


def test_a_unit_is_told_once_a_day_and_what_it_was_told_stays(
    warehouse: Settings, issued: Engine, catalogue: Catalogue
) -> None:
    first = steps.remind_units(SCOPE, AFTER)["reminded"]
    said = _read(warehouse, "608", AFTER)
    _send(issued, catalogue, "608", refused="Ô F13 không phải là số.")
    _send(issued, catalogue, "610")
    assert steps.remind_units(SCOPE, AFTER)["reminded"] == first == DISTRICTS
    assert _read(warehouse, "608", AFTER) == said
    with issued.connect() as conn:
        events = journal.fetch_events(conn, "reminded")
    assert [(e.detail["unit"], e.detail["day"]) for e in events] == [(unit, AFTER) for unit in DISTRICTS]
    assert steps.remind_units(SCOPE, "2024-04-25")["reminded"] == [unit for unit in DISTRICTS if unit != "610"]


def test_a_file_that_cannot_be_written_stops_but_nobody_is_told_twice(warehouse: Settings, issued: Engine) -> None:
    blocked = warehouse.outbox / "reminders" / "612"
    blocked.parent.mkdir(parents=True)
    blocked.write_text("a file where the folder should be")
    with pytest.raises(StorageError):
        steps.remind_units(SCOPE, AFTER)
    blocked.unlink()
    assert steps.remind_units(SCOPE, AFTER)["reminded"] == DISTRICTS
    with issued.connect() as conn:
        assert len(journal.fetch_events(conn, "reminded")) == len(DISTRICTS)


def test_one_message_names_every_form_and_period_that_is_missing(warehouse: Settings, issued: Engine) -> None:
    with issued.begin() as conn:
        for period in ("2023", "2024Q2"):
            journal.record_event(conn, "issued", scope=SCOPE, period=period, forms=1)
    steps.remind_units(SCOPE, AFTER)
    said = _read(warehouse, "608", AFTER)
    assert said.startswith("Nhắc gửi báo cáo: 2 biểu")
    assert said.index("năm 2023: hạn gửi") < said.index("quý I năm 2024: hạn gửi")
    assert "quý II" not in said, "not due for months"


def test_units_with_an_address_get_it_by_mail_once(
    warehouse: Settings, issued: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses(home(tmp_path / "home", monkeypatch), {}, {"608": "ttyt.608@vi-du.test", "610": "ttyt.610@vi-du.test"})
    box = Mailbox("451 later")
    with box.open():
        with pytest.raises(MailError, match="1 of 2"):
            steps.remind_units(SCOPE, AFTER, box.post)
        assert steps.remind_units(SCOPE, AFTER, box.post)["sent"] == [f"reminder/608/{AFTER}"]
        assert steps.remind_units(SCOPE, AFTER, box.post)["sent"] == []
    assert box.to == ["ttyt.610@vi-du.test", "ttyt.608@vi-du.test"]
    body = box.messages[1].get_body(("plain",))
    assert body is not None
    said = f"{box.messages[1]['Subject']}\n\n{body.get_content()}".replace("\r\n", "\n")
    assert said == _read(warehouse, "608", AFTER)


def test_a_reminder_that_may_have_arrived_is_not_sent_again(
    issued: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses(home(tmp_path / "home", monkeypatch), {}, {"608": "ttyt.608@vi-du.test"})
    box = Mailbox(LOST)
    with box.open():
        for _ in range(2):
            with pytest.raises(MailError, match="1 of 1"):
                steps.remind_units(SCOPE, AFTER, box.post)
        assert steps.remind_units(SCOPE, "2024-04-25", box.post)["sent"] == ["reminder/608/2024-04-25"]
    assert len(box.raw) == 2


def test_addresses_without_a_connection_leave_the_files(
    issued: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses(home(tmp_path / "home", monkeypatch), {}, {"608": "ttyt.608@vi-du.test"})
    done = steps.remind_units(SCOPE, AFTER, None)
    assert (done["with_address"], done["sent"], len(done["reminded"])) == (1, [], 10)


@pytest.mark.parametrize(
    "call", [lambda: steps.remind_units(SCOPE, "22/04/2024"), lambda: steps.list_passed_deadlines("mai")]
)
def test_a_day_is_a_date(call: object, warehouse: Settings) -> None:
    with pytest.raises(UsageError, match="is no date"):
        call()  # type: ignore[operator]


# --- deadlines -----------------------------------------------------------------------------------


def test_a_deadline_passes_the_day_after_and_is_told_once(issued: Engine) -> None:
    assert steps.list_passed_deadlines("2024-04-22") == []
    assert steps.list_passed_deadlines(AFTER) == ["2024Q1"]
    assert steps.record_passed_deadlines("2024-04-22", ["2024Q1"]) == []
    assert steps.record_passed_deadlines(AFTER, ["2024Q1"]) == ["2024Q1"]
    assert steps.record_passed_deadlines(AFTER, ["2024Q1"]) == []
    assert steps.list_passed_deadlines("2024-04-24") == []
    with issued.connect() as conn:
        assert [e.detail for e in journal.fetch_events(conn, "deadline_passed")] == [{"period": "2024Q1", "day": AFTER}]


def test_periods_without_forms_or_with_a_report_written_since_are_left_alone(loader: Engine, issued: Engine) -> None:
    report = journal.ReportRecord(SCOPE, "kt-1693", "quarter", "2024Q1", "abc", "2024-04-24T08:00:00+07:00", {})
    with issued.begin() as conn:
        journal.record_report(conn, report)
    assert steps.list_passed_deadlines("2024-12-31") == []


def test_the_report_is_due_and_a_unit_that_comes_after_is_named_as_late(issued: Engine, catalogue: Catalogue) -> None:
    scope, period = catalogue.get_scope(SCOPE), Period.parse("2024Q1")
    _send(issued, catalogue, "608", at="2024-04-22T23:59:00+07:00")
    (announced,) = steps.list_passed_deadlines(AFTER)
    steps.record_passed_deadlines(AFTER, [announced])
    assert steps.check_report_due(SCOPE, announced)["due"]
    _send(issued, catalogue, "610", at="2024-04-26T08:00:00+07:00")
    assert steps.list_periods_to_compute([]) == [announced], "so its next draft follows"
    with issued.connect() as conn:
        found = {
            s.unit: (s.state, s.late_days)
            for s in unit_reports.fetch_submission_statuses(RunContext(conn, catalogue, scope, period))
        }
    assert found["608"] == ("accepted", 0)
    assert found["610"] == ("accepted", 4)
    assert found["611"] == ("silent", 0)


def test_forms_issued_by_the_shell_are_on_record(warehouse: Settings, loader: Engine, tmp_path: Path) -> None:
    one = ["forms", "--scope", SCOPE, "--period", "2024Q1", "--to", str(tmp_path / "forms"), "--json"]
    assert CliRunner().invoke(app, [*one, "--unit", "608"]).exit_code == 0
    with loader.connect() as conn:
        assert [e.detail for e in journal.fetch_events(conn, "issued")] == [
            {"scope": SCOPE, "period": "2024Q1", "unit": "608", "forms": 1}
        ]
    assert steps.remind_units(SCOPE, AFTER) == steps.remind_units(SCOPE, AFTER), "one unit's form opens nothing"
    assert not list((warehouse.outbox / "reminders").rglob("*.txt"))
    assert CliRunner().invoke(app, one).exit_code == 0 and CliRunner().invoke(app, one).exit_code == 0
    with loader.connect() as conn:
        assert len(journal.fetch_events(conn, "issued")) == 2
    assert steps.remind_units(SCOPE, AFTER)["reminded"]
