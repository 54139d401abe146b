"""Turns read workbooks into long frames, one a kind of rule, that keep the way back to file, sheet and cell.

Grain: files → workbook; cells → input cell; relations → (relation, org unit, workbook); year → (data element,
org unit, workbook of a year). What a form fixes (bounds, pairs to compare) is made once per form and unit as
arrays (`Template`); per workbook only its numbers are laid beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.layout import element_kind
from etl.model import CellState, ElementKind, Observation, Period, ReadResult

if TYPE_CHECKING:
    import numpy as np

_NUMBERS = {ElementKind.STOCK, ElementKind.FLOW, ElementKind.YTD, ElementKind.PUBLISHED}
_FILLED = {CellState.VALUE, CellState.ZERO, CellState.ESTIMATED}

QuarterHistory = Mapping[tuple[str, str], Sequence[float | None]]
"""(org unit code, data element) → the four quarters' values of the year, None where there is none."""


@dataclass(frozen=True)
class Submitted:
    """A read workbook with what is known around it. `folder` and `quarters` are None where nobody knows them."""

    read: ReadResult
    file: str = ""
    folder: str | None = None
    quarters: QuarterHistory | None = None


@dataclass
class Frame:
    """Columns for the checker, in blocks of rows; and per block whose workbook and which cells they are.

    A block is (workbook, positions of its cells among the workbook's observations, detail per row).
    """

    names: tuple[str, ...]
    columns: dict[str, list[Any]] = field(default_factory=dict)
    blocks: list[tuple[int, Sequence[int], Sequence[Any]]] = field(default_factory=list)

    def add(self, workbook: int, cells: Sequence[int], details: Sequence[Any], **columns: Any) -> None:
        """A block of rows: one array per column, all of one length."""
        self.blocks.append((workbook, cells, details))
        for name in self.names:
            self.columns.setdefault(name, []).append(columns[name])

    def data(self) -> dict[str, Any]:
        """The columns, whole."""
        import numpy as np

        return {name: np.concatenate(parts) for name, parts in self.columns.items()}

    def origin(self, row: int) -> tuple[int, int, Any]:
        """(workbook, position of the cell or -1, detail) of a row."""
        for workbook, cells, details in self.blocks:
            if row < len(cells):
                return workbook, int(cells[row]), details[row] if len(details) else None
            row -= len(cells)
        raise IndexError(row)


@dataclass(frozen=True)
class Context:
    """What the frames need of a workbook's stamp, resolved once."""

    period: Period
    form: m.Form
    scope: m.Scope
    unit: m.Unit
    owed: bool


@dataclass(frozen=True)
class Template:
    """What is the same for every workbook with the same cells. Arrays run along the observations."""

    low: np.ndarray
    high: np.ndarray
    whole: np.ndarray
    required: np.ndarray
    invalid: tuple[str, ...]
    relations: tuple[m.Relation, ...]
    smaller: np.ndarray
    larger: np.ndarray
    certain: np.ndarray
    equal: np.ndarray


def context_of(catalogue: Catalogue, given: Submitted) -> Context | None:
    """The stamp's form, scope, unit and period; None where the reader has already refused them."""
    stamp = given.read.stamp
    if stamp is None or any(f.code in {"S03", "S04", "S05", "S06"} for f in given.read.findings):
        return None
    form, scope = catalogue.forms[stamp.form], catalogue.scope_of_form(stamp.form)
    period = Period.parse(stamp.period)
    unit = catalogue.unit(stamp.unit, period.end)
    if scope is None or unit is None:
        return None
    return Context(period, form, scope, unit, (form.id, unit.code) in _owed(catalogue, scope.id, period))


@lru_cache(maxsize=256)
def _owed(catalogue: Catalogue, scope_id: str, period: Period) -> frozenset[tuple[str, str]]:
    return frozenset((f.id, u.code) for _, f, u in catalogue.expected(catalogue.scopes[scope_id], period))


@lru_cache(maxsize=64)
def _required(catalogue: Catalogue, form_id: str) -> frozenset[str]:
    form = catalogue.forms[form_id]
    return frozenset(c.data_element for s in form.sheets for c in catalogue.columns_of(form, s) if c.required)


@lru_cache(maxsize=512)
def _template(catalogue: Catalogue, form_id: str, cells: tuple[tuple[str, str], ...]) -> Template:
    """`cells` holds (org unit, data element) per observation."""
    import numpy as np

    elements = [catalogue.elements.get(code) for _, code in cells]
    must = _required(catalogue, form_id)
    pairs = _pairs(catalogue, cells)
    kinds = [element_kind(catalogue, code) for _, code in cells]
    return Template(
        low=np.array([float(e.min) if e and e.min is not None else np.nan for e in elements]),
        high=np.array([float(e.max) if e and e.max is not None else np.nan for e in elements]),
        whole=np.array([bool(e and e.integer) for e in elements]),
        required=np.array([code in must or code.endswith(".state") for _, code in cells]),
        invalid=tuple("invalid_number" if kind in _NUMBERS else f"invalid_{kind.value}" for kind in kinds),
        relations=tuple(relation for relation, _, _ in pairs),
        smaller=np.array([small for _, small, _ in pairs], dtype=int),
        larger=np.array([large for _, _, large in pairs], dtype=int),
        certain=np.array([relation.certain for relation, _, _ in pairs], dtype=bool),
        equal=np.array([relation.kind == "equal" for relation, _, _ in pairs], dtype=bool),
    )


