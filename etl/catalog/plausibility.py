"""Whether what the catalogue says makes sense: entries that a model accepts and that would then be misread in silence.

Room: catalogue; called by the loader after the references. What is wrong is noted with the reader. A reference that
leads nowhere is passed over: it has been noted already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from datetime import timedelta
from itertools import combinations, pairwise, permutations

from etl.catalog import models
from etl.catalog.calendar import compute_period_bounds
from etl.catalog.catalogue import Catalogue
from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.geography import find_area, get_published_area_code
from etl.catalog.obligations import is_in_force
from etl.catalog.problems import find_nearest
from etl.catalog.written_targets import check_written_targets
from etl.model import ElementKind, Period, PeriodKind


def check_plausibility(c: Catalogue, r: CatalogueReader) -> None:
    """Notes every entry that makes no sense beside the others."""
    _check_validity_order(r, (*c.units, *c.plans.values(), *c.forms.values(), *c.regimes.values()))
    _check_succession_weights(c, r)
    _check_numbers(c, r)
    _check_columns(c, r)
    for scope in c.scopes.values():
        _check_reports(c, r, scope)
        _check_submissions(c, r, scope)
        _check_reporting_days(c, r, scope)
        _check_area(c, r, scope)
        _check_publishers(c, r, scope)
    check_written_targets(c, r)


def _check_validity_order(
    r: CatalogueReader, items: Iterable[models.Unit | models.Plan | models.Form | models.Regime]
) -> None:
    for item in items:
        if item.valid_to is not None and item.valid_to < item.valid_from:
            r.report(
                r.find_place(item).at("valid_to"),
                f"valid_to {item.valid_to} is before valid_from {item.valid_from}",
                "a last day that is not before the first",
                value=item.valid_to,
            )


def _check_succession_weights(c: Catalogue, r: CatalogueReader) -> None:
    """The shares of one unit that went to others add up to one; so do those that another was made from."""
    for key, groups in (("weight", c.successions_from), ("back_weight", c.successions_to)):
        for (code, day), rows in groups.items():
            weights = [getattr(row, key) for row in rows]
            declared = [weight for weight in weights if weight is not None]
            total = sum(declared)
            outside = key == "back_weight" and any(row.with_others for row in rows)
            if total > 1 or (declared and len(declared) == len(rows) and total != 1 and not outside):
                r.report(
                    r.find_place(rows[-1]).at(key),
                    f"the {key}s of unit {code} on {day} add up to {total}",
                    "shares that add up to 1",
                    value=" + ".join(str(weight) for weight in declared),
                )


def _check_numbers(c: Catalogue, r: CatalogueReader) -> None:
    for element in c.elements.values():
        if element.min is not None and element.max is not None and element.max < element.min:
            r.report(
                r.find_place(element).at("max"),
                f"max {element.max} is below min {element.min}",
                "a max that is not below the min",
                value=element.max,
            )
    for indicator in c.indicators.values():
        if indicator.factor < 1:
            r.report(
                r.find_place(indicator).at("factor"),
                f"factor {indicator.factor}: every value would be nothing",
                "a factor of 1 or more: 1, 100 for %, 1000 for ‰, 10000",
                value=indicator.factor,
            )
        elements = [c.elements[t.data_element] for t in indicator.terms if t.data_element in c.elements]
        grows = any(element.kind in {ElementKind.FLOW, ElementKind.YTD} for element in elements)
        if indicator.method == "sum" and grows and not indicator.accumulates:
            r.report(
                r.find_place(indicator).at("accumulates"),
                "a sum of what happens grows through the year, and a part of it would be held against the whole year's",
                "accumulates: true",
            )
        if indicator.numerator is not None and indicator.numerator == indicator.denominator:
            r.report(
                r.find_place(indicator).at("denominator"),
                "numerator and denominator are the same, so the value is always 1",
                "another denominator",
            )
    for regime in c.regimes.values():
        for deadline in regime.deadlines:
            if deadline.working_days is not None and deadline.working_days < 1:
                r.report(
                    r.find_place(deadline).at("working_days"),
                    f"{deadline.working_days} working days after the period's end",
                    "1 or more",
                    value=deadline.working_days,
                )


def _check_columns(c: Catalogue, r: CatalogueReader) -> None:
    printed = {
        (sheet.columns or "", one.printed_columns, sheet.code)
        for form in c.forms.values()
        for one in (form, *map(form.build_earlier, form.earlier_versions))
        for sheet in one.sheets
    }
    groups: dict[tuple[str, str, str], list[models.Column]] = defaultdict(list)
    for column in c.columns:
        groups[column.set, column.version, column.sheet].append(column)
    for (name, version, sheet), columns in groups.items():
        if (name, version, sheet) not in printed:
            versions = {v for n, v, s in printed if (n, s) == (name, sheet)}
            r.report(
                r.find_place(columns[0]).at("version"),
                f"no form prints set {name!r} version {version!r} sheet {sheet!r}",
                f"a version of forms.yaml: {', '.join(sorted(versions)) or 'no form has this set and sheet'}",
                value=version,
                nearest=find_nearest(version, versions),
            )
        _report_repeated_columns(r, columns)
        for before, column in pairwise(columns):
            if column.position <= before.position:
                r.report(
                    r.find_place(column).at("position"),
                    f"position {column.position} stands after {before.position} on sheet {sheet}",
                    "rows in the order of their positions: the form is printed in the file's order",
                    value=column.position,
                )


def _report_repeated_columns(r: CatalogueReader, columns: Iterable[models.Column]) -> None:
    seen: set[str] = set()
    for column in columns:
        if column.data_element in seen:
            r.report(
                r.find_place(column).at("data_element"),
                f"data element {column.data_element!r} stands twice on sheet {column.sheet}",
                "one cell for each data element",
                value=column.data_element,
            )
        seen.add(column.data_element)


def _check_reports(c: Catalogue, r: CatalogueReader, scope: models.Scope) -> None:
    seen: dict[Hashable, set[str]] = {}
    for report in scope.reports:
        place = r.find_place(report)
        if report.plan in c.plans and report.plan not in scope.plans:
            r.report(
                place.at("plan"),
                f"a report on {report.plan!r}, which is not among the scope's plans",
                "the plan in `plans` as well",
                value=report.plan,
                nearest=find_nearest(report.plan, scope.plans),
            )
        others = seen.setdefault((report.plan, report.cadence), set())
        if report.audience in others or (others and "" in {report.audience, *others}):
            r.report(
                place.at("audience" if report.audience else "cadence"),
                f"a second report on {report.plan} of cadence {report.cadence} would replace the first",
                "one report with all its recipients, or an `audience` of its own for each",
                value=report.audience or report.cadence,
            )
        others.add(report.audience)
        _report_repeated_recipients(r, scope, report)
        if report.cadence not in _list_reported_cadences(c, scope):
            r.report(
                place.at("cadence"),
                f"a report of cadence {report.cadence}, for which no form of the scope is issued",
                "a form of that period; six and nine months rest on forms of quarters",
                value=report.cadence,
            )


def _report_repeated_recipients(r: CatalogueReader, scope: models.Scope, report: models.ReportDef) -> None:
    earlier = scope.reports[: scope.reports.index(report)]
    taken = {to for e in earlier if (e.plan, e.cadence) == (report.plan, report.cadence) for to in e.recipients}
    for name in [to for to in report.recipients if to in taken]:
        r.report(
            r.find_place(report).at("recipients"),
            f"{name!r} is addressed by two reports on {report.plan} of cadence {report.cadence}",
            "each recipient in one of them",
            value=name,
        )


def _list_reported_cadences(c: Catalogue, scope: models.Scope) -> set[str]:
    kinds = {c.forms[s.form].period_kind for s in scope.submissions if s.form in c.forms}
    longer = {PeriodKind.HALF, PeriodKind.NINE_MONTHS} if PeriodKind.QUARTER in kinds else set()
    return {kind.value for kind in kinds | longer}


def _check_submissions(c: Catalogue, r: CatalogueReader, scope: models.Scope) -> None:
    for submission in scope.submissions:
        form, regime = c.forms.get(submission.form), c.regimes.get(submission.regime)
        if form is None or regime is None:
            continue
        first = Period.parse(submission.from_period)
        last = Period.parse(submission.to_period) if submission.to_period else None
        _check_form_of_submission(r, submission, form, first, last)
        _check_regime_of_submission(r, submission, form, regime)
        bounds = ((form, "form", submission.form), (regime, "regime", submission.regime))
        for rule, key, name in bounds:
            _check_submission_validity(r, submission, rule, f"{key} {name}", first, last)


def _check_reporting_days(c: Catalogue, r: CatalogueReader, scope: models.Scope) -> None:
    """Where another regime follows for the same units, its first day is the one after the last of the one before."""
    for before, after in permutations(scope.submissions, 2):
        forms = [c.forms.get(s.form) for s in (before, after)]
        regimes = [c.regimes.get(s.regime) for s in (before, after)]
        if None in forms or None in regimes or not before.to_period or before.regime == after.regime:
            continue
        last, first = Period.parse(before.to_period), Period.parse(after.from_period)
        kinds = {form.period_kind for form in forms if form}
        same_units = before.level == after.level and set(before.units) == set(after.units)
        if len({*kinds, last.kind, first.kind}) > 1 or not same_units or first.list_earlier_periods(1) != (last,):
            continue
        (_, ended), (begun, _) = (
            compute_period_bounds(regime, period)
            for regime, period in zip(regimes, (last, first), strict=True)
            if regime is not None
        )
        if begun != ended + timedelta(days=1):
            r.report(
                r.find_place(after).at("regime"),
                f"{last.key} ends on {ended} under {before.regime}, "
                f"and {first.key} begins on {begun} under {after.regime}",
                "a regime that begins on the day after: what happens between is asked for by neither, or by both",
                value=after.regime,
            )


def _check_area(c: Catalogue, r: CatalogueReader, scope: models.Scope) -> None:
    """Without an area on the day of its first forms a scope would expect nothing, in any period."""
    first = min(scope.submissions, key=lambda s: Period.parse(s.from_period).end)
    units = c.list_units_of_code(scope.area_unit)
    if units and find_area(c, scope) is None:
        r.report(
            r.find_place(first).at("from_period"),
            f"{first.from_period} ends outside the life of the area, unit {scope.area_unit}",
            f"a period from {min(u.valid_from for u in units)} on",
            value=first.from_period,
        )


def _check_publishers(c: Catalogue, r: CatalogueReader, scope: models.Scope) -> None:
    """An area's published figure is asked of one office alone: of two the last to send would decide."""
    published = {element.code for element in c.elements.values() if element.kind == ElementKind.PUBLISHED}
    asked: dict[tuple[str, str], list[tuple[models.Submission, str]]] = defaultdict(list)
    for submission in scope.submissions:
        form = c.forms.get(submission.form)
        columns = [column for sheet in form.sheets for column in c.list_sheet_columns(form, sheet)] if form else []
        elements = [x.data_element for x in columns if x.data_element in published]
        for unit in (unit for code in submission.units for unit in c.list_units_of_code(code)[-1:]):
            for element in elements:
                asked[get_published_area_code(c, scope, unit), element].append((submission, unit.code))
    for (area, element), senders in asked.items():
        for (before, first), (after, other) in combinations(senders, 2):
            if _overlap(before, after):
                r.report(
                    r.find_place(after).at("units"),
                    f"published {element} of area {area} is asked of {other}, and of {first} by form {before.form}",
                    "one office for each published figure of an area",
                    value=other,
                )


