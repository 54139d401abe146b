"""Whether every reference in the catalogue leads somewhere, and what it leads to can be computed.

Room: catalogue; called by the loader with a catalogue just read. What is wrong is noted with the reader, which knows
the file and line of each model.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from etl.catalog import models
from etl.catalog.catalogue import Catalogue
from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.problems import Place, find_nearest
from etl.model import ElementKind, Period


def check_references(c: Catalogue, r: CatalogueReader) -> None:
    """Notes every mistake that is found by looking from one file into another."""
    _check_unit_references(c, r)
    _check_form_references(c, r)
    _check_element_references(c, r)
    _check_plan_references(c, r)
    _check_scope_references(c, r)
    _check_inheritance_references(c, r)
    _check_correction_references(c, r)
    _check_layout_references(c, r)


def _check_unit_references(c: Catalogue, r: CatalogueReader) -> None:
    for code, same_code in c.units_by_code.items():
        units = sorted(same_code, key=lambda u: u.valid_from)
        for a, b in pairwise(units):
            if a.valid_to is None or a.valid_to >= b.valid_from:
                r.report(
                    r.find_place(b).at("valid_from"),
                    f"unit {code} is valid twice at {b.valid_from}",
                    "the end of one before the start of the other",
                    value=b.valid_from,
                )
    for unit in c.units:
        if unit.parent and c.find_unit(unit.parent, unit.valid_from) is None:
            _report_unknown_unit(c, r, r.find_place(unit).at("parent"), "parent unit", unit.parent, unit.valid_from)
    _check_succession_references(c, r)
    for figure in c.official_population:
        if figure.unit not in c.units_by_code:
            r.report_unknown(r.find_place(figure).at("unit"), "unit", figure.unit, c.units_by_code)


def _check_succession_references(c: Catalogue, r: CatalogueReader) -> None:
    for s in c.successions:
        for key, code, day in (("old_code", s.old_code, s.old_valid_to), ("new_code", s.new_code, s.new_valid_from)):
            if c.find_unit(code, day) is None:
                _report_unknown_unit(c, r, r.find_place(s).at(key), "unit in succession", code, day)


def _report_unknown_unit(c: Catalogue, r: CatalogueReader, place: Place, kind: str, code: str, day: object) -> None:
    """A code that nobody bears on a day: unknown altogether, or valid at another time."""
    if code not in c.units_by_code:
        r.report_unknown(place, kind, code, c.units_by_code)
        return
    validity = "; ".join(f"{u.valid_from} to {u.valid_to or 'today'}" for u in c.units_by_code[code])
    r.report(
        place, f"unknown {kind} {f'{code} on {day}'!r}", f"a unit of that day; {code} is valid {validity}", value=code
    )


def _check_element_references(c: Catalogue, r: CatalogueReader) -> None:
    for relation in c.relations:
        for code in relation.elements:
            if code not in c.elements:
                r.report_unknown(r.find_place(relation), "data element", code, c.elements)
    collected = {column.data_element for column in c.columns}
    collected |= {find_nearest(code, c.elements) for code in collected - c.elements.keys()}
    for indicator in c.indicators.values():
        _check_indicator_references(c, r, indicator, collected)


def _check_indicator_references(
    c: Catalogue, r: CatalogueReader, indicator: models.Indicator, collected: set[str]
) -> None:
    place = r.find_place(indicator)
    for term in indicator.terms:
        code = term.data_element
        if code not in c.elements:
            r.report_unknown(place.at(term.side, "elements"), "data element", code, c.elements)
        elif code not in collected:
            _report_uncollected(r, place.at(term.side, "elements"), code)
    above = (c.elements.get(term.data_element) for term in indicator.terms if term.side == "numerator")
    measures = {element.measure for element in above if element}
    if len(measures) > 1:
        r.report(
            place.at("numerator"),
            f"a numerator of {' and '.join(sorted(measures))}",
            "data elements of one measure",
        )
    answers = {e.code for e in c.elements.values() if e.max == 1}
    published = {e.code for e in c.elements.values() if e.kind == ElementKind.PUBLISHED}
    for key, kind, choices, named in (
        ("recognised_by", "yes-or-no data element", answers, indicator.recognised_by),
        ("published_element", "published data element", published, indicator.published_element),
    ):
        if named and named not in choices:
            r.report_unknown(place.at(key), kind, named, choices)
        elif named and named not in collected:
            _report_uncollected(r, place.at(key), named)


def _report_uncollected(r: CatalogueReader, place: Place, code: str) -> None:
    r.report(place, f"no form collects data element {code!r}", "a row for it in forms/columns.csv", value=code)


def _describe_target_misfit(target: models.Target, indicator: models.Indicator) -> str:
    """What in a target's line its indicator cannot answer; empty where it can."""
    if (target.kind == "per_unit") != (indicator.method == "share_of_units"):
        return f"kind {target.kind} and an indicator of method {indicator.method} do not go together"
    if target.kind == "per_unit" and any(ms.operator == "between" for ms in target.milestones):
        return "operator between is a range of each unit's own, and would be compared with the share of units"
    if any(ms.count for ms in target.milestones) and indicator.method == "ratio" and indicator.factor != 100:
        return f"so many of so many is a share, and {indicator.code} has factor {indicator.factor}, not 100"
    if target.is_of_several_periods and not (indicator.method == "sum" and indicator.accumulates):
        return "`each_quarter` and `summed_from` need an indicator of method sum that accumulates"
    if indicator.method != "ratio":
        if any(ms.count for ms in target.milestones):
            return f"so many of so many needs an indicator of method ratio, not {indicator.method}"
        if any(ms.per for ms in target.milestones):
            return f"`per` needs an indicator with a factor; {indicator.method} figures stay in their own unit"
    return ""


