"""What is common today, on the same workbooks: frictionless validates each sheet, pandas with openpyxl loads it.

The same bounds, whole numbers and required cells as the catalogue gives our own check, and its relations as row
constraints; both tools are told where the table stands, so neither has to look for it.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from etl import settings
from etl.catalog import Catalogue, load_catalogue
from etl.catalog.layout import SheetLayout, build_form_layout
from etl.catalog.obligations import find_collecting_scope
from etl.model import Period
from simulation.form_filling import read_manifest

_LAST_ROW = 200  # no issued form is longer


def load_with_rival(files: Sequence[Path], url: str) -> dict[str, float]:
    """Validates and loads workbooks one after another into a table of a database. Seconds and rows."""
    from sqlalchemy import create_engine

    catalogue = load_catalogue(settings.load_settings().catalog)
    engine = create_engine(url)
    _load_workbook(files[0], catalogue, engine)
    start = time.perf_counter()
    rows = sum(_load_workbook(path, catalogue, engine) for path in files)
    return {"seconds": time.perf_counter() - start, "rows": rows, "files": len(files)}


def _load_workbook(path: Path, catalogue: Catalogue, engine: Any) -> int:
    import pandas as pd

    parts = []
    for sheet in _list_commune_sheets(path, catalogue):
        errors = _validate_sheet(path, sheet, catalogue)
        if errors:
            raise SystemExit(f"{path}: {sheet.code} {errors[:3]}")
        frame = pd.read_excel(
            path, sheet_name=sheet.code, header=None, skiprows=sheet.data_rows[0], engine="openpyxl",
            nrows=sheet.data_rows[1] - sheet.data_rows[0] + 1,
        )  # fmt: skip
        names = [cell.data_element for cell in sheet.inputs if cell.row == sheet.data_rows[0]]
        frame.columns = pd.Index(["tt", "name", "unit", *names])
        long = frame.drop(columns=["tt", "name"]).melt(id_vars="unit", var_name="element", value_name="value")
        parts.append(long.assign(file=path.name, unit=long["unit"].astype(str)))
    every = pd.concat(parts)
    with engine.begin() as conn:
        every.to_sql("rival", conn, if_exists="append", index=False, method="multi", chunksize=1000)
    return len(every)


def _list_commune_sheets(path: Path, catalogue: Catalogue) -> Iterator[SheetLayout]:
    """The sheets of communes, which hold nearly all the cells; the others would only add to the rival's time."""
    stamp = read_manifest(path.read_bytes()).stamp
    form, period = catalogue.forms[stamp.form], Period.parse(stamp.period)
    scope = find_collecting_scope(catalogue, stamp.form, stamp.unit, period)
    unit = catalogue.find_unit(stamp.unit, period.end)
    if unit is None:
        raise SystemExit(f"{path}: not a workbook of the catalogue")
    for sheet in build_form_layout(catalogue, scope, form, unit, period).sheets:
        if sheet.kind.name == "by_commune":
            yield sheet


def _validate_sheet(path: Path, sheet: SheetLayout, catalogue: Catalogue) -> list[str]:
    from frictionless import Checklist, Dialect, Schema, checks
    from frictionless.formats import ExcelControl
    from frictionless.resources import TableResource

    first = [cell for cell in sheet.inputs if cell.row == sheet.data_rows[0]]
    codes = {cell.data_element for cell in first}
    fields: list[dict[str, Any]] = [{"name": name, "type": "any"} for name in ("tt", "name", "unit")]
    for cell in first:
        element = catalogue.elements[cell.data_element]
        bounds = {"minimum": float(element.min) if element.min is not None else None,
                  "maximum": float(element.max) if element.max is not None else None,
                  "required": cell.required}  # fmt: skip
        kind = "integer" if element.integer else "number"
        constraints = {key: value for key, value in bounds.items() if value is not None}
        if kind == "integer":
            constraints |= {key: int(value) for key, value in constraints.items() if key != "required"}
        fields.append({"name": cell.data_element, "type": kind, "constraints": constraints})
    rules = [
        checks.row_constraint(formula=f"{relation.smaller} <= {relation.larger}")
        for relation in catalogue.relations
        if relation.smaller in codes and relation.larger in codes and relation.kind == "at_most"
    ]
    around = [*range(1, sheet.data_rows[0] + 1), *range(sheet.data_rows[1] + 2, _LAST_ROW)]
    dialect = Dialect(header=False, comment_rows=around, controls=[ExcelControl(sheet=sheet.code)])
    resource = TableResource(
        path=path.name, basepath=str(path.parent), format="xlsx", dialect=dialect,
        schema=Schema.from_descriptor({"fields": fields}),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = resource.validate(Checklist(checks=rules))
    return [str(line) for line in report.flatten(["rowNumber", "fieldName", "message"])]
