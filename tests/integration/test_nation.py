"""The nation by its 34 provinces: what each sends, summed, and in the Ministry's report. All figures are made up here.

Two provinces have scopes of their own, so that the nation takes the cells of their communes; 32 send their sums.
"""

from __future__ import annotations

import os
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import docx
import pytest

from etl import steps
from etl.catalog import Catalogue
from etl.catalog.obligations import list_obligations
from etl.model import Period
from etl.settings import Settings
from simulation.form_filling import fill_form, read_manifest

pytestmark = pytest.mark.integration

SCOPE, PLAN, PERIODS = "toan-quoc", "ttg-ct25", ("2026Q1", "2026Q2")
SILENT, LEAVES = "96", {"51": 96, "24": 99}
SIDES = {
    "bhyt": ("insured", "pop_total"), "health_managed": ("managed", "pop_total"),
    "highrisk_examined": ("highrisk_examined", "highrisk"), "pc_bhyt_paid": ("pc_visits_insured", "pc_visits"),
    "village_vhw": ("villages_vhw", "villages"), "station_doctor": ("st_doctor", "stations"),
}  # fmt: skip
FLOWS = {"pc_visits_insured", "pc_visits"}
Sent = dict[tuple[str, str, str, str], int]


def _make_up_value(period: str, unit: str, element: str, size: int) -> int:
    """A number of a unit of so many communes: shares lie between 80 and 100 %, and differ."""
    people = (4000 + zlib.crc32(unit.encode()) % 9000) * size
    share = 80 + zlib.crc32(f"{unit}{element}".encode()) % 20
    later = period != PERIODS[0]
    base = {
        "pop_total": people, "highrisk": people // 5, "pc_visits": people // 3 + 7 * later,
        "villages": 8 * size, "stations": size,
    }  # fmt: skip
    whole = next((base[d] for n, d in SIDES.values() if n == element), 0) if element not in base else base[element]
    if element in base or whole == 1:
        return whole
    return whole * min(share + later, 100) // 100


def send_provinces(settings: Settings, catalogue: Catalogue) -> Sent:
    """Opens the forms, and drops all into the inbox but one province's of the last period; gives what was sent."""
    sent: Sent = {}
    for period in PERIODS:
        for name in steps.open_period(SCOPE, period)["files"]:
            path = Path(name)
            province = path.parent.name
            if (period, province) == (PERIODS[-1], SILENT):
                continue
            manifest = read_manifest(path.read_bytes())
            values = {
                (province, e.org_unit_code, e.data_element): _make_up_value(
                    period, e.org_unit_code, e.data_element, 90 if e.org_unit_code == province else 1
                )
                for e in manifest.entries
            }
            sent |= {(period, *key): value for key, value in values.items()}
            target = settings.inbox / province / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(fill_form(path.read_bytes(), values))
            os.utime(target, (1, 1))
    return sent


def _add_up(sent: Sent, element: str, province: str = "") -> Fraction:
    """What was sent of an element by a province, or by all, over the year's quarters or at the end."""
    periods = PERIODS if element in FLOWS else PERIODS[-1:]
    silent = {SILENT}  # a quarter of it is missing, and a missing one is no zero
    return Fraction(
        sum(
            value
            for (period, one, _, code), value in sent.items()
            if code == element and period in periods and one not in silent and province in {"", one}
        )
    )


def test_the_nation_is_34_provinces_whose_sums_or_cells_are_owed(catalogue: Catalogue) -> None:
    owed = list_obligations(catalogue, catalogue.get_scope(SCOPE), Period.parse("2026Q2"))
    assert len(owed) == len({unit.code for _, _, unit in owed}) == 34
    assert {unit.level for _, _, unit in owed} == {"province"}


def test_34_provinces_to_the_ministrys_report(
    warehouse: Settings, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"SCOPES": SCOPE, "MIN_AGE_SECONDS": "0", "SIMULATED": "1"}.items():
        monkeypatch.setenv(f"TONGKET_{name}", value)
    sent = send_provinces(warehouse, catalogue)
    assert {p: len({u for k, s, u, _ in sent if s == p and k == PERIODS[0]}) for p in LEAVES} == LEAVES
    result = steps.run_pipeline_once(SCOPE, PERIODS[-1])
    assert (result["accepted"], result["refused"]) == (34 + 33, 0)

    rows = {(r["indicator"], r["unit"]): r for r in steps.list_attainment_rows(SCOPE, PERIODS[-1], PLAN)}
    provinces = sorted({unit for _, unit in rows} - {"VN"})
    assert len(provinces) == 34
    for indicator, (above, below) in SIDES.items():
        nation = rows[indicator, "VN"]
        assert _get_sums(nation) == (_add_up(sent, above), _add_up(sent, below))
        for province in provinces:
            row = rows[indicator, province]
            if province == SILENT:
                assert row["value"] is None and row["status"] == "no_data"
            else:
                assert _get_sums(row) == (_add_up(sent, above, province), _add_up(sent, below, province))

    (word,) = (Path(p) for p in result["documents"] if p.endswith(".docx") and PERIODS[-1] in Path(p).name)
    _check_words(_read_words(word))


def _get_sums(row: dict[str, Any]) -> tuple[Fraction, Fraction]:
    return Fraction(str(row["numerator"])), Fraction(str(row["denominator"]))


def _read_words(path: Path) -> str:
    document: Any = docx.Document(str(path))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def _check_words(words: str) -> None:
    for wanted in (
        "BỘ Y TẾ",
        "Thủ tướng Chính phủ",
        "THỨ TRƯỞNG",
        "SỐ LIỆU MÔ PHỎNG",
        "các tỉnh, thành phố",
        "toàn quốc",
    ):
        assert wanted in words
    assert "UBND" not in words and "Sở Y tế" not in words
