"""Whether every reference in the catalogue leads somewhere, and what it leads to can be computed.

Room: catalogue; called by the loader with a catalogue just read. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from etl.catalog import models as m
from etl.catalog.catalogue import Catalogue
from etl.errors import CatalogueError
from etl.model import ElementKind, Period


def _build_unknown_error(kind: str, code: str, where: str, choices: Iterable[str]) -> CatalogueError:
    return CatalogueError(
        f"unknown {kind} {code!r}", where=where, fix=f"define it or use one of: {', '.join(sorted(choices))[:400]}"
    )


def check_references(c: Catalogue) -> Iterator[CatalogueError]:
    """Every mistake that is found by looking from one file into another, the first first."""
    yield from _check_unit_references(c)
    yield from _check_element_references(c)
    yield from _check_plan_references(c)
    yield from _check_form_references(c)
    yield from _check_scope_references(c)
    yield from _check_inheritance_references(c)
    yield from _check_correction_references(c)


def _check_unit_references(c: Catalogue) -> Iterator[CatalogueError]:
    where = str(c.root / "units" / "units.csv")
    for code, units in c.units_by_code.items():
        for a, b in zip(
            sorted(units, key=lambda u: u.valid_from), sorted(units, key=lambda u: u.valid_from)[1:], strict=False
        ):
            if a.valid_to is None or a.valid_to >= b.valid_from:
                yield CatalogueError(
                    f"unit {code} is valid twice at {b.valid_from}", where=where, fix="end one before the other"
                )
    for unit in c.units:
        if unit.parent and c.find_unit(unit.parent, unit.valid_from) is None:
            yield _build_unknown_error(
                "parent unit", f"{unit.parent} on {unit.valid_from}", f"{where}: {unit.code}", c.units_by_code
            )
    for s in c.successions:
        if c.find_unit(s.old_code, s.old_valid_to) is None or c.find_unit(s.new_code, s.new_valid_from) is None:
            yield _build_unknown_error(
                "unit in succession", f"{s.old_code}→{s.new_code}", str(c.root / "units/successions.csv"), ()
            )
    for figure in c.official_population:
        if figure.unit not in c.units_by_code:
            yield _build_unknown_error("unit", figure.unit, str(c.root / "official_population.csv"), c.units_by_code)


def _check_element_references(c: Catalogue) -> Iterator[CatalogueError]:
    for relation in c.relations:
        for code in relation.elements:
            if code not in c.elements:
                yield _build_unknown_error(
                    "data element", code, f"{c.root / 'relations.yaml'}: {relation.code}", c.elements
                )
    yield from _check_indicator_references(c)


def _check_indicator_references(c: Catalogue) -> Iterator[CatalogueError]:
    collected = {column.data_element for column in c.columns}
    for indicator in c.indicators.values():
        where = f"{c.root / 'indicators.yaml'}: {indicator.code}"
        for code in (term.data_element for term in indicator.terms):
            if code not in c.elements:
                yield _build_unknown_error("data element", code, where, c.elements)
            if code not in collected:
                yield _build_uncollected_error(code, where)
        above = (c.elements.get(term.data_element) for term in indicator.terms if term.side == "numerator")
        measures = {element.measure for element in above if element}
        if len(measures) > 1:
            yield CatalogueError(
                f"a numerator of {' and '.join(sorted(measures))}", where=where, fix="add up what has the same measure"
            )
        yield from _check_recognition(c, indicator, where, collected)
        published = indicator.published_element
        if published and (published not in c.elements or c.elements[published].kind != ElementKind.PUBLISHED):
            yield _build_unknown_error(
                "published data element",
                published,
                where,
                (e.code for e in c.elements.values() if e.kind == ElementKind.PUBLISHED),
            )
        elif published and published not in collected:
            yield _build_uncollected_error(published, where)


def _check_recognition(
    c: Catalogue, indicator: m.Indicator, where: str, collected: set[str]
) -> Iterator[CatalogueError]:
    code = indicator.recognised_by
    if code and (code not in c.elements or c.elements[code].max != 1):
        yield _build_unknown_error(
            "yes-or-no data element", code, where, (e.code for e in c.elements.values() if e.max == 1)
        )
    elif code and code not in collected:
        yield _build_uncollected_error(code, where)


def _build_uncollected_error(code: str, where: str) -> CatalogueError:
    return CatalogueError(f"no form collects data element {code!r}", where=where, fix="add it to forms/columns.csv")


def _describe_target_misfit(target: m.Target, indicator: m.Indicator) -> str:
    """What in a target's line its indicator cannot answer; empty where it can."""
    if (target.kind == "per_unit") != (indicator.method == "share_of_units"):
        return f"kind {target.kind} and an indicator of method {indicator.method} do not go together"
    if indicator.method != "ratio":
        if any(ms.count for ms in target.milestones):
            return f"so many of so many needs an indicator of method ratio, not {indicator.method}"
        if any(ms.per for ms in target.milestones):
            return f"`per` needs an indicator with a factor; {indicator.method} figures stay in their own unit"
    return ""


