"""Which cells a sum needs: who owed what in which period, and to which of the period's leaves each belongs.

Room: warehouse. Called by `rollup_leaves`, `rollup`. Pure: from the catalogue to lists; the database is not read.

A period's figure is made of *pieces*: for what happened in it, the shortest forms that fill it from its first month
without gap (quarters, else months, else half-years); for what stands at its end, the last of them. A form of the
period's own length (a year form, a half-year form) comes before its pieces. A *slot* is one unit that owed cells in
one piece, with the leaf of the period's last day that its figures belong to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import dropwhile

from etl.catalog import models
from etl.catalog.geography import compute_unit_shares, has_gone_over
from etl.catalog.loader import Catalogue
from etl.catalog.owed_cells import list_owed_cells
from etl.model import ElementKind, Period, PeriodKind
from etl.model.reason import Reason, build_reason

_PIECES = (PeriodKind.QUARTER, PeriodKind.MONTH, PeriodKind.HALF)
_WHOLE_STRETCH = (PeriodKind.HALF, PeriodKind.NINE_MONTHS, PeriodKind.YEAR)


@dataclass(frozen=True)
class ReportingObligation:
    """A unit that owed the cells of a group in a piece. `weight` None: nobody says how much is the leaf's."""

    period: str
    unit: models.Unit
    current_unit: models.Unit
    weight: Fraction | None
    group: int


@dataclass(frozen=True)
class RollupObligations:
    """Everything a roll-up reads. `pieces` counts, per element, the pieces that a flow needs; `own` is the form of the
    period's own length."""

    own: str
    entries: tuple[ReportingObligation, ...]
    groups: tuple[frozenset[str], ...]
    pieces: Mapping[str, int]
    periods: tuple[str, ...] = field(default=())


@lru_cache(maxsize=128)
def _list_collected_elements(catalogue: Catalogue, scope_id: str, period: Period) -> frozenset[str]:
    return frozenset[str]().union(*set(_list_line_cells(catalogue, scope_id, period).values()))


@lru_cache(maxsize=128)
def _list_line_cells(catalogue: Catalogue, scope_id: str, period: Period) -> Mapping[models.Unit, frozenset[str]]:
    """The cells that were owed to a scope, and to those it continues."""
    cells: dict[models.Unit, frozenset[str]] = {}
    for one in catalogue.list_scope_line(catalogue.scopes[scope_id]):
        for unit, elements in list_owed_cells(catalogue, one, period).items():
            cells[unit] = cells.get(unit, frozenset()) | elements
    return cells


def build_obligations(
    catalogue: Catalogue, scope: models.Scope, period: Period, elements: Iterable[str], start: Period | None = None
) -> RollupObligations:
    """What the sums of some data elements over a period need; of what adds up only what is not before `start`."""
    return _build_cached_obligations(catalogue, scope.id, period, frozenset(elements), start)


@lru_cache(maxsize=32)
def _build_cached_obligations(
    catalogue: Catalogue, scope_id: str, period: Period, elements: frozenset[str], start: Period | None
) -> RollupObligations:
    own = period.key if period.kind in _WHOLE_STRETCH else ""
    wanted: dict[Period, set[str]] = {}
    pieces = {}
    for element in sorted(elements):
        found = _list_period_pieces(catalogue, scope_id, period, element)
        has_pieces = catalogue.elements[element].kind.has_pieces
        ends = [p for p in found if p is not None and p.end == period.end]
        cut = has_pieces and start is not None
        if start is not None and cut:
            found = _cut_pieces(found, start)
        used = [p for p in found if p is not None] if has_pieces else ends
        for piece in used:
            wanted.setdefault(piece, set()).add(element)
        if own and not cut and element in _list_collected_elements(catalogue, scope_id, period):
            wanted.setdefault(period, set()).add(element)
        late = not cut and find_first_asked(catalogue, catalogue.scopes[scope_id], period, element) is not None
        asked = list(dropwhile(lambda piece: piece is None, found)) if late else found  # what nobody owed is no gap
        pieces[element] = len(asked) if has_pieces else 1
    made, groups = _build_obligation_groups(catalogue, scope_id, period, wanted)
    return RollupObligations(own, made, groups, pieces, tuple(p.key for p in wanted))


