from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from etl import settings
from etl.catalog import Catalogue, load_catalogue
from etl.catalog.obligations import list_obligations
from etl.errors import UsageError
from etl.forms import build_form_file_name, issue_form
from etl.model import Period
from simulation.deliveries import drop_deliveries, main
from simulation.form_filling import read_manifest
from tests.wording import SHIPPED

Drop = Callable[..., list[Path]]


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every form that the tests below fill, issued once."""
    root = tmp_path_factory.mktemp("forms")
    catalogue = load_catalogue(settings.load_settings().catalog)
    wanted = {
        "kon-tum": {
            "2023": ["62-STC"],
            "2024Q1": ["610", "612", "615"],
            "2024Q2": ["612", "614", "617"],
            "2024Q3": ["618"],
            "2024": ["62-SYT"],
        },
        "tan-yen": {"2024Q2": ["07336", "07345", "07306"]},
    }
    for scope_id, periods in wanted.items():
        scope = catalogue.get_scope(scope_id)
        for key, codes in periods.items():
            period = Period.parse(key)
            for _, form, unit in list_obligations(catalogue, scope, period):
                if unit.code in codes:
                    path = root / key / unit.code / build_form_file_name(form, unit, period)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(issue_form(catalogue, scope, form, unit, period, SHIPPED))
    return root


@pytest.fixture
def send(catalogue: Catalogue, forms: Path, tmp_path: Path) -> Drop:
    def do(scope: str, period: str, unit: str, wave: int = 1) -> list[Path]:
        return drop_deliveries(catalogue, scope, [Period.parse(period)], forms, tmp_path, wave=wave, only={unit})

    return do


def cell(path: Path, element: str, row: int = 0) -> object:
    entries = [e for e in read_manifest(path.read_bytes()).entries if e.data_element == element]
    return openpyxl.load_workbook(path, data_only=True)[entries[row].sheet][entries[row].cell].value


def days_late(path: Path, period: str, limit: int) -> int:
    """Weekdays (holidays not even taken off) from the period's end to the file's time, beyond the limit."""
    sent = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.timezone(dt.timedelta(hours=7))).date()
    day = dt.timedelta(days=1)
    return int(np.busday_count(Period.parse(period).end + day, sent + day)) - limit


def test_a_unit_drops_one_whole_file_in_its_own_inbox_in_time(send: Drop, tmp_path: Path) -> None:
    (path,) = send("kon-tum", "2024Q1", "612")
    assert path.relative_to(tmp_path).as_posix() == "612/612_2024Q1_kt-district-quarter.xlsx"
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert read_manifest(path.read_bytes()).stamp.unit == "612"
    assert days_late(path, "2024Q1", 15) <= 0


def test_a_unit_that_owes_two_forms_sends_both(send: Drop) -> None:
    paths = send("kon-tum", "2024", "62-SYT")
    assert [path.name for path in paths] == ["62-SYT_2024_kt-syt-year.xlsx", "62-SYT_2024_nv-former-year.xlsx"]
    assert [read_manifest(path.read_bytes()).stamp.form for path in paths] == ["kt-syt-year", "nv-former-year"]


def test_the_same_arguments_give_the_same_bytes_and_times(send: Drop) -> None:
    (path,) = send("kon-tum", "2024Q1", "612")
    first = path.read_bytes(), path.stat().st_mtime
    (again,) = send("kon-tum", "2024Q1", "612")
    assert (again.read_bytes(), again.stat().st_mtime) == first


def test_a_silent_unit_sends_nothing_in_either_wave(send: Drop) -> None:
    assert send("kon-tum", "2024Q3", "618") == []
    assert send("kon-tum", "2024Q3", "618", wave=2) == []
    assert send("tan-yen", "2024Q2", "07345") == []


@pytest.mark.parametrize(
    ("scope", "period", "unit", "limit"),
    [("kon-tum", "2024Q1", "610", 15), ("kon-tum", "2023", "62-STC", 15), ("tan-yen", "2024Q2", "07336", 5)],
)
def test_some_units_are_late(send: Drop, scope: str, period: str, unit: str, limit: int) -> None:
    (path,) = send(scope, period, unit)
    assert days_late(path, period, limit) > 3


def test_the_faulty_file_has_its_three_faults_and_its_correction_none(send: Drop) -> None:
    (wrong,), (right,) = send("kon-tum", "2024Q2", "612"), send("kon-tum", "2024Q2", "612", wave=2)
    assert wrong.name != right.name
    assert cell(wrong, "live_births", 1) == "ba mươi mốt"
    assert isinstance(cell(right, "live_births", 1), int)
    assert cell(wrong, "insured", 3) > cell(wrong, "pop_total", 3)
    assert cell(right, "insured", 3) <= cell(right, "pop_total", 3)
    total = openpyxl.load_workbook(BytesIO(wrong.read_bytes()))["B1"]["G12"].value
    assert total == 25_000
    assert str(openpyxl.load_workbook(BytesIO(right.read_bytes()))["B1"]["G12"].value).startswith("=IF(COUNT(G13")
    assert right.stat().st_mtime > wrong.stat().st_mtime


def test_a_resubmission_changes_the_figures_it_says(send: Drop) -> None:
    (before,), (after,) = send("kon-tum", "2024Q1", "615"), send("kon-tum", "2024Q1", "615", wave=2)
    assert cell(after, "insured", 2) - cell(before, "insured", 2) == 137
    assert cell(after, "managed", 2) - cell(before, "managed", 2) == 96
    assert cell(after, "insured", 1) == cell(before, "insured", 1)


def test_a_misplaced_file_lies_in_the_other_folder_first(send: Drop) -> None:
    (wrong,), (right,) = send("kon-tum", "2024Q2", "614"), send("kon-tum", "2024Q2", "614", wave=2)
    assert (wrong.parent.name, right.parent.name) == ("613", "614")
    assert read_manifest(wrong.read_bytes()).stamp.unit == "614"
    assert wrong.read_bytes() != right.read_bytes()


def test_a_text_file_with_a_workbooks_name_lies_beside_the_right_one(send: Drop) -> None:
    right, wrong = send("kon-tum", "2024Q2", "617")
    assert read_manifest(right.read_bytes()).stamp.unit == "617"
    assert wrong.suffix == ".xlsx"
    assert not wrong.read_bytes().startswith(b"PK")
    assert "SỐ LIỆU MÔ PHỎNG" in wrong.read_text(encoding="utf-8")


def test_units_without_mishaps_have_nothing_to_say_in_wave_two(send: Drop) -> None:
    assert send("tan-yen", "2024Q2", "07306", wave=2) == []


def test_a_form_that_was_never_issued_stops_with_its_folder(send: Drop) -> None:
    with pytest.raises(UsageError, match=r"2024Q3.611"):
        send("kon-tum", "2024Q3", "611")


def test_the_command_prints_what_it_dropped(forms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "--scope",
        "tan-yen",
        "--period",
        "2024Q2",
        "--unit",
        "07306",
        "--forms",
        str(forms),
        "--to",
        str(tmp_path),
    ]
    assert main(arguments) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "07306" / "07306_2024Q2_ty-commune-quarter.xlsx")


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scope", "nowhere", "--period", "2024Q2", "--to", str(tmp_path)]) == 2
    assert "nowhere" in capsys.readouterr().err
