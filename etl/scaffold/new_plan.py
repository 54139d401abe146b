"""A plan as a catalogue file, made from a table of its targets: what is certain as it is, what is not marked to decide.

Room: scaffold. Pure. Every value stands in the file in its own words; a proposal is marked with ``!to-decide``, which
`catalogue check` refuses with its line until a person has decided.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import get_args

from etl.catalog import Catalogue, models
from etl.catalog.marked_files import UNDECIDED_TAG
from etl.catalog.problems import find_nearest
from etl.errors import UsageError
from etl.scaffold.catalogue_change import CatalogueChange
from etl.scaffold.file_templates import fill_file_template
from etl.scaffold.target_shapes import TargetShape, count_decimals, parse_certain_number, recognize_shape
from etl.scaffold.target_table import PeriodCell, TableWords, TargetRow, load_table_words, read_target_rows


@dataclass(frozen=True)
class PlanHead:
    """What a plan says of itself. `issuer`: an actor's code, empty where nobody has said. `valid_from`: ISO day."""

    plan_id: str
    title: str
    number: str
    issuer: str
    date: str
    table: str


@dataclass(frozen=True)
class PlanDraft:
    """A plan's file. `certain`: targets in which nothing is to decide; `marks`: how many values are."""

    change: CatalogueChange
    targets: int
    certain: int
    marks: int


@dataclass(frozen=True)
class _Measure:
    """What a target is measured by: an indicator, or the nearest one as a proposal, or nothing."""

    indicator: models.Indicator | None
    certain: bool


def draft_plan(catalogue: Catalogue, templates: Path, head: PlanHead, rows: Sequence[Sequence[str]]) -> PlanDraft:
    """The file of a plan.

    Raises:
        UsageError: the plan is there already, the table has no targets, or an item stands twice.
        TemplateError: the words of tables are wrong.
    """
    words = load_table_words(templates)
    targets = _number_items(read_target_rows(rows, words))
    if not targets:
        raise UsageError("the table has no targets", where=head.table, fix="a row for each, below the header")
    blocks = [_format_target(catalogue, words, row) for row in targets]
    text = _fill_head(templates, head, targets) + "".join(blocks) + "tasks: []\n"
    path = catalogue.root / "plans" / f"{head.plan_id}.yaml"
    return PlanDraft(
        CatalogueChange({path: text}),
        targets=len(targets),
        certain=sum(UNDECIDED_TAG not in block for block in blocks),
        marks=text.count(f" {UNDECIDED_TAG} "),
    )


def _number_items(rows: Iterable[TargetRow]) -> list[tuple[str, TargetRow]]:
    """Each row with its item: the document's own number, else the row's place."""
    numbered = [(row.item.rstrip(".") or str(place), row) for place, row in enumerate(rows, start=1)]
    twice = next((item for item, count in Counter(item for item, _ in numbered).items() if count > 1), None)
    if twice is not None:
        lines = ", ".join(str(row.line) for item, row in numbered if item == twice)
        raise UsageError(
            f"item {twice!r} stands twice", where=f"rows {lines}", fix="give each target a number of its own"
        )
    return numbered


def _fill_head(templates: Path, head: PlanHead, targets: Sequence[tuple[str, TargetRow]]) -> str:
    years = [cell.period[:4] for _, row in targets for cell in row.cells if cell.period and not cell.is_baseline]
    kinds = get_args(models.Plan.model_fields["kind"].annotation)
    kind = next((one for one in kinds if head.title.startswith(f"{one} ")), models.Plan.model_fields["kind"].default)
    groups = dict.fromkeys(row.group for _, row in targets if row.group)
    given = {"number": head.number, "issuer": head.issuer, "date": head.date}
    slots = {key: _quote(value) if value else f"{UNDECIDED_TAG} {_quote(value)}" for key, value in given.items()}
    return fill_file_template(
        templates,
        "plan.yaml",
        id=head.plan_id,
        kind=kind,
        title=_quote(head.title),
        subject=_quote(head.title.removeprefix(kind).strip()),
        table=_quote(head.table),
        number_mark="" if head.number else f"{UNDECIDED_TAG} ",
        number_text=head.number.replace('"', ""),
        valid_to=f"{max(years)}-12-31" if years else f"{UNDECIDED_TAG} null",
        groups=json.dumps(list(groups), ensure_ascii=False),
        valid_from=head.date or f"{UNDECIDED_TAG} {min(years, default='2026')}-01-01",
        **slots,
    )


