"""What a form fixes for the checker, made once per form and set of cells: bounds, kinds, relations as index arrays.

Called by the check room only. Pure: from catalogue data to arrays that run along a workbook's observations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from etl.catalog import Catalogue, models
from etl.catalog.layout import find_element_kind
from etl.catalog.obligations import find_collecting_scope, list_collecting_scopes, list_owed_forms
from etl.catalog.owed_cells import compute_limit
from etl.model import ElementKind, FormStamp, Period, ReadResult

if TYPE_CHECKING:
    import numpy as np

FAMILIES = ("number", "choice", "date", "words")
NUMBER, CHOICE, DATE, WORDS = range(4)
_FAMILY = {ElementKind.CHOICE: CHOICE, ElementKind.DATE: DATE, ElementKind.TEXT: WORDS}
RELATION_KINDS = ("certain", "likely", "about", "sum", "overlap", "per_head")
"""How a relation is checked: one that always holds, one that may be explained, near equality, sums, overlaps, and so
many for each person."""
_UNREADABLE = frozenset({"S03", "S04", "S05", "S06"})


@dataclass(frozen=True)
class StampContext:
    """What the frames need of a workbook's stamp, resolved once."""

    period: Period
    form: models.Form
    scope: models.Scope
    unit: models.Unit
    owed: bool


@dataclass(frozen=True)
class CheckTemplate:
    """What is the same for every workbook with the same cells. Arrays run along the observations.

    A relation is a row of `terms` (positions; −1 adds nothing): the smaller side, the larger, and the parts that
    `parts` marks. Two numbers that must be equal are two rows, each side the smaller once. `sort` is the place in
    `RELATION_KINDS`; `most`: how many times the larger side the smaller may be, NaN where nobody says; `cells`: where a
    finding is written; `details`: (relation, its terms).
    `beside`: position → those of the numbers that are part of it, and of those on the other side of a ratio; `columns`:
    counted data element → its positions; `related`: pairs of data elements of which one is part of the other, or that
    count the same; `per_head`: (position for the message, positions, most for each person) of what people bound.
    """

    keys: tuple[tuple[str, str], ...]
    low: np.ndarray
    high: np.ndarray
    whole: np.ndarray
    required: np.ndarray
    family: np.ndarray
    money: np.ndarray
    flow: np.ndarray
    stock: np.ndarray
    average: np.ndarray
    ytd: np.ndarray
    words: tuple[int, ...]
    population: np.ndarray
    details: np.ndarray
    terms: np.ndarray
    parts: np.ndarray
    cells: np.ndarray
    sort: np.ndarray
    most: np.ndarray
    beside: Mapping[int, tuple[tuple[int, ...], tuple[int, ...]]]
    columns: Mapping[str, tuple[int, ...]]
    related: frozenset[frozenset[str]]
    per_head: tuple[tuple[int, tuple[int, ...], float], ...]


def find_stamp_context(catalogue: Catalogue, read: ReadResult) -> StampContext | None:
    """The stamp's form, scope, unit and period; None where the reader has already refused them."""
    if read.stamp is None or (read.findings and any(f.code in _UNREADABLE for f in read.findings)):
        return None
    return _find_stamp_context(catalogue, read.stamp)


@lru_cache(maxsize=4096)
def _find_stamp_context(catalogue: Catalogue, stamp: FormStamp) -> StampContext | None:
    form, period = catalogue.forms[stamp.form], Period.parse(stamp.period)
    unit = catalogue.find_unit(stamp.unit, period.end)
    if unit is None or not list_collecting_scopes(catalogue, form.id):
        return None
    scope = find_collecting_scope(catalogue, form.id, unit.code, period)
    return StampContext(period, form, scope, unit, (form.id, unit.code) in list_owed_forms(catalogue, scope.id, period))


@lru_cache(maxsize=64)
def _list_required_elements(catalogue: Catalogue, form_id: str) -> frozenset[str]:
    form = catalogue.forms[form_id]
    return frozenset(c.data_element for s in form.sheets for c in catalogue.list_sheet_columns(form, s) if c.required)