def _overlap(one: models.Submission, other: models.Submission) -> bool:
    """Whether two are owed at one time."""
    begin = max(Period.parse(s.from_period).end for s in (one, other))
    return all(not s.to_period or Period.parse(s.to_period).end >= begin for s in (one, other))


def _check_form_of_submission(
    r: CatalogueReader, submission: models.Submission, form: models.Form, first: Period, last: Period | None
) -> None:
    place = r.find_place(submission)
    if submission.level and submission.level != form.level:
        r.report(
            place.at("level"),
            f"form {form.id} is for level {form.level}, not {submission.level}",
            f"level {form.level}, or another form",
            value=submission.level,
        )
    for key, period in (("from_period", first), ("to_period", last)):
        if period is not None and period.kind != form.period_kind:
            r.report(
                place.at(key),
                f"{period.key} is no {form.period_kind.value}, the period of form {form.id}",
                f"a {form.period_kind.value}",
                value=period.key,
            )
    if last is not None and last.end < first.end:
        r.report(place.at("to_period"), f"{last.key} is before {first.key}", "a later period", value=last.key)


def _check_regime_of_submission(
    r: CatalogueReader, submission: models.Submission, form: models.Form, regime: models.Regime
) -> None:
    place = r.find_place(submission).at("regime")
    if form.period_kind not in regime.period_kinds:
        r.report(
            place,
            f"regime {regime.id} has no {form.period_kind.value} periods, which form {form.id} is for",
            f"a regime with them; it has: {', '.join(kind.value for kind in regime.period_kinds)}",
            value=regime.id,
        )
    if regime.find_deadline(form.level, form.period_kind) is None:
        r.report(
            place,
            f"regime {regime.id} has no deadline for level {form.level}",
            "the level among its deadlines, with working days or day, source and basis",
            value=regime.id,
        )


def _check_submission_validity(
    r: CatalogueReader,
    submission: models.Submission,
    rule: models.Form | models.Regime,
    name: str,
    first: Period,
    last: Period | None,
) -> None:
    """A period is reported under what is in force on its last day."""
    for key, period in (("from_period", first), ("to_period", last or first)):
        if not is_in_force(rule, period.end):
            r.report(
                r.find_place(submission).at(key),
                f"{period.key} ends outside the validity of {name}",
                f"a period between {rule.valid_from} and {rule.valid_to or 'today'}",
                value=period.key,
            )
            return
