"""The cells that a report names as the source of a figure: they are in the files, and add up to the figure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO

import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from etl.lineage.figure_sources import format_cell_ranges, list_figure_sources
from etl.model import Attainment, Period
from etl.report.inputs import SourceCells
from etl.warehouse import connect
from etl.warehouse.run_context import RunContext
from tests.integration.build import compute_attainment_rows
from tests.integration.test_trail import QUARTER, SCOPE, Flow, flow  # noqa: F401 - `flow` is a fixture

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def found(flow: Flow) -> tuple[list[Attainment], tuple[SourceCells, ...]]:  # noqa: F811 - the fixture imported above
    scope = flow.catalogue.get_scope(SCOPE)
    with connect.build_engine(flow.settings, "loader").connect() as conn:
        rows = compute_attainment_rows(conn, flow.catalogue, scope, Period.parse(QUARTER), flow.after)
        area = [row for row in rows if row.unit == scope.area_unit]
        context = RunContext(conn, flow.catalogue, scope, Period.parse(QUARTER), flow.after)
        return area, list_figure_sources(context, scope.area_unit, rows)


def places(cells: str) -> Iterator[str]:
    for part in cells.split(", "):
        left, top, right, bottom = range_boundaries(part)
        yield from (f"{openpyxl.utils.get_column_letter(left)}{row}" for row in range(top, bottom + 1))
        assert left == right


def test_the_cells_add_up_to_the_figures(flow: Flow, found: tuple[list[Attainment], tuple[SourceCells, ...]]) -> None:  # noqa: F811
    rows, known = found
    sums: dict[tuple[str, str], Fraction] = {}
    for source in known:
        sums[source.indicator, source.side] = sums.get((source.indicator, source.side), Fraction(0)) + source.value
    checked = 0
    for row in rows:
        indicator = flow.catalogue.indicators.get(row.indicator)
        if indicator and indicator.method == "ratio" and row.value is not None:
            assert sums[row.indicator, "numerator"] == row.numerator
            assert sums[row.indicator, "denominator"] == row.denominator
            checked += 1
    assert checked > 5


def test_the_cells_are_in_the_files(flow: Flow, found: tuple[list[Attainment], tuple[SourceCells, ...]]) -> None:  # noqa: F811
    books = {
        hashlib.sha256(path.read_bytes()).hexdigest(): openpyxl.load_workbook(BytesIO(path.read_bytes()))
        for path in (flow.settings.archive).rglob("*")
        if path.is_file()
    }
    _, known = found
    assert known
    for source in known:
        page = books[source.sha256][source.sheet]
        sender = {"pub_u5mr": "CTK", "waste_generated_kg": "BVT", "waste_treated_kg": "BVT"}.get(
            source.element, "BM01_"
        )
        assert source.file.startswith(sender)
        if flow.catalogue.indicators[source.indicator].method == "ratio":
            side = getattr(flow.catalogue.indicators[source.indicator], source.side)
            if side.elements:
                assert sum(Fraction(str(page[cell].value)) for cell in places(source.cells)) == source.value


def test_only_the_version_in_force_is_named(
    flow: Flow,  # noqa: F811 - the fixture imported above
    found: tuple[list[Attainment], tuple[SourceCells, ...]],
) -> None:
    names = {source.file for source in found[1]}
    assert "BM01_608_3.xlsx" in names
    assert "BM01_608_1.xlsx" not in names


def test_the_annex_prints_them(flow: Flow) -> None:  # noqa: F811
    annex = next(path for path in flow.documents if path.name.endswith("phu-luc.xlsx"))
    names = {row[8] for row in openpyxl.load_workbook(annex)["Nguồn số liệu"].iter_rows(values_only=True)}
    assert {"BM01_608_3.xlsx", "BM01_610_2.xlsx"} <= names


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["E8"], "E8"),
        (["E9", "E8", "E10", "E12"], "E8:E10, E12"),
        (["F3", "E3", "E2", "F4"], "E2:E3, F3:F4"),
        (["AA9", "Z9", "Z10", "Z10"], "AA9, Z9:Z10"),
        ([], ""),
    ],
)
def test_cells_are_named_as_ranges_down_their_columns(cells: list[str], said: str) -> None:
    assert format_cell_ranges(cells) == said