@lru_cache(maxsize=1024)
def build_check_template(
    catalogue: Catalogue, form_id: str, units: tuple[str, ...], codes: tuple[str, ...]
) -> CheckTemplate:
    """The template of a form whose observations have these org units and data elements, in this order."""
    import numpy as np

    elements = [catalogue.elements.get(code) for code in codes]
    limits = [compute_limit(catalogue, catalogue.forms[form_id], *key) for key in zip(units, codes, strict=True)]
    kinds = tuple(find_element_kind(catalogue, code) for code in codes)
    must = _list_required_elements(catalogue, form_id)
    keys = tuple(zip(units, codes, strict=True))
    rows = list(_build_relation_rows(catalogue, keys))
    columns = _list_counted_columns(keys, kinds)
    width = max((len(sides) for _, _, sides in rows), default=2)
    return CheckTemplate(
        keys=keys,
        low=np.array([float(e.min) if e and e.min is not None else np.nan for e in elements]),
        high=np.array([np.nan if limit is None else float(limit) for limit in limits]),
        whole=np.array([bool(e and e.integer) for e in elements], dtype=bool),
        required=np.array(
            [code in must or kind == ElementKind.CHOICE for code, kind in zip(codes, kinds, strict=True)], dtype=bool
        ),
        family=np.array([_FAMILY.get(kind, NUMBER) for kind in kinds]),
        money=np.array([bool(e and e.measure == "money") for e in elements], dtype=bool),
        flow=np.array([kind == ElementKind.FLOW for kind in kinds], dtype=bool),
        stock=np.array([kind == ElementKind.STOCK for kind in kinds], dtype=bool),
        average=np.array([kind == ElementKind.AVERAGE for kind in kinds], dtype=bool),
        ytd=np.array([kind == ElementKind.YTD for kind in kinds], dtype=bool),
        words=tuple(i for i, kind in enumerate(kinds) if kind == ElementKind.TEXT),
        population=np.array([i for i, e in enumerate(elements) if e and e.measure == "population"], dtype=int),
        details=_build_object_array([(relation, terms) for relation, terms, _ in rows]),
        terms=np.array([[*sides, *[-1] * (width - len(sides))] for _, _, sides in rows], dtype=int).reshape(-1, width),
        parts=np.array([_mark_parts(relation, width) for relation, _, _ in rows], dtype=bool).reshape(-1, width),
        cells=np.array([terms[0] for _, terms, _ in rows], dtype=int),
        sort=np.array([RELATION_KINDS.index(_find_relation_kind(relation)) for relation, _, _ in rows], dtype=np.int8),
        most=np.array([np.nan if r.most is None else float(r.most) for r, _, _ in rows]),
        beside=_list_cells_beside(catalogue, keys, rows),
        columns=columns,
        related=frozenset(frozenset((r.smaller or "", r.larger)) for r in catalogue.relations if r.kind != "per_head"),
        per_head=tuple(_list_counts_per_head(catalogue, columns)),
    )


def _list_counted_columns(keys: Sequence[tuple[str, str]], kinds: Sequence[ElementKind]) -> dict[str, tuple[int, ...]]:
    counted = (ElementKind.STOCK, ElementKind.FLOW, ElementKind.YTD)
    columns: dict[str, tuple[int, ...]] = {}
    for k, ((_, code), kind) in enumerate(zip(keys, kinds, strict=True)):
        if kind in counted:
            columns[code] = (*columns.get(code, ()), k)
    return columns


def _list_counts_per_head(
    catalogue: Catalogue, columns: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[int, tuple[int, ...], float]]:
    """What the relations bound by the population: no more than people, or so many for each."""
    for relation in catalogue.relations:
        people = catalogue.elements[relation.larger].measure == "population"
        if people and relation.kind in {"at_most", "per_head"} and (positions := columns.get(relation.smaller or "")):
            yield positions[0], positions, float(relation.most or 1)


def _list_cells_beside(
    catalogue: Catalogue,
    keys: Sequence[tuple[str, str]],
    rows: Iterable[tuple[models.Relation, tuple[int, ...], object]],
) -> dict[int, tuple[tuple[int, ...], tuple[int, ...]]]:
    children: dict[int, dict[int, None]] = defaultdict(dict)
    partners: dict[int, dict[int, None]] = defaultdict(dict)
    for relation, terms, _ in rows:
        if relation.kind in {"at_most", "equal"}:
            children[terms[1]][terms[0]] = None
    where = {key: i for i, key in enumerate(keys)}
    for unit in dict.fromkeys(unit for unit, _ in keys):
        for indicator in catalogue.indicators.values():
            sides = [k for t in indicator.terms if (k := where.get((unit, t.data_element))) is not None]
            for k in sides:
                partners[k].update(dict.fromkeys(p for p in sides if p != k))
    return {k: (tuple(children[k]), tuple(partners[k])) for k in sorted(children.keys() | partners.keys())}


def _build_object_array(items: Sequence[object]) -> np.ndarray:
    import numpy as np

    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def _build_relation_rows(
    catalogue: Catalogue, keys: Sequence[tuple[str, str]]
) -> Iterator[tuple[models.Relation, tuple[int, ...], tuple[int, ...]]]:
    """(relation, positions for the message, positions to compare) for each org unit that has every side of it."""
    where = {key: i for i, key in enumerate(keys)}
    for unit in dict.fromkeys(unit for unit, _ in keys):
        for relation in catalogue.relations:
            if all((unit, code) in where for code in relation.elements):
                sides = tuple(where[unit, code] for code in (relation.smaller, relation.larger) if code)
                parts = tuple(where[unit, code] for code in relation.parts)
                terms = _build_relation_terms(relation, sides, parts)
                yield relation, terms, terms
                if relation.kind == "equal":
                    yield relation, terms, terms[::-1]


def _build_relation_terms(relation: models.Relation, sides: tuple[int, ...], parts: tuple[int, ...]) -> tuple[int, ...]:
    """The smaller and the larger side first; a sum has no smaller side, there stands its first part."""
    return (parts[0], *sides, *parts[1:]) if relation.kind == "sum" else (*sides, *parts)


def _mark_parts(relation: models.Relation, width: int) -> list[bool]:
    """Which of a relation's terms are its parts."""
    count = len(relation.parts)
    first = [True, False] if relation.kind == "sum" else [False, False]
    marks = first + [True] * (count - sum(first))
    return marks + [False] * (width - len(marks))


def _find_relation_kind(relation: models.Relation) -> str:
    return relation.kind if relation.kind in RELATION_KINDS else "certain" if relation.certain else "likely"