def _pairs(catalogue: Catalogue, cells: Sequence[tuple[str, str]]) -> list[tuple[m.Relation, int, int]]:
    """(relation, position of the smaller side, of the larger side) for each org unit that has both."""
    where = {cell: i for i, cell in enumerate(cells)}
    return [
        (relation, where[unit, relation.smaller], where[unit, relation.larger])
        for unit in dict.fromkeys(unit for unit, _ in cells)
        for relation in catalogue.relations
        if (unit, relation.smaller) in where and (unit, relation.larger) in where
    ]


# --- the frames -----------------------------------------------------------------------------------


@dataclass
class Frames:
    """The four frames of a batch."""

    files: Frame = field(default_factory=lambda: Frame(("folder_fits", "owed", "filled")))
    cells: Frame = field(default_factory=lambda: Frame(("state", "over_min", "under_max", "fraction", "blank")))
    relations: Frame = field(default_factory=lambda: Frame(("certain_gap", "likely_gap")))
    year: Frame = field(default_factory=lambda: Frame(("flow_difference", "stock_difference")))


def build(catalogue: Catalogue, batch: Sequence[Submitted], contexts: Sequence[Context | None]) -> Frames:
    """The frames of a batch; workbooks whose stamp is not understood are in none of them."""
    import numpy as np

    frames = Frames()
    for i, (given, context) in enumerate(zip(batch, contexts, strict=True)):
        if context is None:
            continue
        _file(frames.files, i, given, context)
        seen = given.read.observations
        if not seen:
            continue
        template = _template(catalogue, context.form.id, tuple((o.org_unit_code, o.data_element) for o in seen))
        values = np.array([np.nan if o.value is None else o.value for o in seen])
        _cells(frames.cells, i, template, seen, values)
        _relations(frames.relations, i, template, values)
        _year(catalogue, frames.year, i, given)
    return frames


def _file(frame: Frame, i: int, given: Submitted, context: Context) -> None:
    import numpy as np

    filled = sum(1 for o in given.read.observations if o.state in _FILLED)
    whole = not any(f.code in {"S08", "S09", "S10"} for f in given.read.findings)
    frame.add(
        i, [-1], [],
        folder_fits=[given.folder is None or given.folder == context.unit.code],
        owed=[context.owed],
        filled=np.array([filled if whole else np.nan]),
    )  # fmt: skip


def _cells(frame: Frame, i: int, template: Template, seen: Sequence[Observation], values: np.ndarray) -> None:
    import numpy as np

    states = [template.invalid[k] if o.state is CellState.INVALID else o.state.value for k, o in enumerate(seen)]
    missing = np.array([o.state is CellState.MISSING for o in seen])
    frame.add(
        i, range(len(seen)), [],
        state=np.array(states, dtype=object),
        over_min=values - template.low,
        under_max=template.high - values,
        fraction=np.where(template.whole, np.abs(values - np.round(values)), np.nan),
        blank=np.where(missing & template.required, "required", "no").astype(object),
    )  # fmt: skip


def _relations(frame: Frame, i: int, template: Template, values: np.ndarray) -> None:
    import numpy as np

    if not len(template.smaller):
        return
    gap = values[template.larger] - values[template.smaller]
    gap = np.where(template.equal, -np.abs(gap), gap)
    frame.add(
        i, template.smaller.tolist(), list(zip(template.relations, template.larger.tolist(), strict=True)),
        certain_gap=np.where(template.certain, gap, np.nan),
        likely_gap=np.where(template.certain, np.nan, gap),
    )  # fmt: skip


def _year(catalogue: Catalogue, frame: Frame, i: int, given: Submitted) -> None:
    """One row per number of a year form whose quarters are known: the sum of all four, or the last."""
    rows: list[tuple[int, float, float, float]] = []
    nothing = float("nan")
    for k, seen in enumerate(given.read.observations if given.quarters is not None else ()):
        quarters = (given.quarters or {}).get((seen.org_unit_code, seen.data_element))
        element = catalogue.elements.get(seen.data_element)
        if element is None or seen.value is None or quarters is None:
            continue
        if element.kind == ElementKind.FLOW:
            if all(q is not None for q in quarters):
                total = sum(q for q in quarters if q is not None)
                rows.append((k, total, round(seen.value - total, 6), nothing))
        elif quarters[3] is not None:
            rows.append((k, quarters[3], nothing, round(seen.value - quarters[3], 6)))
    if rows:
        positions, expected, flows, stocks = zip(*rows, strict=True)
        frame.add(i, positions, expected, flow_difference=flows, stock_difference=stocks)