def _check_target_references(c: Catalogue, plan: m.Plan, where: str) -> Iterator[CatalogueError]:
    items = {t.item for t in plan.targets}
    for target in plan.targets:
        target_where = f"{where}: {target.item}"
        if target.indicator and target.indicator not in c.indicators:
            yield _build_unknown_error("indicator", target.indicator, target_where, c.indicators)
        elif target.indicator and target.kind != "not_assessed":
            misfit = _describe_target_misfit(target, c.indicators[target.indicator])
            if misfit:
                yield CatalogueError(misfit, where=target_where, fix="correct its kind, indicator or milestones")
        if target.group and target.group not in plan.groups:
            yield _build_unknown_error("group", target.group, target_where, plan.groups)
        for item in target.contradicts:
            if item not in items - {target.item}:
                yield _build_unknown_error("item", item, target_where, items)


def _check_plan_references(c: Catalogue) -> Iterator[CatalogueError]:
    for plan in c.plans.values():
        where = str(c.root / "plans" / f"{plan.id}.yaml")
        items = [t.item for t in plan.targets]
        for item in {i for i in items if items.count(i) > 1}:
            yield CatalogueError(f"item {item!r} stands twice", where=where, fix="give each target its own item")
        ids = [t.id for t in plan.tasks]
        for task_id in {i for i in ids if ids.count(i) > 1}:
            yield CatalogueError(f"task {task_id!r} stands twice", where=where, fix="give each task its own id")
        yield from _check_target_references(c, plan, where)
        actors = [plan.issuer, *(a for d in plan.duties for a in (d.by, *d.to))]
        actors += [a for t in plan.tasks for a in (*t.lead, *t.cooperate)]
        for actor in actors:
            if actor not in c.actors:
                yield _build_unknown_error("actor", actor, where, c.actors)


def _check_form_references(c: Catalogue) -> Iterator[CatalogueError]:
    for column in c.columns:
        if column.data_element not in c.elements:
            yield _build_unknown_error(
                "data element", column.data_element, str(c.root / "forms/columns.csv"), c.elements
            )
    for form in c.forms.values():
        for sheet in form.sheets:
            if sheet.kind.has_columns and not c.list_sheet_columns(form, sheet):
                yield CatalogueError(
                    f"sheet {sheet.code} has no columns in set {sheet.columns!r} version {form.version}",
                    where=f"{c.root / 'forms/forms.yaml'}: {form.id}",
                    fix="add its headers to forms/columns.csv",
                )


def _check_scope_references(c: Catalogue) -> Iterator[CatalogueError]:
    for scope in c.scopes.values():
        where = str(c.root / "scopes" / f"{scope.id}.yaml")
        checks: list[tuple[str, str, Iterable[str]]] = [
            ("plan", p, c.plans) for p in (*scope.plans, *(r.plan for r in scope.reports))
        ]
        checks += [("form", s.form, c.forms) for s in scope.submissions]
        checks += [("regime", s.regime, c.regimes) for s in scope.submissions]
        checks += [("unit", u, c.units_by_code) for s in scope.submissions for u in (*s.units, scope.area_unit)]
        checks += [("actor", a, c.actors) for a in scope.answers_for]
        for kind, code, choices in checks:
            if code not in choices:
                yield _build_unknown_error(kind, code, where, choices)


def _check_inheritance_references(c: Catalogue) -> Iterator[CatalogueError]:
    for decision in c.inheritance:
        where = f"{c.root / 'inheritance.yaml'}: {decision.plan} {decision.item}"
        if decision.plan not in c.plans:
            yield _build_unknown_error("plan", decision.plan, where, c.plans)
        elif decision.item != "all" and decision.item not in {t.item for t in c.plans[decision.plan].targets}:
            yield _build_unknown_error("item", decision.item, where, (t.item for t in c.plans[decision.plan].targets))
        if c.find_unit(decision.from_unit, decision.from_valid_to) is None:
            yield _build_unknown_error(
                "unit", f"{decision.from_unit} on {decision.from_valid_to}", where, c.units_by_code
            )
        if decision.to_valid_from and c.find_unit(decision.to_unit, decision.to_valid_from) is None:
            yield _build_unknown_error(
                "unit", f"{decision.to_unit} on {decision.to_valid_from}", where, c.units_by_code
            )


def _check_correction_references(c: Catalogue) -> Iterator[CatalogueError]:
    cells: dict[tuple[object, ...], str] = {}
    for correction in c.agreed_corrections.values():
        where = str(c.root / "corrections" / f"{correction.id}.yaml")
        if correction.scope not in c.scopes:
            yield _build_unknown_error("scope", correction.scope, where, c.scopes)
        if c.find_unit(correction.org_unit, Period.parse(correction.period).end) is None:
            yield _build_unknown_error("unit", f"{correction.org_unit} in {correction.period}", where, c.units_by_code)
        element = c.elements.get(correction.data_element)
        if element is None:
            yield _build_unknown_error("data element", correction.data_element, where, c.elements)
        cell = (correction.scope, correction.period, correction.org_unit, correction.data_element, correction.replaces)
        if cell in cells:
            yield CatalogueError(
                f"{cells[cell]} replaces the same value of the same cell", where=where, fix="keep one of the two"
            )
        cells[cell] = correction.id
