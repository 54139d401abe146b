"""`tongket catalogue check`: every mistake at once, each with its file, line, value, what was expected, what is near."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from etl.catalog import load_catalogue
from etl.catalog.contacts import load_contacts
from etl.catalog.loader import list_catalogue_problems
from etl.catalog.problems import CatalogueProblem
from etl.cli.commands import app
from etl.errors import CatalogueError
from tests.catalogue.whole import load_whole_catalogue

PLAN, FORMS, SCOPE = "plans/kt-1693.yaml", "forms/columns.csv", "scopes/kon-tum.yaml"
INDICATORS, UNITS, SUCCESSIONS = "indicators.yaml", "units/units.csv", "units/successions.csv"
REGIMES = "regimes/regimes.yaml"
LIVE = "scopes/quang-ngai.yaml"
DOCTORS = "numerator: {elements: [doctors]}, denominator: {elements: [pop_total]}, factor: 10000"

TEN = {
    "a typo in a key": (
        "plans/kt-124.yaml", "short_title:", "short_titel:",
        "plans/kt-124.yaml:5: key short_titel: unknown key 'short_titel'", "short_title",
    ),
    "an unknown indicator": (
        PLAN, "indicator: doctors_per_10k", "indicator: doctors_per_10kk",
        "plans/kt-1693.yaml:62: item 1: unknown indicator 'doctors_per_10kk'", "doctors_per_10k",
    ),
    "an item twice": (PLAN, 'item: "15.2"', 'item: "15.1"', "plans/kt-1693.yaml:261: item 15.1: item '15.1' stands twice", ""),
    "a day first": (
        PLAN, "date: 2024-05-17", "date: 17/05/2024",
        "plans/kt-1693.yaml:9: key date: Input should be a valid date or datetime, invalid character in year; found '17/05/2024'",
        "2024-05-17",
    ),
    "no denominator": (
        INDICATORS, DOCTORS, DOCTORS.replace("denominator: {elements: [pop_total]}, ", ""),
        "indicators.yaml:4: doctors_per_10k: the whole entry: method ratio needs numerator and denominator", "",
    ),
    "a unit twice": (
        UNITS, "51,Tỉnh Quảng Ngãi", "51,Quảng Ngãi,province,,VN,2025-07-01,,x,\n51,Tỉnh Quảng Ngãi",
        "units/units.csv:6: 51: unit 51 is valid twice at 2025-07-01", "",
    ),
    "a form's row of an unknown element": (
        FORMS, ",live_births,", ",live_birth,", "forms/columns.csv:30: data_element: unknown data element 'live_birth'",
        "live_births",
    ),
    "a decimal comma": (
        PLAN, 'operator: ">=", value: 11.5', 'operator: ">=", value: "11,5"',
        "plans/kt-1693.yaml:68: item 1: key targets.0.milestones.0.value: Input should be a valid decimal; found '11,5'", "11.5",
    ),
    "a bare decimal comma": (
        PLAN, 'operator: ">=", value: 11.5', 'operator: ">=", value: 11,5',
        "plans/kt-1693.yaml:68: key value: 11,5 is read as 11 and another key", "11.5",
    ),
    "a wrong indentation": (
        PLAN, "    decimals: 1\n", "   decimals: 1\n",
        "plans/kt-1693.yaml:65: not readable as YAML: ", "",
    ),
    "a tab": (PLAN, "    decimals: 1\n", "\tdecimals: 1\n", "plans/kt-1693.yaml:65: not readable as YAML: ", ""),
}  # fmt: skip


def damage(root: Path, name: str, right: str, wrong: str) -> list[CatalogueProblem]:
    """What is wrong after one replacement."""
    text = (root / name).read_text(encoding="utf-8")
    assert right in text, "the mistake no longer fits the catalogue"
    (root / name).write_text(text.replace(right, wrong, 1), encoding="utf-8")
    return list(list_catalogue_problems(root))


def tell(root: Path, problem: CatalogueProblem) -> str:
    return f"{problem.where}: {problem.what}".replace(f"{root}/", "")


SILENT = {
    "F5 weights above one": (
        SUCCESSIONS, ",whole,NQ 202/2025/QH15,,tỉnh Quảng Ngãi cũ", ",part,NQ,,x,0.4,,y\n62,2025-06-30,24,2025-07-01,part,NQ,,x,0.9,,y",
        "the weights of unit 62 on 2025-06-30 add up to 1.3",
    ),
    "F6 two reports of one plan and cadence": (
        SCOPE, "{plan: kt-1693, cadence: half,", "{plan: kt-1693, cadence: quarter,",
        "a second report on kt-1693 of cadence quarter would replace the first",
    ),
    "F2 two offices publish one figure of an area": (
        LIVE, "{form: kt-so-year, units: [51-SYT-KT],", "{form: kt-so-year, units: [51-SYT-KT, 51-CDC],",
        "published pub_life_expectancy of area 62 is asked of 51-CDC, and of 51-SYT-KT by form kt-so-year",
    ),
    "F11 a deadline of no working days": (
        REGIMES, "{level: commune, working_days: 5, basis: source", "{level: commune, working_days: 0, basis: source",
        "0 working days after the period's end",
    ),
    "F11 a regime that asks again for days of the one before": (
        LIVE, "regime: quy-2025, from_period: 2025Q3}", "regime: quy-2025, from_period: 2025Q3, to_period: 2025Q4}\n"
        "  - {form: xa-quarter, level: commune, regime: nd09-2019, from_period: 2026Q1}",
        "2025Q4 ends on 2025-12-31 under quy-2025, and 2026Q1 begins on 2025-12-15 under nd09-2019",
    ),
    "F11 a day and working days": (
        REGIMES, "{level: commune, working_days: 5, basis: source", "{level: commune, working_days: 5, day: 14, basis: source",
        "key deadlines.0: give either `working_days` or `day`",
    ),
    "F11 a day that no month has": (
        REGIMES, "{level: commune, working_days: 5, basis: source", "{level: commune, day: 32, basis: source",
        "key deadlines.0.day: Input should be less than or equal to 31; found '32'",
    ),
    "F11 a cut-off of whole months": (
        REGIMES, "calendar: statistical", "calendar: statistical\n  cut_off_day: 20",
        "the whole entry: `cut_off_day` goes with the administrative calendar: others have whole months",
    ),
    "F12 a regime without the period": (
        REGIMES, "period_kinds: [month, quarter, half, nine_months, year]", "period_kinds: [month, half, year]",
        "regime tt37-2019 has no quarter periods, which form bg-huyen-quarter is for",
    ),
    "F12 a regime without the level": (
        REGIMES, '    - {level: commune, working_days: 5, basis: source, source: "Thông tư 37/2019/TT-BYT"}\n', "",
        "regime tt37-2019 has no deadline for level commune",
    ),
    "F12 a regime that has expired": (
        REGIMES, "valid_to: 2025-06-30", "valid_to: 2024-06-30", "2025Q2 ends outside the validity of regime tt37-2019",
    ),
    "F12 a form outside its validity": (
        "forms/forms.yaml", "valid_from: 2024-01-01", "valid_from: 2024-07-01",
        "2024Q1 ends outside the validity of form kt-district-quarter",
    ),
    "F12 a form of another level": (
        SCOPE, "{form: kt-district-year, level: district,", "{form: kt-district-year, level: commune,",
        "form kt-district-year is for level district, not commune",
    ),
    "F12 a report of another's plan": (
        "scopes/tan-yen.yaml", "plans: [ty-ct25, ttg-ct25]", "plans: [ttg-ct25]",
        "a report on 'ty-ct25', which is not among the scope's plans",
    ),
    "F12 before the area's first day": (
        UNITS, "62,Tỉnh Kon Tum,province,Tỉnh,VN,2020-01-01", "62,Tỉnh Kon Tum,province,Tỉnh,VN,2024-01-01",
        "2023 ends outside the life of the area, unit 62",
    ),
    "F12 a column of another version": (
        FORMS, "kt-cdc,2024.1,N1,1,", "kt-cdc,2024.2,N1,1,", "no form prints set 'kt-cdc' version '2024.2' sheet 'N1'",
    ),
    "F12 an element twice on a sheet": (
        FORMS, "Có thẻ BHYT,insured", "Có thẻ BHYT,pop_avg", "data element 'pop_avg' stands twice on sheet B1",
    ),
    "F12 positions out of order": (
        FORMS, "kt-district,2024.1,B1,2,", "kt-district,2024.1,B1,1,", "position 1 stands after 1 on sheet B1",
    ),
    "F12 factor 0": (INDICATORS, "factor: 10000", "factor: 0", "factor 0: every value would be nothing"),
    "F12 max below min": (
        "data_elements.csv", "pop_total,Dân số cuối kỳ,stock,người,population,1,0,2000000",
        "pop_total,Dân số cuối kỳ,stock,người,population,1,10,2", "max 2 is below min 10",
    ),
    "F12 a plan that ends before it begins": (
        "plans/kt-124.yaml", "valid_to: 2030-12-31", "valid_to: 2020-12-31",
        "valid_to 2020-12-31 is before valid_from 2024-01-26",
    ),
    "F12 two milestones of one year": (
        PLAN, 'period: "2030", written: "12,0"', 'period: "2025", written: "12,0"', "a second milestone for 2025",
    ),
    "F12 a baseline after the milestone": (
        PLAN, 'baseline: {period: "2023"', 'baseline: {period: "2026"',
        "the baseline of 2026 is not before the first milestone",
    ),
    "F12 a floor where less is better": (
        INDICATORS, "factor: 10000, unit: Người, direction: up", "factor: 10000, unit: Người, direction: down",
        "operator >= with indicator doctors_per_10k, of which lower is better",
    ),
    "F12 numerator as denominator": (
        INDICATORS, DOCTORS, DOCTORS.replace("pop_total", "doctors"),
        "numerator and denominator are the same, so the value is always 1",
    ),
    "F12 a separator of thousands": (
        PLAN, 'written: "11,5", operator: ">=", value: 11.5', 'written: "11.357 người", operator: ">=", value: 11.357',
        "'11.357 người' says 11357, not 11.357",
    ),
    "F14 a recipient without a folder": (
        "contacts.yaml", "name: Huyện ủy Tân Yên", "name: Huyện uỷ Tân Yên",
        "recipient 'Huyện ủy Tân Yên' of tan-yen's reports on ty-ct25 is not among the recipients",
    ),
}  # fmt: skip


OFFICE = "    valid_from: 2025-07-01"
SAID = {
    "a wrong day inside a list, which is not then empty": (
        LIVE, OFFICE, "    valid_from: 2025-7-1", "key offices.0.valid_from", "year-month-day", "2025-07-01",
    ),
    "two offices at a time": (
        LIVE, OFFICE, f"{OFFICE}\n  - {{name: a, parent_body: B, body: C, place: d, symbol: BC, authority: [GIÁM ĐỐC],"
        " archive_line: e, valid_from: 2026-01-01}", "key offices: two are valid on 2026-01-01", "end one before the other", "",
    ),
    "a quarter in the words of documents": (
        LIVE, "from_period: 2025Q3", "from_period: Q3/2025", "key submissions.0.from_period: 'Q3/2025' is not a period",
        "write a year (2024), quarter (2024Q3)", "2025Q3",
    ),
    "quotes of a word processor": (
        LIVE, 'area_unit: "51"', "area_unit: “51”", "key area_unit: not written as it must be; found '“51”'",
        "a code of letters without marks", "51",
    ),
    "a sign of one character": (
        PLAN, 'operator: ">=", value: 11.5', 'operator: "≥", value: 11.5', "key targets.0.milestones.0.operator", "one of", ">=",
    ),
    "a sign without quotes": (
        PLAN, 'operator: ">=", value: 11.5', "operator: >=, value: 11.5", "not readable as YAML",
        "quotes around the value that begins with '>'", "",
    ),
    "per cent behind a number": (
        PLAN, 'operator: ">=", value: 11.5', 'operator: ">=", value: 11.5%', "key targets.0.milestones.0.value", "a number", "11.5",
    ),
    "yes where a number is wanted": (
        PLAN, "    decimals: 1\n", "    decimals: yes\n", "key targets.0.decimals: Input should be a valid integer", "a number", "",
    ),
    "an address that is none": (
        "contacts.yaml", 'email: ""', 'email: "so y te"', "key recipients.0.email: not written as it must be", "an address such as", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", SAID)
def test_the_first_thing_said_names_key_expectation_and_spelling(copied: Path, mistake: str) -> None:
    name, right, wrong, what, expected, nearest = SAID[mistake]
    first, *others = damage(copied, name, right, wrong)
    assert first.what.startswith(what) and expected in first.expected and first.nearest == nearest, first
    assert not any("at least 1 item" in problem.what for problem in others), "what was left out is not missing too"


def test_an_empty_value_is_told_what_a_list_looks_like(copied: Path) -> None:
    (problem,) = damage(copied, "scopes/tan-yen.yaml", "plans: [ty-ct25, ttg-ct25]", "plans:")[:1]
    assert (problem.key, problem.what) == ("plans", "key plans: a list is wanted here")


def test_of_many_codes_only_those_that_are_near_are_listed(copied: Path) -> None:
    problem = damage(copied, PLAN, "indicator: doctors_per_10k", "indicator: doctor_per_10k")[0]
    known = len(load_catalogue(Path("catalog")).indicators)
    assert (
        problem.expected
        == f"define it or use one of: doctors_per_10k, beds_per_10k, nurses_per_10k, tb_new_per_100k … ({known} in all)"
    )


def test_marks_apart_from_their_letters_are_the_same_text(copied: Path) -> None:
    """Some machines save “ế” as three characters: names would be unlike those of other files, and look the same."""
    path = copied / LIVE
    path.write_text(unicodedata.normalize("NFD", path.read_text(encoding="utf-8")), encoding="utf-8")
    assert list_catalogue_problems(copied) == ()
    assert load_catalogue(copied).scopes["quang-ngai"] == load_catalogue(Path("catalog")).scopes["quang-ngai"]


@pytest.mark.parametrize("mistake", TEN)
def test_one_of_the_ten_mistakes_is_one_problem_at_its_line(copied: Path, mistake: str) -> None:
    name, right, wrong, message, nearest = TEN[mistake]
    problems = damage(copied, name, right, wrong)
    first, *others = problems
    assert others == []
    assert tell(copied, first).startswith(message) and first.nearest == nearest
    assert first.expected and first.line
    with pytest.raises(CatalogueError):
        load_whole_catalogue(copied)


@pytest.mark.parametrize("mistake", SILENT)
def test_what_would_be_misread_in_silence_is_refused(copied: Path, mistake: str) -> None:
    name, right, wrong, message = SILENT[mistake]
    if name == SUCCESSIONS:
        text = (copied / name).read_text(encoding="utf-8")
        lines = [
            line + ",,," if i else line + ",weight,back_weight,weight_source"
            for i, line in enumerate(text.splitlines())
        ]
        (copied / name).write_text(
            "\n".join(lines).replace("tỉnh Quảng Ngãi cũ,,,", "tỉnh Quảng Ngãi cũ"), encoding="utf-8"
        )
    problems = damage(copied, name, right, wrong)
    found = next((p for p in problems if p.what == message), None)
    assert found, [tell(copied, p) for p in problems]
    assert found.line and found.expected
    if name != "contacts.yaml":
        with pytest.raises(CatalogueError):
            load_whole_catalogue(copied)


@pytest.mark.parametrize(
    ("right", "wrong", "what", "value"),
    [
        ("  so-gtvt: [62-SGTVT]\n", "", "'so-gtvt', who leads task 'III.1.e-5', is neither asked nor unasked", "so-gtvt"),
        ("[nguoi-dung-dau]", "[nguoi-dung-dau, cong-an-tinh]", "'cong-an-tinh', who leads task 'V.3', is asked and unasked", "cong-an-tinh"),
        ("[nguoi-dung-dau]", "[nguoi-dung-dau, so-noi-vu]", "'so-noi-vu' leads no task", "so-noi-vu"),
        ("62-CAT, 62-MTTQ], regime", "62-MTTQ], regime", "no form of the scope asks 62-CAT about tasks", "62-CAT"),
        ("[nguoi-dung-dau]", "[nguoi-dung-dauu]", "unknown actor 'nguoi-dung-dauu'", "nguoi-dung-dauu"),
    ],
)  # fmt: skip
def test_a_lead_of_a_task_has_one_form_or_a_reason(copied: Path, right: str, wrong: str, what: str, value: str) -> None:
    """Somebody answers for each lead of each task, or the scope says why none does; no run stops for it."""
    (problem,) = damage(copied, SCOPE, right, wrong)
    assert problem.what == what and problem.value == value
    assert problem.file.endswith(SCOPE)
    if not what.startswith("unknown"):
        load_catalogue(copied)


def test_a_missing_recipient_stops_the_scope_that_names_it_alone(copied: Path) -> None:
    damage(copied, *SILENT["F14 a recipient without a folder"][:3])
    catalogue = load_catalogue(copied)
    assert load_contacts(catalogue, ["kon-tum"]).recipients
    with pytest.raises(CatalogueError, match="Huyện ủy Tân Yên"):
        load_contacts(catalogue, ["tan-yen"])


def test_all_mistakes_are_told_at_once_and_none_is_a_consequence(copied: Path) -> None:
    """A broken target, an unknown actor, a broken indicator, a wrong row: each once, though others refer to them."""
    for name, right, wrong in (
        (PLAN, 'operator: ">=", value: 11.5}', 'operator: ">="}'),
        (PLAN, "lead: [cong-an-tinh]", "lead: [cong-an]"),
        (INDICATORS, "factor: 10000", "factor: zehn"),
        (UNITS, "51-CDC,", "51-CDC,,"),
    ):
        damage(copied, name, right, wrong)
    told = {(str(Path(p.file).relative_to(copied)), p.line) for p in list_catalogue_problems(copied)}
    assert told == {(INDICATORS, 5), (UNITS, 368), (PLAN, 68), (PLAN, 570)}
    with pytest.raises(CatalogueError, match="`tongket catalogue check` lists them"):
        load_whole_catalogue(copied)


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    ],
)
@pytest.mark.parametrize("name", [UNITS, PLAN, FORMS])
def test_a_byte_order_mark_and_other_line_ends_are_read(copied: Path, name: str, rewrite: object) -> None:
    text = (copied / name).read_text(encoding="utf-8")
    (copied / name).write_bytes(rewrite(text).encode())  # type: ignore[operator]
    assert list_catalogue_problems(copied) == ()


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_table_saved_with_another_separator_is_read(copied: Path, separator: str) -> None:
    path = copied / "official_population.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",", separator), encoding="utf-8")
    assert list_catalogue_problems(copied) == ()
    path.write_text(path.read_text(encoding="utf-8").replace("51259", "51.259"), encoding="utf-8")
    (problem,) = list_catalogue_problems(copied)
    assert (problem.line, problem.key, problem.value) == (3, "value", "51.259")


@pytest.mark.parametrize(
    ("data", "line", "what"),
    [
        ("unit,year,value,source\n".encode("utf-16"), 1, "the file is saved as UTF-16"),
        (b"unit,year,value,source\n608,2022,1,T\xe1\n", 2, "not UTF-8: byte 0xe1"),
        (b"unit,year,value,source\n608,2022,1,x\n610,2022,1,5,x\n", 3, "the row has 5 values, the header 4 columns"),
        (b'unit,year,value,source\n608,2022,1,"x\n610,2022,1,x\n', 2, "not readable as CSV: unexpected end of data"),
        (b"unit,year,value,sourse\n", 1, "unknown column 'sourse'"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_line(copied: Path, data: bytes, line: int, what: str) -> None:
    (copied / "official_population.csv").write_bytes(data)
    (problem,) = list_catalogue_problems(copied)
    assert (problem.line, problem.what) == (line, what)


def test_the_command_prints_lines_or_json_and_exits_with_1(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGKET_HOME", str(copied.parent))
    (copied.parent / "sql").mkdir()  # what is a home has one
    fine = CliRunner().invoke(app, ["catalogue", "check"])
    assert fine.exit_code == 0 and "no mistakes" in fine.output
    damage(copied, PLAN, "indicator: doctors_per_10k", "indicator: doctors_per_10kk")
    text = CliRunner().invoke(app, ["catalogue", "check"])
    assert text.exit_code == 1
    assert "plans/kt-1693.yaml:62: item 1: unknown indicator 'doctors_per_10kk'" in text.output
    assert "did you mean 'doctors_per_10k'?" in text.output
    assert text.output.endswith("1 mistake in 1 file: plans/kt-1693.yaml\n")
    as_json = CliRunner().invoke(app, ["catalogue", "check", "--json"])
    (problem,) = json.loads(as_json.output)["problems"]
    assert as_json.exit_code == 1
    assert (problem["file"], problem["line"], problem["key"]) == (PLAN, 62, "targets.0.indicator")
    assert (problem["value"], problem["nearest"]) == ("doctors_per_10kk", "doctors_per_10k")


def test_what_is_to_decide_is_counted_apart_and_said_after_the_mistakes(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGKET_HOME", str(copied.parent))
    (copied.parent / "sql").mkdir()
    damage(copied, PLAN, "number: 1693/KH-UBND", "number: !to-decide 1693/KH-UBND")
    damage(copied, PLAN, "    decimals: 1\n", "    decimals: !to-decide 1\n")
    damage(copied, PLAN, "date: 2024-05-17", "date: 17/05/2024")
    told = CliRunner().invoke(app, ["catalogue", "check"]).output.splitlines()
    assert told[0].startswith("plans/kt-1693.yaml:9: key date") and "to decide" in told[2] and "to decide" in told[4]
    assert told[-1] == "1 mistake and 2 values to decide in 1 file: plans/kt-1693.yaml"
