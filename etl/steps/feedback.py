"""What goes back down: each quarter one page for every unit that reports."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.cells import cells_of
from etl.errors import UsageError
from etl.model import Period, PeriodKind
from etl.model.numbers import printed, rounded
from etl.model.trend import trend
from etl.steps.common import Result, current_engine, start, today
from etl.steps.outcome import attainments

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from etl.feedback import Comparison, Counts, Feedback, FormState, Line, Sent, Share
    from etl.model import Attainment, UnitStatus, Verdict

_EARLIER = 4
_SHARE_OVER = 4
_MOST_LINES = 12
_MOST_DECIMALS = 4
_SIGNS = {"met": "Đ", "not_met": "C", "within_plan": "T", "over_plan": "V"}
_OPERATORS = {">=": "≥ ", "<=": "≤ ", ">": "> ", "<": "< ", "=": "", "about": "khoảng "}
_AREAS = {"nation": "cả nước", "province": "toàn tỉnh", "district": "toàn huyện"}


def feedback(scope: str, period: str, unit: str | None = None) -> Result:
    """Writes each unit's sheet of a quarter to ``outbox/returns/<unit>/``; one that is the same stays as it is.

    Raises:
        UsageError: no such scope or period, or the unit owes nothing for it.
    """
    from etl.catalog.rules import load_rules
    from etl.feedback import write

    settings, catalogue = start()
    chosen, key = catalogue.scope(scope), Period.parse(period)
    units = list(dict.fromkeys(u for _, _, u in catalogue.expected(chosen, key)))
    if key.kind != PeriodKind.QUARTER or not units:
        return {"scope": scope, "period": period, "skipped": "feedback is for quarters in which a unit owes something"}
    wanted = [u for u in units if unit in (None, u.code)]
    if not wanted:
        codes = ", ".join(u.code for u in units)
        raise UsageError(
            f"unit {unit} owes nothing to {scope} for {period}", where="--unit", fix=f"use one of: {codes}"
        )
    with current_engine(settings, catalogue).connect() as conn:
        titles = {code: rule.title for code, rule in load_rules(settings.expectations).by_code.items()}
        known = _known(conn, catalogue, chosen, key, titles, simulated=settings.simulated)
    targets = chosen_targets(catalogue, chosen, known.rows)
    sheets = [_of_unit(known, one, targets) for one in wanted]
    least = int(catalogue.thresholds["related_least"])
    done = [write(sheet, key.key, settings.outbox, least) for sheet in sheets]
    return {
        "scope": scope,
        "period": period,
        "units": len(done),
        "written": sum(new for _, new in done),
        "files": [str(path) for path, _ in done],
    }


@dataclass(frozen=True)
class _Known:
    """All that is read at once for every unit of a quarter."""

    catalogue: Catalogue
    scope: m.Scope
    periods: tuple[Period, ...]  # the quarter last
    day: dt.date
    as_of: dt.date
    statuses: Mapping[str, Sequence[UnitStatus]]
    verdicts: Mapping[tuple[str, str, str], tuple[Verdict, ...]]
    filled: Mapping[tuple[str, dt.date, str], Mapping[str, int]]
    rows: Sequence[Attainment]
    titles: Mapping[str, str]
    simulated: bool

    @property
    def period(self) -> Period:
        return self.periods[-1]

    def owed(self, unit: m.Unit, period: Period) -> list[m.Form]:
        """The forms that this very unit, not another of its code, owed for a period."""
        return [form for _, form, one in self.catalogue.expected(self.scope, period) if one == unit]


def _known(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    titles: Mapping[str, str],
    *,
    simulated: bool,
) -> _Known:
    """Everything from one snapshot."""
    from etl.warehouse import feedback as heard
    from etl.warehouse.reported import ZONE, statuses
    from etl.warehouse.snapshot import snapshot

    at, _ = snapshot(conn)
    periods = (*reversed(period.before(_EARLIER)), period)
    return _Known(
        catalogue,
        scope,
        periods,
        today(),
        dt.datetime.fromisoformat(at).astimezone(ZONE).date(),
        {p.key: statuses(conn, catalogue, scope, p, as_known_at=at) for p in periods},
        heard.verdicts(conn, scope.id, [p.key for p in periods], as_known_at=at),
        heard.filled(conn, scope.id, period.key, as_known_at=at),
        attainments(conn, catalogue, scope, period, at, outlook=False),
        titles,
        simulated,
    )


def _of_unit(known: _Known, unit: m.Unit, targets: Sequence[tuple[str, m.Target]]) -> Feedback:
    from etl.feedback import Feedback, gone, mended, to_do

    forms = known.owed(unit, known.period)
    now = [known.verdicts.get((unit.code, form.id, known.period.key), ()) for form in forms]
    last = known.periods[-2]
    owed_before = {form.id for form in known.owed(unit, last)}
    found: Counter[tuple[str, str, bool]] = Counter()
    for form, verdicts in zip(forms, now, strict=True):
        before = known.verdicts.get((unit.code, form.id, last.key), ()) if form.id in owed_before else ()
        found += gone(verdicts, before[-1] if before else None)
    office = known.scope.office
    elements = {code: element.name for code, element in known.catalogue.elements.items()}
    area = known.catalogue.unit(known.scope.area_unit, known.period.end)
    return Feedback(
        unit=unit.code,
        unit_name=unit.name,
        quarter=known.period.name,
        parent_body=office.parent_body,
        body=office.body,
        office=office.name,
        area=_AREAS.get(area.level if area else "", "toàn địa bàn"),
        as_of=known.as_of,
        sent=tuple(_sent(known, unit, form) for form in forms),
        on_time=_on_time(known, unit),
        quarters=tuple(_counts(known, unit)),
        mended=mended(found, known.titles, elements),
        mendable=any(verdicts and verdicts[-1].accepted for verdicts in now),
        open=tuple(sorted((f for verdicts in now for f in to_do(verdicts)), key=lambda f: f.level != "refuse")),
        lines=tuple(_lines(known, unit, targets)),
        simulated=known.simulated,
    )


# --- timeliness, completeness, findings ------------------------------------------------------------------


def _state(status: UnitStatus, day: dt.date) -> FormState:
    if status.state == "accepted":
        return "late" if status.late_days else "on_time"
    if status.state == "refused":
        return "refused"
    return "silent" if day.isoformat() > status.due else "not_due"


def _share(part: int, whole: int, least: float) -> Share:
    from etl.check.metrics import share
    from etl.feedback import Share

    flag = share(part, whole, least).flag
    return Share(part, whole, least, None if flag == "not_testable" else flag == "flagged")


def _statuses(known: _Known, unit: m.Unit, period: Period) -> list[UnitStatus]:
    owed = {form.id for form in known.owed(unit, period)}
    return [s for s in known.statuses[period.key] if s.unit == unit.code and s.form in owed]


def _on_time(known: _Known, unit: m.Unit) -> Share:
    """Forms that came on time, of those that came or were due by now. A file that was refused never came."""
    found = [s for p in known.periods[-_SHARE_OVER:] for s in _statuses(known, unit, p)]
    due = [s for s in found if s.state == "accepted" or known.day.isoformat() > s.due]
    on_time = sum(_state(s, known.day) == "on_time" for s in due)
    return _share(on_time, len(due), known.catalogue.thresholds["timeliness"])


def _sent(known: _Known, unit: m.Unit, form: m.Form) -> Sent:
    from etl.feedback import Sent

    status = next(s for s in _statuses(known, unit, known.period) if s.form == form.id)
    state, due = _state(status, known.day), dt.date.fromisoformat(status.due)
    if status.state != "accepted":
        return Sent(form.title, state, due)
    owed = [cell for sheet in form.sheets for cell in cells_of(known.catalogue, form, sheet, unit, known.period)]
    asked = frozenset[str]().union(*(elements for _, elements in owed))
    counted = known.filled.get((unit.code, unit.valid_from, form.id), {})
    full = sum(count for element, count in counted.items() if element in asked)
    cells = _share(full, sum(len(e) for _, e in owed), known.catalogue.thresholds["element_completeness"])
    return Sent(form.title, state, due, dt.date.fromisoformat(status.received_on), status.late_days, cells)


def _counts(known: _Known, unit: m.Unit) -> list[Counts]:
    from etl.feedback import Counts, counts

    found: list[Counts] = []
    for period in known.periods:
        forms = known.owed(unit, period)
        heard = [v for form in forms if (v := known.verdicts.get((unit.code, form.id, period.key)))]
        if not forms:
            continue
        if not heard:
            found.append(Counts(period.name))
            continue
        first, last = (counts(*(v[end].findings for v in heard)) for end in (0, -1))
        found.append(Counts(period.name, sum(map(len, heard)), first, last))
    return found


# --- indicators ------------------------------------------------------------------------------------------


def chosen_targets(
    catalogue: Catalogue, scope: m.Scope, rows: Sequence[Attainment]
) -> tuple[tuple[str, m.Target], ...]:
    """(plan, target) of at most twelve quarterly indicators, each once, as the scope's first plan with a level has it.

    Where units have figures of the quarter, only indicators that at least one of them has; levels before what is
    only followed. An elimination is recognised for an area, not for a unit, and is left out.
    """
    own = {row.indicator for row in rows if row.unit != scope.area_unit and row.value is not None and not row.as_of}
    first: dict[str, tuple[str, m.Target]] = {}
    for followed in (False, True):
        for plan in scope.plans:
            for target in catalogue.plans[plan].targets:
                indicator = catalogue.indicators.get(target.indicator or "")
                if indicator is None or target.kind == "eliminate" or (target.kind == "track") != followed:
                    continue
                if _quarterly(indicator) and (not own or indicator.code in own):
                    first.setdefault(indicator.code, (plan, target))
    return tuple(first.values())[:_MOST_LINES]


def _quarterly(indicator: m.Indicator) -> bool:
    return indicator.frequency == "quarter" and indicator.method in {"ratio", "share_of_units"}


def _lines(known: _Known, unit: m.Unit, targets: Sequence[tuple[str, m.Target]]) -> list[Line]:
    rows = {(row.plan, row.item, row.unit): row for row in known.rows}
    if not any(row.unit == unit.code for row in known.rows):
        return []
    least = int(known.catalogue.thresholds["related_least"])
    return [
        _line(known.catalogue.indicators[target.indicator or ""], target, own, area, least)
        for plan, target in targets
        if (own := rows.get((plan, target.item, unit.code)))
        and (area := rows.get((plan, target.item, known.scope.area_unit)))
    ]


def _line(indicator: m.Indicator, target: m.Target, own: Attainment, area: Attainment, least: int) -> Line:
    from etl.feedback import Line

    value, whole = _current(own), _current(area)
    return Line(
        indicator.short_name,
        indicator.unit,
        value,
        whole,
        _target(own, target),
        _SIGNS.get(own.status, "–") if value is not None else "–",
        compared(indicator, own, area, least),
        _decimals(target.decimals, own),
    )


def _current(row: Attainment) -> Fraction | None:
    """The figure of the very quarter; an older one that is carried along is none."""
    return None if row.as_of else row.value


def _target(row: Attainment, target: m.Target) -> str:
    if target.kind == "track" or not row.written:
        return "theo dõi"
    if row.target is None or row.operator not in _OPERATORS:
        return row.written if len(row.written) <= 30 else "theo kế hoạch"
    year = f" (năm {row.target_period})" if row.target_period else ""
    return f"{_OPERATORS[row.operator]}{printed(row.target)}{year}"


def _decimals(wanted: int, row: Attainment) -> int:
    """As many as the plan prints and at least one; more where the value would print like a target it differs from."""
    decimals = max(1, wanted)
    if row.value is None or row.target is None or row.value == row.target:
        return decimals
    while decimals < _MOST_DECIMALS and rounded(row.value, decimals) == rounded(row.target, decimals):
        decimals += 1
    return decimals


def compared(indicator: m.Indicator, own: Attainment, area: Attainment, least: int) -> Comparison:
    """A word for the unit beside its area, only where the numbers carry one.

    Enough of them: a denominator of at least `least`, and no small count; and 95 % intervals that do not overlap.
    """
    found = trend(own, area)
    if found in {"none", "carried", "broken"}:
        return ""
    if own.small_count or own.denominator is None or own.denominator < least:
        return "few"
    if found in {"same", "unclear"}:
        return "same" if found == "same" else "unclear"
    return "better" if found == indicator.direction else "worse"