def _check_target_references(c: Catalogue, r: CatalogueReader, plan: models.Plan) -> None:
    items = {t.item for t in plan.targets}
    for target in plan.targets:
        place = r.find_place(target)
        if target.indicator and target.indicator not in c.indicators:
            r.report_unknown(place.at("indicator"), "indicator", target.indicator, c.indicators)
        elif target.indicator and target.kind != "not_assessed":
            misfit = _describe_target_misfit(target, c.indicators[target.indicator])
            if misfit:
                r.report(place.at("kind"), misfit, "another kind, indicator or milestone", value=target.kind)
        if target.group and target.group not in plan.groups:
            r.report_unknown(place.at("group"), "group", target.group, plan.groups)
        for item in target.contradicts:
            if item not in items - {target.item}:
                r.report_unknown(place.at("contradicts"), "item", item, items)


def _check_plan_references(c: Catalogue, r: CatalogueReader) -> None:
    for plan in c.plans.values():
        place = r.find_place(plan)
        _report_repeated(r, "item", plan.targets)
        _report_repeated(r, "task", plan.tasks)
        _check_target_references(c, r, plan)
        actors = [(place.at("issuer"), plan.issuer)]
        actors += [(r.find_place(d), a) for d in plan.duties for a in (d.by, *d.to)]
        actors += [(r.find_place(t).at("lead"), a) for t in plan.tasks for a in t.lead]
        actors += [(r.find_place(t).at("cooperate"), a) for t in plan.tasks for a in t.cooperate]
        for where, actor in actors:
            if actor not in c.actors:
                r.report_unknown(where, "actor", actor, c.actors)


def _report_repeated(r: CatalogueReader, kind: str, entries: Iterable[models.Target | models.Task]) -> None:
    seen: set[str] = set()
    for entry in entries:
        key, name = ("item", entry.item) if isinstance(entry, models.Target) else ("id", entry.id)
        if name in seen:
            r.report(r.find_place(entry).at(key), f"{kind} {name!r} stands twice", f"another {key} for one", value=name)
        seen.add(name)


def _check_form_references(c: Catalogue, r: CatalogueReader) -> None:
    for column in c.columns:
        if column.data_element not in c.elements:
            r.report_unknown(r.find_place(column).at("data_element"), "data element", column.data_element, c.elements)
    for form in c.forms.values():
        versions = [form, *map(form.build_earlier, form.earlier_versions)]
        for one, sheet in ((version, sheet) for version in versions for sheet in version.sheets):
            if sheet.kind.has_columns and not c.list_sheet_columns(one, sheet):
                r.report(
                    r.find_place(sheet).at("columns"),
                    f"sheet {sheet.code} has no columns in set {sheet.columns!r} version {one.printed_columns}",
                    "its headers in forms/columns.csv",
                    value=sheet.columns,
                    nearest=find_nearest(sheet.columns or "", {x.set for x in c.columns} - {sheet.columns or ""}),
                )