def is_uncovered(catalogue: Catalogue, scope: models.Scope, period: Period, element: str) -> bool:
    """Whether no form of a scope says an element for the end of a period."""
    if element in _list_collected_elements(catalogue, scope.id, period):
        return False
    found = _list_period_pieces(catalogue, scope.id, period, element)
    return not found or found[-1] is None or found[-1].end != period.end


def find_first_asked(catalogue: Catalogue, scope: models.Scope, period: Period, element: str) -> Period | None:
    """The first piece of what happens in a year that any form asks about, where none asked about the months before."""
    own = period.kind in _WHOLE_STRETCH and element in _list_collected_elements(catalogue, scope.id, period)
    if own or not catalogue.elements[element].kind.has_pieces:
        return None
    found = _list_period_pieces(catalogue, scope.id, period, element)
    return next((p for p in found if p is not None), None) if found and found[0] is None else None


def list_beginnings(
    catalogue: Catalogue, scope: models.Scope, period: Period, indicator: models.Indicator
) -> set[Period | None]:
    """The pieces from which on what adds up in an indicator is asked about: None is the year's own beginning."""
    return {find_first_asked(catalogue, scope, period, e) for e in _list_growing_elements(catalogue, indicator)}


def find_length_gap(
    catalogue: Catalogue, scope: models.Scope, period: Period, indicator: models.Indicator
) -> Reason | None:
    """Why an indicator has no figure of this length; None where it may have one."""
    elements = [term.data_element for term in indicator.terms]
    since_january = any(catalogue.elements[e].kind == ElementKind.YTD for e in elements)
    if period.counted_from != 1 and (indicator.accumulates or since_january):
        return build_reason("reason.accumulates", period=period.key)
    if indicator.frequency == "quarter" and any(is_uncovered(catalogue, scope, period, e) for e in elements):
        return build_reason("reason.no_form", period=period.key)
    begun = list_beginnings(catalogue, scope, period, indicator)
    if len(begun) < 2 or _find_common_start(catalogue, scope, period, indicator):
        return None
    first = max((piece for piece in begun if piece), key=lambda piece: piece.start)
    return build_reason("reason.begins_in_year", period=first.name)


def find_stretch_start(
    catalogue: Catalogue, scope: models.Scope, period: Period, indicator: models.Indicator
) -> Period | None:
    """The first piece that an indicator's figure covers; None is the year's own beginning."""
    begun = list_beginnings(catalogue, scope, period, indicator)
    return _find_common_start(catalogue, scope, period, indicator) if len(begun) > 1 else next(iter(begun), None)


def adds_up_from(
    catalogue: Catalogue, scope: models.Scope, period: Period, indicator: models.Indicator, start: Period
) -> bool:
    """Whether what adds up in an indicator is asked about piece by piece, a piece of each beginning on that day."""
    pieces = [_list_period_pieces(catalogue, scope.id, period, e) for e in _list_growing_elements(catalogue, indicator)]
    return bool(pieces) and all(any(p is not None and p.start == start.start for p in found) for found in pieces)


def _list_growing_elements(catalogue: Catalogue, indicator: models.Indicator) -> list[str]:
    """What adds up over a year in an indicator, or is a mean of its parts."""
    elements = (term.data_element for term in indicator.terms)
    return [e for e in elements if catalogue.elements[e].kind.has_pieces]