def _format_target(catalogue: Catalogue, words: TableWords, numbered: tuple[str, TargetRow]) -> str:
    item, row = numbered
    measure = _find_measure(catalogue, row)
    milestones = [cell for cell in row.cells if not cell.is_baseline]
    starts = sorted((cell for cell in row.cells if cell.is_baseline), key=_order_by_period)
    return "".join(
        f"  {'- ' if i == 0 else '  '}{line}\n"
        for i, line in enumerate(
            (
                f"item: {_quote(item)}",
                f"clause: {UNDECIDED_TAG} {_quote(f'TT {item}')}"
                if not row.item
                else f"clause: {_quote(f'TT {item}')}",
                f"title: {_quote(row.title)}",
                *([f"group: {_quote(row.group)}"] if row.group else ()),
                *_format_measure(measure, row, has_level=bool(milestones)),
                f"unit_written: {_quote(row.unit)}",
                f"decimals: {count_decimals([cell.written for cell in (*starts[-1:], *milestones)])}",
                *([f"baseline: {_format_baseline(starts[-1])}"] if starts else ()),
                *(["milestones:"] if milestones else ()),
                *(f"  - {_format_milestone(cell, row, measure, words, catalogue)}" for cell in milestones),
                *_format_notes(row, starts[:-1]),
            )
        )
    )


def _find_measure(catalogue: Catalogue, row: TargetRow) -> _Measure:
    """By the code that the row gives, or by the indicator's own name; a name that is only near is a proposal."""
    if row.indicator:
        near = find_nearest(row.indicator, catalogue.indicators)
        return _Measure(
            catalogue.indicators.get(row.indicator) or catalogue.indicators.get(near),
            row.indicator in catalogue.indicators,
        )
    names: dict[str, set[str]] = {}
    for indicator in catalogue.indicators.values():
        for name in (indicator.short_name, indicator.name):
            names.setdefault(_fold(name), set()).add(indicator.code)
    exact = names.get(_fold(row.title), set())
    similar = exact or names.get(find_nearest(_fold(row.title), names), set())
    return _Measure(catalogue.indicators[min(similar)] if similar else None, len(exact) == 1)


def _format_measure(measure: _Measure, row: TargetRow, *, has_level: bool) -> Iterator[str]:
    indicator = measure.indicator
    if indicator is None:
        yield f"kind: {UNDECIDED_TAG} not_assessed  # no indicator of this name: leave it, or name one in `indicator`"
        yield "unassessed: not_collected"
        return
    given = f"the code {row.indicator}" if row.indicator else "the title"
    doubt = f" {UNDECIDED_TAG} {indicator.code}  # {given} is only like this one: “{indicator.name}”"
    yield f"indicator:{f' {indicator.code}' if measure.certain else doubt}"
    if not has_level:
        yield f"kind: {UNDECIDED_TAG} track  # the row has no level: only followed"
    elif indicator.method == "ratio":
        yield "kind: threshold"
    elif indicator.method == "published":
        yield "kind: published"
    else:
        yield f"kind: {UNDECIDED_TAG} not_assessed  # how {indicator.code} is computed decides on the kind"


def _format_baseline(cell: PeriodCell) -> str:
    value = parse_certain_number(cell.written)
    number = f"value: {value}" if value is not None else f"value: {UNDECIDED_TAG} null"
    doubt = "" if value is not None else "  # no plain number; null where there is none"
    estimated = ", estimated: true" if cell.estimated else ""
    return f"{{{_format_period(cell)}written: {_quote(cell.written)}, {number}{estimated}}}{doubt}"


def _format_milestone(
    cell: PeriodCell, row: TargetRow, measure: _Measure, words: TableWords, catalogue: Catalogue
) -> str:
    shape = recognize_shape(cell.written, row.unit, measure.indicator, words, catalogue)
    doubt = f"  # {shape.doubt}" if shape.doubt else ""
    return f"{{{_format_period(cell)}written: {_quote(cell.written)}, {_format_shape(shape)}}}{doubt}"


def _format_period(cell: PeriodCell) -> str:
    """The period of a level; nothing where the table names none, and nothing is made up."""
    return f'period: "{cell.period}", ' if cell.period else ""


def _order_by_period(cell: PeriodCell) -> tuple[str, bool, str]:
    """By year, a year's parts before the whole."""
    return cell.period[:4], len(cell.period) == 4, cell.period


def _format_shape(shape: TargetShape) -> str:
    mark = f"{UNDECIDED_TAG} " if shape.doubt else ""
    if shape.operator == "count":
        return f'operator: {mark}">=", count: {{count: {shape.value}, of: {shape.upper}}}'
    numbers: dict[str, Decimal | None] = {"value": shape.value, "upper": shape.upper}
    parts = [f"operator: {mark}{_quote(shape.operator)}"]
    return ", ".join((*parts, *(f"{key}: {number}" for key, number in numbers.items() if number is not None)))


def _format_notes(row: TargetRow, earlier: Iterable[PeriodCell]) -> Iterator[str]:
    """What no column of the catalogue takes: a number there may be a target, and somebody has to say whether it is."""
    told = [(f"{cell.period}: {cell.written}", False) for cell in earlier]
    told += [(f"{header}: {text}", any(c.isdigit() for c in header + text)) for header, text in row.others]
    if told:
        yield "notes:"
    for text, is_open in told:
        yield f"  - {f'{UNDECIDED_TAG} ' if is_open else ''}{_quote(text)}"


def _quote(text: str) -> str:
    """A text in double quotes, as JSON and YAML both read it."""
    return json.dumps(text, ensure_ascii=False)


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())