def _check_scope_references(c: Catalogue, r: CatalogueReader) -> None:
    for scope in c.scopes.values():
        place = r.find_place(scope)
        checks: list[tuple[Place, str, str, Iterable[str]]] = [
            (place.at("area_unit"), "unit", scope.area_unit, c.units_by_code)
        ]
        checks += [(place.at("plans", i), "plan", p, c.plans) for i, p in enumerate(scope.plans)]
        checks += [(r.find_place(x).at("plan"), "plan", x.plan, c.plans) for x in scope.reports]
        for s in scope.submissions:
            inner = r.find_place(s)
            checks += [(inner.at("form"), "form", s.form, c.forms), (inner.at("regime"), "regime", s.regime, c.regimes)]
            checks += [(inner.at("units"), "unit", u, c.units_by_code) for u in s.units]
        checks += [(place.at("answers_for", a), "actor", a, c.actors) for a in scope.answers_for]
        checks += [(place.at("continues", i), "scope", s, c.scopes) for i, s in enumerate(scope.continues)]
        checks += [(r.find_place(e).at("actors"), "actor", a, c.actors) for e in scope.unasked for a in e.actors]
        named = [(a, u) for a, units in scope.answers_for.items() if not isinstance(units, str) for u in units]
        checks += [(place.at("answers_for", a), "unit", u, c.units_by_code) for a, u in named]
        for where, kind, code, choices in checks:
            if code not in choices:
                r.report_unknown(where, kind, code, choices)
        _check_waiting_references(c, r, scope)


def _check_waiting_references(c: Catalogue, r: CatalogueReader, scope: models.Scope) -> None:
    """A scope that runs rests on nothing that waits for a decision."""
    place = r.find_place(scope)
    used = [(place.at("plans", i), plan, c.plans.get(plan)) for i, plan in enumerate(scope.plans)]
    for where, name, item in used + [(place.at("continues"), s, c.scopes.get(s)) for s in scope.continues]:
        if item is not None and r.is_waiting(item):
            r.report(where, f"{name!r} has values to decide", "decide them, or leave it out until then", value=name)


def _check_inheritance_references(c: Catalogue, r: CatalogueReader) -> None:
    for decision in c.inheritance:
        place = r.find_place(decision)
        items = {t.item for t in c.plans[decision.plan].targets} if decision.plan in c.plans else set()
        if decision.plan not in c.plans:
            r.report_unknown(place.at("plan"), "plan", decision.plan, c.plans)
        elif decision.item != "all" and decision.item not in items:
            r.report_unknown(place.at("item"), "item", decision.item, items)
        if c.find_unit(decision.from_unit, decision.from_valid_to) is None:
            _report_unknown_unit(c, r, place.at("from_unit"), "unit", decision.from_unit, decision.from_valid_to)
        if decision.to_valid_from and c.find_unit(decision.to_unit, decision.to_valid_from) is None:
            _report_unknown_unit(c, r, place.at("to_unit"), "unit", decision.to_unit, decision.to_valid_from)


def _check_correction_references(c: Catalogue, r: CatalogueReader) -> None:
    cells: dict[tuple[object, ...], str] = {}
    for correction in c.agreed_corrections.values():
        place = r.find_place(correction)
        if correction.scope not in c.scopes:
            r.report_unknown(place.at("scope"), "scope", correction.scope, c.scopes)
        if c.find_unit(correction.org_unit, Period.parse(correction.period).end) is None:
            _report_unknown_unit(c, r, place.at("org_unit"), "unit", correction.org_unit, correction.period)
        if correction.data_element not in c.elements:
            r.report_unknown(place.at("data_element"), "data element", correction.data_element, c.elements)
        cell = (correction.scope, correction.period, correction.org_unit, correction.data_element, correction.replaces)
        if cell in cells:
            r.report(place, f"{cells[cell]} replaces the same value of the same cell", "one of the two")
        cells[cell] = correction.id


def _check_layout_references(c: Catalogue, r: CatalogueReader) -> None:
    for layout in c.layouts.values():
        form = c.forms.get(layout.form)
        if form is None:
            r.report_unknown(r.find_place(layout).at("form"), "form", layout.form, c.forms)
            continue
        printed = {x.data_element for sheet in form.sheets for x in c.list_sheet_columns(form, sheet)}
        for figure in layout.figures:
            if figure.data_element not in printed:
                place = r.find_place(figure).at("data_element")
                r.report_unknown(place, f"data element of form {form.id}", figure.data_element, printed)
        for foreign, code in layout.unit_codes.items():
            if code not in c.units_by_code:
                r.report_unknown(r.find_place(layout).at("unit_codes", foreign), "unit", code, c.units_by_code)
