"""Who reported what and when, and what they said in words."""

import pytest
from sqlalchemy import Engine, text

from etl import load
from etl.attainment.report_inputs import list_task_reports
from etl.catalog.loader import Catalogue
from etl.catalog.obligations import list_obligations
from etl.model import Finding, FindingLevel, NoteReport, Period
from etl.warehouse import quarter_values, unit_reports
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot
from tests.integration.build import item

pytestmark = pytest.mark.integration

FORM, PERIOD = "kt-district-quarter", Period.parse("2024Q1")


def _send(engine: Engine, catalogue: Catalogue, unit: str, period: str = "2024Q1", **more: object) -> str:
    cells = more.pop("cells", {("608", "doctors"): "5"})
    with engine.begin() as conn:
        load.load_deliveries(conn, [item(conn, catalogue, FORM, unit, period, cells, **more)])  # type: ignore[arg-type]
    with engine.connect() as conn:
        return take_snapshot(conn).at


def test_states_lateness_and_versions(loader: Engine, catalogue: Catalogue) -> None:
    refuse, confirm = Finding("V01", FindingLevel.REFUSE, "sai"), Finding("R01", FindingLevel.CONFIRM, "lạ")
    _send(loader, catalogue, "608", received_at="2024-04-22T23:30:00+07:00", findings=(confirm,))
    on_time = _send(loader, catalogue, "610", received_at="2024-04-22T18:00:00+00:00", name="a")
    _send(loader, catalogue, "610", received_at="2024-05-20T08:00:00+07:00", name="b")
    _send(loader, catalogue, "611", findings=(refuse,))
    _send(loader, catalogue, "612", findings=(refuse,), name="wrong")
    _send(loader, catalogue, "612", name="right")
    with loader.connect() as conn:
        found = unit_reports.fetch_submission_statuses(
            RunContext(conn, catalogue, catalogue.get_scope("kon-tum"), PERIOD)
        )
        then = unit_reports.fetch_submission_statuses(
            RunContext(conn, catalogue, catalogue.get_scope("kon-tum"), PERIOD, on_time)
        )
        view = conn.execute(text("SELECT unit_code, state, due_on::text FROM out.unit_status WHERE scope = 'kon-tum' "
                                 "AND period = '2024Q1'")).all()  # fmt: skip
    states = {s.unit: s for s in found}
    assert [s.unit for s in found] == [
        u.code for _, _, u in list_obligations(catalogue, catalogue.get_scope("kon-tum"), PERIOD)
    ]
    assert {s.due for s in found} == {"2024-04-22"}
    assert (states["608"].state, states["608"].late_days, states["608"].findings_confirm) == ("accepted", 0, 1)
    assert (states["610"].received_on, states["610"].late_days, states["610"].version) == ("2024-04-23", 1, 2)
    assert (states["611"].state, states["612"].state, states["613"].state) == ("refused", "accepted", "silent")
    assert {s.unit: (s.state, s.version) for s in then if s.state != "silent"} == {
        "608": ("accepted", 1),
        "610": ("accepted", 1),
    }
    assert {(r.unit_code, r.state, r.due_on) for r in view} == {(s.unit, s.state, s.due) for s in found}


def test_words_on_tasks_and_notes(loader: Engine, catalogue: Catalogue) -> None:
    task = "task.kt-124.III.2-3"
    cells = {("608", f"{task}.state"): "Đang thực hiện", ("608", f"{task}.remark"): "chờ kinh phí",
             ("608", "note.2.difficulty"): "thiếu bác sĩ", ("608", "note.2.proposal"): "tuyển thêm",
             ("608", "note.2.level"): "Tỉnh"}  # fmt: skip
    then = _send(loader, catalogue, "608", cells=cells)
    with loader.connect() as conn:
        noted = conn.execute(text("SELECT number, difficulty, cause, proposal, level FROM out.note_report")).one()
    assert tuple(noted) == (2, "thiếu bác sĩ", "", "tuyển thêm", "Tỉnh")
    _send(
        loader,
        catalogue,
        "608",
        cells={("608", f"{task}.state"): "Đã hoàn thành", ("608", f"{task}.date"): "2024-03-01"},
    )
    scope = catalogue.get_scope("kon-tum")
    with loader.connect() as conn:
        now_known, then_known = (RunContext(conn, catalogue, scope, PERIOD, at) for at in (None, then))
        assert unit_reports.fetch_difficulty_notes(now_known) == []
        assert unit_reports.fetch_difficulty_notes(then_known) == [
            NoteReport("608", "2024Q1", 2, "thiếu bác sĩ", "", "tuyển thêm", "Tỉnh")
        ]
        (now,) = unit_reports.fetch_task_statements(now_known)
        (before,) = unit_reports.fetch_task_statements(then_known)
        seen = conn.execute(text("SELECT plan, task, stated, done_on, remark FROM out.task_report")).one()
    said = unit_reports.TaskStatement("kt-124", "III.2-3", "608", "2024Q1", "Đã hoàn thành", "2024-03-01")
    assert now == said
    assert (before.stated, before.remark, before.done_on) == ("Đang thực hiện", "chờ kinh phí", "")
    assert tuple(seen) == (said.plan, said.task, said.stated, said.done_on, said.remark)


def test_history_of_a_years_quarters(loader: Engine, catalogue: Catalogue) -> None:
    for period, births in (("2024Q1", "5"), ("2024Q2", "0"), ("2024Q4", "?")):
        _send(loader, catalogue, "608", period, cells={("23281", "live_births"): births})
    _send(loader, catalogue, "608", "2024Q1", cells={("23281", "live_births"): "6"})
    _send(loader, catalogue, "610", "2024Q3", cells={("23281", "live_births"): "9"})
    with loader.connect() as conn:
        assert quarter_values.fetch_quarter_values(conn, catalogue, "608", Period.parse("2024")) == {
            ("23281", "live_births"): (6.0, 0.0, None, None)
        }
        assert quarter_values.fetch_quarter_values(conn, catalogue, "608", Period.parse("2023")) == {}


def test_a_task_that_the_quarter_does_not_ask_about_stands_as_the_last_year_said(
    loader: Engine, catalogue: Catalogue
) -> None:
    scope, quarter = catalogue.get_scope("kon-tum"), Period.parse("2025Q1")
    led = [task for plan, task in catalogue.list_led_tasks(scope, "district", quarter) if plan.id == "kt-124"]
    said = {("608", f"task.kt-124.{task.id}.state"): "Đang thực hiện" for task in led}
    with loader.begin() as conn:
        load.load_deliveries(conn, [item(conn, catalogue, "kt-district-year", "608", "2024", said)])
        counted = {("23281", "pop_total"): "5"}
        load.load_deliveries(conn, [item(conn, catalogue, FORM, "608", quarter.key, counted)])
    with loader.connect() as conn:
        context = RunContext(conn, catalogue, scope, quarter)
        found = {r.task: r.stated for r in list_task_reports(context) if r.stated}
    unasked = [task.id for task in led if task.deadline.kind != "by_date"]
    assert found == dict.fromkeys(unasked, "Đang thực hiện") and 0 < len(unasked) < len(led)