def _find_common_start(
    catalogue: Catalogue, scope: models.Scope, period: Period, indicator: models.Indicator
) -> Period | None:
    """The first piece from which on all that adds up in an indicator is asked about.

    It is that of a day on which a piece of each element begins, the longest of them; None where there is no such day:
    then no stretch of the year is common to all.
    """
    growing = _list_growing_elements(catalogue, indicator)
    pieces = [[p for p in _list_period_pieces(catalogue, scope.id, period, e) if p is not None] for e in growing]
    if not pieces or not all(pieces):
        return None
    last = max(found[0].start for found in pieces)
    days = set.intersection(*({p.start for p in found if p.start >= last} for found in pieces))
    beginning = [p for found in pieces for p in found if p.start == min(days, default=None)]
    return max(beginning, key=lambda p: p.months, default=None)


def _cut_pieces(pieces: list[Period | None], start: Period) -> list[Period | None]:
    """The pieces from the one on that begins with `start`; what is not covered after it stays a gap."""
    first = next(i for i, piece in enumerate(pieces) if piece is not None and piece.start == start.start)
    return pieces[first:]


def _list_period_pieces(catalogue: Catalogue, scope_id: str, period: Period, element: str) -> list[Period | None]:
    """The pieces that fill a period's stretch for an element; None stands for a quarter that no form covers."""
    month, found = period.counted_from, list[Period | None]()
    while month <= period.end.month:
        piece = next(
            (
                p
                for kind in _PIECES
                if (p := Period.find_by_first_month(period.year, kind, month))
                and p.end <= period.end
                and (p != period or kind not in _WHOLE_STRETCH)
                and element in _list_collected_elements(catalogue, scope_id, p)
            ),
            None,
        )
        found.append(piece)
        month += piece.months if piece else 3 - (month - 1) % 3
    return found


def _build_obligation_groups(
    catalogue: Catalogue, scope_id: str, period: Period, wanted: Mapping[Period, set[str]]
) -> tuple[tuple[ReportingObligation, ...], tuple[frozenset[str], ...]]:
    groups: dict[frozenset[str], int] = {}
    made = []
    for piece, elements in wanted.items():
        for unit, own in _list_line_cells(catalogue, scope_id, piece).items():
            cells = own & elements
            if not cells:
                continue
            group = groups.setdefault(cells, len(groups))
            for share in compute_unit_shares(catalogue, unit, period.end):
                made.append(ReportingObligation(piece.key, unit, share.unit, share.weight, group))
    return tuple(made), tuple(groups)


def find_split_groups(
    catalogue: Catalogue, entries: Iterable[ReportingObligation], day: date
) -> tuple[frozenset[models.Unit], ...]:
    """The leaves of a day among which a unit was split and nobody says how; together they hold all of it.

    Left out are leaves where a part of the unit lies elsewhere: there its figures cannot be had.
    """
    slots = tuple(entries)
    leaves = {s.current_unit for s in slots}
    groups: list[frozenset[models.Unit]] = []
    lost: set[models.Unit] = set()
    for unit in dict.fromkeys(s.unit for s in slots if s.weight is None):
        images = frozenset(share.unit for share in compute_unit_shares(catalogue, unit, day))
        if not images <= leaves or not has_gone_over(catalogue, unit, day):
            lost |= images
        touched = [group for group in groups if group & images]
        groups = [group for group in groups if group not in touched] + [images.union(*touched)]
    return tuple(group for group in groups if not group & lost)


def join_split_groups(
    entries: Iterable[ReportingObligation], groups: Iterable[frozenset[models.Unit]]
) -> tuple[ReportingObligation, ...]:
    """The slots with each group of leaves as one leaf, the one of the lowest code: what was split is whole there."""
    joined = {unit: min(group, key=lambda u: u.code) for group in groups for unit in group}
    made: dict[tuple[str, models.Unit, models.Unit, int], ReportingObligation] = {}
    for slot in entries:
        leaf = joined.get(slot.current_unit, slot.current_unit)
        key = (slot.period, slot.unit, leaf, slot.group)
        before = made[key].weight if key in made else Fraction(0)
        weight = slot.weight
        if leaf in joined and weight is None:
            before, weight = Fraction(0), Fraction(1)
        total = None if before is None or weight is None else before + weight
        made[key] = replace(slot, current_unit=leaf, weight=total)
    return tuple(made.values())
