from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text

from etl import steps
from etl.model import Period
from etl.model.numbers import format_number
from etl.receive import build_archive_path
from etl.warehouse.connect import build_engine
from simulation.cell_values import build_cell_values
from tests import conservation
from tests.e2e.conftest import PERIODS, SCOPES, Job

pytestmark = [pytest.mark.integration, pytest.mark.slow]

TONGKET = [sys.executable, "-m", "etl"]


def shell(*arguments: str, code: int = 0) -> Any:
    done = subprocess.run([*TONGKET, *arguments, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def rows(scope: str, period: str, unit: str, **more: str) -> dict[tuple[str, str], dict[str, Any]]:
    found = steps.list_attainment_rows(scope, period, **more)
    return {(r["plan"], r["item"]): r for r in found if r["unit"] == unit}


def sql(job: Job, statement: str, **given: object) -> list[Any]:
    with build_engine(job.settings, "loader").connect() as conn:
        return list(conn.execute(text(statement), given))


def words(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        xml = archive.read("word/document.xml").decode()
    import re

    return re.sub(r"<[^>]+>", "", re.sub(r"</w:p>", "\n", xml))


def draft(job: Job, scope: str, period: str, plan: str, kind: str) -> Path:
    folder = job.settings.outbox / "drafts" / period / scope
    return next(p for p in folder.iterdir() if p.name.startswith(f"{plan}_{period}_") and p.name.endswith(kind))


# --- intake ----------------------------------------------------------------------------------------


def test_every_file_ends_in_the_archive_with_one_verdict(job: Job) -> None:
    conservation.check_archive(job.settings)


def test_refused_files_load_nothing_and_their_senders_know_why(job: Job) -> None:
    refused = sql(
        job,
        "SELECT d.folder, d.sha256, array_agg(DISTINCT f.code) AS codes FROM ops.delivery AS d "
        "INNER JOIN ops.verdict AS v USING (delivery_id) INNER JOIN ops.finding AS f USING (delivery_id) "
        "WHERE NOT v.accepted AND f.level = 'refuse' GROUP BY 1, 2",
    )
    codes = {code for row in refused for code in row.codes}
    assert {"F01", "S02"} <= codes and any(code[0] in "VR" for code in codes)
    for row in refused:
        answers = list((job.settings.outbox / "returns" / row.folder).glob(f"*{row.sha256[:8]}_tra-lai.xlsx"))
        assert len(answers) == 1
        page = openpyxl.load_workbook(answers[0])["Kết quả kiểm tra"]
        said = {str(c.value) for line in page.iter_rows() for c in line}
        assert set(row.codes) <= said and "SỐ LIỆU MÔ PHỎNG" in said
    loaded = sql(
        job,
        "SELECT count(*) FROM core.submission AS s INNER JOIN ops.verdict AS v USING (delivery_id) WHERE NOT v.accepted",
    )
    assert loaded == [(0,)]


def test_every_accepted_file_has_its_receipt(job: Job) -> None:
    assert conservation.check_answers(job.settings, accepted=True, suffix="bien-nhan") > 180


def test_a_resubmission_is_version_two_and_the_first_stays(job: Job) -> None:
    versions = sql(
        job,
        "SELECT u.code, s.period, array_agg(s.version ORDER BY s.version) AS versions FROM core.submission AS s "
        "INNER JOIN core.org_unit AS u USING (org_unit_id) GROUP BY 1, 2, s.form HAVING count(*) > 1",
    )
    assert versions and all(list(row.versions) == [1, 2] for row in versions)


def test_what_was_written_is_what_was_loaded_cell_by_cell(job: Job) -> None:
    scope, period = job.catalogue.scopes["kon-tum"], Period.parse("2024Q4")
    written = build_cell_values(job.catalogue, scope, period)
    loaded = sql(
        job,
        "SELECT u.code AS unit, l.code AS leaf, e.code AS element, o.value FROM core.observation AS o "
        "INNER JOIN core.submission AS s USING (submission_id) INNER JOIN core.org_unit AS u ON u.org_unit_id = s.org_unit_id "
        "INNER JOIN core.org_unit AS l ON l.org_unit_id = o.org_unit_id INNER JOIN core.data_element AS e USING (data_element_id) "
        "WHERE s.period = '2024Q4' AND s.scope = 'kon-tum' AND s.version = 1",
    )
    assert len(loaded) == 102 * 41 + 10 * 10
    for row in loaded:
        assert float(row.value) == float(written[row.unit, row.leaf, row.element]), row


# --- attainment --------------------------------------------------------------------------------------


def test_the_shell_gives_the_printed_baselines(job: Job) -> None:
    given = shell("attain", "--scope", "kon-tum", "--period", "2023", "--plan", "kt-1693")
    found = {r["item"]: r for r in given["rows"] if r["unit"] == "62"}
    compared = 0
    for target in job.catalogue.plans["kt-1693"].targets:
        if target.baseline and target.baseline.value is not None:
            wanted = format_number(float(target.baseline.value), target.decimals)
            assert format_number(found[target.item]["value"], target.decimals) == wanted, target.item
            compared += 1
    assert compared == 22


def test_a_silent_district_is_missing_and_not_zero(job: Job) -> None:
    silent = [u for u in steps.list_unit_statuses("kon-tum", "2024Q3")["units"] if u["state"] == "silent"]
    assert [u["unit"] for u in silent] == ["618"]
    province, district = rows("kon-tum", "2024Q3", "62"), rows("kon-tum", "2024Q3", "618")
    key = ("kt-1693", "12")
    assert district[key]["status"] == "no_data" and district[key]["value"] is None
    assert province[key]["completeness"] == pytest.approx(99 / 102)
    others = [
        rows("kon-tum", "2024Q3", u)[key] for u in ("608", "610", "611", "612", "613", "614", "615", "616", "617")
    ]
    assert province[key]["numerator"] == sum(r["numerator"] for r in others)
    assert province[key]["denominator"] == sum(r["denominator"] for r in others)


def test_flows_add_up_over_quarters_and_the_year_reconciles(job: Job) -> None:
    key = ("kt-1693", "7")
    for unit in ("62", "612"):
        year = rows("kon-tum", "2024", unit)[key]
        assert (year["numerator"], year["denominator"]) != (None, None)
        if unit != "62":  # the province's fourth quarter lacks the district that was silent in the third
            last = rows("kon-tum", "2024Q4", unit)[key]
            assert (year["numerator"], year["denominator"]) == (last["numerator"], last["denominator"])
    first, second = rows("kon-tum", "2024Q1", "612")[key], rows("kon-tum", "2024Q2", "612")[key]
    assert first["numerator"] < second["numerator"]
    stock = ("kt-1693", "12")
    assert rows("kon-tum", "2024", "612")[stock]["numerator"] == rows("kon-tum", "2024Q4", "612")[stock]["numerator"]


def test_the_past_is_rebuilt_as_it_was_known(job: Job) -> None:
    changed = sql(
        job,
        "SELECT DISTINCT s.period, s.scope FROM core.submission AS s WHERE s.version = 2 AND s.scope = 'kon-tum' ORDER BY 1",
    )
    assert changed
    period = changed[0].period
    before, after = (steps.list_attainment_rows("kon-tum", period, as_known_at=at) for at in (job.between, None))
    assert before != after
    assert before == steps.list_attainment_rows("kon-tum", period, as_known_at=job.between)


def test_every_target_of_every_plan_has_a_row_for_every_unit(job: Job) -> None:
    for name in SCOPES:
        scope = job.catalogue.scopes[name]
        found = [row for row in steps.list_attainment_rows(name, "2024Q2") if not row["of_agency"]]
        units = {r["unit"] for r in found}
        targets = sum(len(job.catalogue.plans[p].targets) for p in scope.plans)
        assert len(units) == {"kon-tum": 11, "tan-yen": 20}[name] and len(found) == targets * len(units)


# --- reports -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", SCOPES)
def test_every_plan_with_a_duty_has_its_documents_at_each_cadence(scope: str, job: Job) -> None:
    for period in PERIODS:
        kind = Period.parse(period).kind.value
        for definition in job.catalogue.scopes[scope].reports:
            if definition.cadence != kind:
                continue
            if job.catalogue.plans[definition.plan].valid_from > Period.parse(period).end:
                assert not list((job.settings.outbox / "drafts" / period).glob(f"{scope}/{definition.plan}*"))
                continue
            text_of = words(draft(job, scope, period, definition.plan, "bao-cao.docx"))
            facts = json.loads(draft(job, scope, period, definition.plan, "facts.json").read_bytes())
            day = date.fromisoformat(facts["snapshot"]["at"][:10])
            for recipient in definition.recipients:
                assert job.catalogue.find_body_name(recipient, day) in text_of
            assert "SỐ LIỆU MÔ PHỎNG" in text_of and "{{" not in text_of and "None" not in text_of
            assert draft(job, scope, period, definition.plan, "phu-luc.xlsx").stat().st_size > 5000


@pytest.mark.parametrize(("period", "quarters"), [("2024H1", 2), ("2024N", 3)])
def test_six_and_nine_months_are_reported_from_their_quarters(period: str, quarters: int, job: Job) -> None:
    made = steps.draft_period_reports("kon-tum", period)["documents"]
    assert {Path(name).name.split("_")[0] for name in made} == {"kt-1693"}
    facts = json.loads(draft(job, "kon-tum", period, "kt-1693", "facts.json").read_text(encoding="utf-8"))
    assert len({row["unit"] for row in facts["submissions"]}) * quarters == len(facts["submissions"])
    figure = facts["figures"]["15.1"]["62"]  # cases of the quarters together, beside as much of the year's plan
    single = json.loads(draft(job, "kon-tum", "2024Q2", "kt-1693", "facts.json").read_text(encoding="utf-8"))
    alone = single["figures"]["15.1"]["62"]["numerator"]["value"]
    assert figure["numerator"]["value"] == alone if quarters == 2 else figure["numerator"]["value"] > alone
    assert figure["prorated_target"]["exact"] == str(Fraction(figure["target"]["exact"]) * quarters / 4)


def test_the_report_says_what_changed_since_the_one_before(job: Job) -> None:
    text_of = words(draft(job, "kon-tum", "2024Q3", "kt-1693", "bao-cao.docx"))
    assert "Thay đổi so với quý II năm 2024" in text_of
    assert "Đến ngày lập báo cáo, quý IV năm 2024 đã kết thúc" in text_of, "drawn years after it, it directs nobody"
    assert "Thay đổi so với" not in words(draft(job, "kon-tum", "2024Q1", "kt-124", "bao-cao.docx")), "the first of all"


def test_the_silent_district_is_named_in_the_report(job: Job) -> None:
    assert "Ia H’Drai" in words(draft(job, "kon-tum", "2024Q3", "kt-1693", "bao-cao.docx"))


def test_a_report_drafted_again_with_nothing_new_has_the_same_bytes(job: Job) -> None:
    paths = list((job.settings.outbox / "drafts" / "2024Q2" / "kon-tum").iterdir())
    before = {p.name: p.read_bytes() for p in paths}
    steps.draft_period_reports("kon-tum", "2024Q2")
    assert {p.name: p.read_bytes() for p in paths} == before


def test_a_draft_stays_while_nothing_changed_and_is_mended_when_it_was(job: Job) -> None:
    first = steps.draft_reports("tan-yen", "2024Q3", "quarter")["documents"]
    times = {name: Path(name).stat().st_mtime_ns for name in first}
    assert {
        name: Path(name).stat().st_mtime_ns for name in steps.draft_reports("tan-yen", "2024Q3", "quarter")["documents"]
    } == times
    content = Path(first[0]).read_bytes()
    Path(first[0]).write_bytes(b"half")
    steps.draft_reports("tan-yen", "2024Q3", "quarter")
    assert Path(first[0]).read_bytes() == content


def test_a_report_rebuilt_at_its_snapshot_has_the_same_bytes(job: Job) -> None:
    (row,) = sql(
        job, "SELECT known_at FROM ops.report WHERE scope = 'tan-yen' AND period = '2024Q1' ORDER BY report_id LIMIT 1"
    )
    path = draft(job, "tan-yen", "2024Q1", "ty-ct25", "bao-cao.docx")
    before = path.read_bytes()
    steps.draft_period_reports("tan-yen", "2024Q1", as_known_at=row.known_at.isoformat())
    assert path.read_bytes() == before


# --- again --------------------------------------------------------------------------------------------


def test_a_second_run_does_nothing(job: Job) -> None:
    counts = "SELECT (SELECT count(*) FROM core.observation), (SELECT count(*) FROM ops.verdict), (SELECT count(*) FROM ops.delivery)"
    before = sql(job, counts)
    assert steps.open_period("kon-tum", "2024Q1")["issued"] == 0
    assert steps.receive_deliveries()["batches"] == []
    assert steps.process_batch(0) == {"accepted": 0, "refused": 0, "answered": 0, "periods": []}
    assert steps.write_answers()["written"] == 0
    assert steps.list_periods_to_compute([]) == []
    assert steps.compute_attainment("kon-tum", "2024Q1")["new"] is False
    assert sql(job, counts) == before


def test_the_same_bytes_again_under_another_name_load_nothing(job: Job) -> None:
    some = sql(
        job,
        "SELECT d.sha256, d.folder FROM ops.delivery AS d INNER JOIN ops.verdict AS v USING (delivery_id) WHERE v.accepted",
    )
    for row in (some[0], some[-1]):
        copy = job.settings.inbox / row.folder / "Bản sao.xlsx"
        copy.write_bytes(build_archive_path(job.settings.archive, row.sha256).read_bytes())
    received = steps.receive_deliveries()
    assert (received["received"], received["duplicates"], received["batches"]) == (0, 2, [])
    assert steps.write_answers()["written"] == 2, "who asks again is told again"


def test_a_file_moved_to_the_right_folder_is_accepted(job: Job) -> None:
    (row,) = sql(
        job,
        "SELECT d.sha256, v.unit_code FROM ops.delivery AS d INNER JOIN ops.verdict AS v USING (delivery_id) "
        "INNER JOIN ops.finding AS f USING (delivery_id) WHERE f.code = 'S02'",
    )
    before = sql(job, "SELECT max(submission_id) FROM core.submission")
    moved = job.settings.inbox / row.unit_code / "Đúng thư mục.xlsx"
    moved.write_bytes(build_archive_path(job.settings.archive, row.sha256).read_bytes())
    assert steps.receive_deliveries()["received"] == 1
    assert sum(steps.process_batch(batch)["accepted"] for batch in range(job.settings.batches)) == 1
    assert sql(job, "SELECT max(submission_id) FROM core.submission") > before


def test_everything_was_announced_as_stale_until_it_was_computed(job: Job) -> None:
    assert job.results["touched"] == sorted(PERIODS)


# --- the shell ----------------------------------------------------------------------------------------


def test_status_and_store_from_the_shell(job: Job) -> None:
    assert len(shell("status", "--scope", "tan-yen", "--period", "2024Q2")["units"]) == 19
    assert all(m["applied_at"] for m in shell("warehouse", "status")["migrations"])


def test_check_gives_the_verdict_of_intake_offline(job: Job, tmp_path: Path) -> None:
    issued = next((job.settings.outbox / "forms" / "2024Q3" / "612").iterdir())
    assert [f["code"] for f in shell("check", str(issued), code=1)["findings"]] == ["S11"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("attain", "--scope", "ha-noi", "--period", "2024"),
        ("attain", "--scope", "kon-tum", "--period", "quy-1"),
        ("attain", "--scope", "kon-tum", "--period", "2024", "--plan", "ty-ct25"),
        ("attain", "--scope", "kon-tum", "--period", "2024", "--as-known-at", "hôm qua"),
        ("report", "--scope", "kon-tum", "--period", "2024-13"),
        ("forms", "--scope", "kon-tum", "--period", "2024Q1", "--unit", "999", "--to", "x"),
        ("check", "khong-co.xlsx"),
    ],
)
def test_wrong_use_is_exit_two_and_one_document(arguments: tuple[str, ...], job: Job) -> None:
    error = shell(*arguments, code=2)["error"]
    assert error["what"] and error["fix"]
