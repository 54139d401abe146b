"""Reads `catalog/` into strict models and checks that every reference in it leads somewhere.

Called by steps and by tests; touches only files below the folder it is given. A mistake stops with the
file, the key and what was expected.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from etl.catalog import models as m
from etl.catalog.geography import members
from etl.errors import CatalogueError, UsageError
from etl.model import CellState, ElementKind, Period, PeriodKind

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
_ADDRESSES = frozenset({"contacts.yaml", "reminders.yaml"})  # see contacts.py
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE):  # type: ignore[misc]
    """A safe loader that refuses a key written twice, of which YAML would silently keep the last.

    Dates stay text, so that the model, which knows file and key, is the one to refuse a wrong one.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, Any]]]] = {
        letter: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for letter, resolvers in _BASE.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if keys.count(key.value) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} stands twice", key.start_mark)
        return dict(super().construct_mapping(node, deep=deep))


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Everything people decided, by key. Insertion order is file order.

    `agreed` are corrections of reported cells; `corrections` are those of the calendar. `files` is what all of it
    was read from.
    """

    root: Path
    sha256: str
    units: tuple[m.Unit, ...]
    successions: tuple[m.Succession, ...]
    elements: dict[str, m.DataElement]
    relations: tuple[m.Relation, ...]
    indicators: dict[str, m.Indicator]
    actors: dict[str, m.Actor]
    plans: dict[str, m.Plan]
    columns: tuple[m.Column, ...]
    forms: dict[str, m.Form]
    regimes: dict[str, m.Regime]
    corrections: tuple[m.HolidayCorrection, ...]
    scopes: dict[str, m.Scope]
    cell_states: dict[str, CellState]
    agreed: dict[str, m.Correction] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    inheritance: tuple[m.Inheritance, ...] = ()
    outlook: m.OutlookRules | None = None
    thresholds: dict[str, float] = field(default_factory=dict)
    official_population: tuple[m.OfficialFigure, ...] = ()
    _by_code: dict[str, tuple[m.Unit, ...]] = field(default_factory=dict, repr=False)

    def unit(self, code: str, day: date) -> m.Unit | None:
        """The org unit that bears a code on a day, if any."""
        return next((u for u in self._by_code.get(code, ()) if u.valid_on(day)), None)

    def unit_name(self, code: str, day: date) -> str:
        """The unit's name on a day, or its code where there was none."""
        unit = self.unit(code, day)
        return unit.name if unit else code

    def children(self, parent: str, level: str, day: date) -> tuple[m.Unit, ...]:
        """Units of a level directly under a parent on a day, in catalogue order."""
        return tuple(u for u in self._under.get(parent, ()) if u.level == level and u.valid_on(day))

    def units_of(self, code: str) -> tuple[m.Unit, ...]:
        """Every unit that ever bore a code, in catalogue order."""
        return self._by_code.get(code, ())

    @cached_property
    def successions_from(self) -> dict[tuple[str, date], tuple[m.Succession, ...]]:
        """Successions by old unit: its code and last day."""
        return _grouped(self.successions, lambda s: (s.old_code, s.old_valid_to))

    @cached_property
    def successions_to(self) -> dict[tuple[str, date], tuple[m.Succession, ...]]:
        """Successions by new unit: its code and first day."""
        return _grouped(self.successions, lambda s: (s.new_code, s.new_valid_from))

    @cached_property
    def _under(self) -> dict[str, tuple[m.Unit, ...]]:
        return _grouped(self.units, lambda u: u.parent)

    def scope(self, scope_id: str) -> m.Scope:
        """The scope of that name.

        Raises:
            UsageError: there is none; names those there are.
        """
        if scope_id not in self.scopes:
            raise UsageError(f"no scope {scope_id!r}", where="--scope", fix=f"use one of: {', '.join(self.scopes)}")
        return self.scopes[scope_id]

    def scope_of_form(self, form_id: str) -> m.Scope | None:
        """The scope that collects a form, if any."""
        return next((s for s in self.scopes.values() if any(x.form == form_id for x in s.submissions)), None)

    def columns_of(self, form: m.Form, sheet: m.SheetDef) -> tuple[m.Column, ...]:
        """The printed headers of a form's sheet, in order."""
        return tuple(
            c for c in self.columns if c.set == sheet.columns and c.version == form.version and c.sheet == sheet.code
        )

    def expected(self, scope: m.Scope, period: Period) -> tuple[tuple[m.Submission, m.Form, m.Unit], ...]:
        """Every (submission, form, unit) that a scope owes for a period, in catalogue order."""
        return tuple(self._expected(scope, period))

    def _expected(self, scope: m.Scope, period: Period) -> Iterator[tuple[m.Submission, m.Form, m.Unit]]:
        for submission in scope.submissions:
            form = self.forms[submission.form]
            if form.period_kind != period.kind or not _within(period, submission):
                continue
            if submission.level:
                units: Iterable[m.Unit] = members(self, scope, submission.level, period.end)
            else:
                units = (u for u in (self.unit(code, period.end) for code in submission.units) if u)
            for unit in units:
                yield submission, form, unit

    def periods(self, scope: m.Scope, kind: PeriodKind) -> tuple[Period, ...]:
        """The periods of a kind for which the scope owes anything, oldest first."""
        found: set[Period] = set()
        for submission in scope.submissions:
            if self.forms[submission.form].period_kind != kind:
                continue
            current, last = (
                Period.parse(submission.from_period),
                Period.parse(submission.to_period or submission.from_period),
            )
            while current <= last:
                found.add(current)
                current = _next(current)
        return tuple(sorted(found))

    def tasks_of(self, scope: m.Scope, level: str, period: Period) -> tuple[tuple[m.Plan, m.Task], ...]:
        """Tasks that units of a level lead and so report on, in plan order, once their plan is in force."""
        actors = {code for code, answers in scope.answers_for.items() if answers == level}
        plans = [self.plans[p] for p in scope.plans if self.plans[p].valid_from <= period.end]
        return tuple((plan, task) for plan in plans for task in plan.tasks if actors.intersection(task.lead))


def _grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, tuple[T, ...]]:
    found: dict[K, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return {name: tuple(group) for name, group in found.items()}


def _within(period: Period, submission: m.Submission) -> bool:
    first = Period.parse(submission.from_period)
    last = Period.parse(submission.to_period) if submission.to_period else None
    return first.start <= period.start and (last is None or period.end <= last.end)


def _next(period: Period) -> Period:
    per_year = 12 // period.months
    return (
        Period(period.year, period.kind, period.index + 1)
        if period.index < per_year
        else Period(period.year + 1, period.kind, 1)
    )


# --- reading -------------------------------------------------------------------------------------


def _build(model: type[M], data: Any, where: str) -> M:
    if not isinstance(data, dict):
        raise CatalogueError(f"expected a mapping of {model.__name__}", where=where, fix="compare with its neighbours")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(whole entry)"
        raise CatalogueError(
            f"{model.__name__}: key {key}: {first['msg']}; found {str(first.get('input'))[:80]!r}",
            where=f"{where}{_entry(data, first['loc'])}",
            fix="correct the key; see etl/catalog/models.py for what each key takes",
        ) from None


def _entry(data: Any, loc: Iterable[int | str]) -> str:
    """Which entry of a list inside a file a place lies in, by the name it bears: its item, id or code."""
    for part in loc:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            break
        name = next((data[key] for key in ("item", "id", "code") if key in data), "") if isinstance(data, dict) else ""
        if name:
            return f": {name}"
    return ""


def _yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise CatalogueError("the file is missing", where=str(path), fix="restore it from version control") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CatalogueError(f"not readable as YAML: {error}", where=str(path), fix="correct the syntax") from None


def read_list(path: Path, model: type[M], key: str) -> list[M]:
    """The entries of a YAML list as models; `key` names an entry in error messages."""
    data = _yaml(path)
    if not isinstance(data, list):
        raise CatalogueError("expected a list", where=str(path), fix="start each entry with '- '")
    names = [entry.get(key, i) if isinstance(entry, dict) else i for i, entry in enumerate(data)]
    return [_build(model, entry, f"{path}: {name}") for name, entry in zip(names, data, strict=True)]


def read_entry(path: Path, model: type[M]) -> M:
    """The one entry of a YAML file as a model."""
    return _build(model, _yaml(path), str(path))


def read_rows(path: Path, model: type[M]) -> list[M]:
    """The rows of a CSV file as models."""
    return _csv_list(path, model)


def _csv_list(path: Path, model: type[M], split: frozenset[str] = frozenset()) -> list[M]:
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            rows = list(reader)
    except FileNotFoundError:
        raise CatalogueError("the file is missing", where=str(path), fix="restore it from version control") from None
    wanted = set(model.model_fields)
    unknown = set(reader.fieldnames or ()) - wanted
    if unknown:
        raise CatalogueError(
            f"unknown column {sorted(unknown)[0]!r}", where=str(path), fix=f"columns are {sorted(wanted)}"
        )
    built = []
    for number, row in enumerate(rows, start=2):
        data: dict[str, Any] = {k: v for k, v in row.items() if v not in (None, "")}
        for key in split & data.keys():
            data[key] = tuple(part.strip() for part in str(data[key]).split("|"))
        built.append(_build(model, data, f"{path}:{number}"))
    return built


def _keyed(items: list[M], key: str, where: Path) -> dict[str, M]:
    result: dict[str, M] = {}
    for item in items:
        code = str(getattr(item, key))
        if code in result:
            raise CatalogueError(f"{key} {code!r} stands twice", where=str(where), fix="keep one")
        result[code] = item
    return result


def tree_hash(root: Path) -> str:
    """A hash over every file of `tree_files`, by path and content."""
    return files_hash(tree_files(root))


def tree_files(root: Path) -> dict[str, bytes]:
    """Every YAML, CSV, Word and HTML file below a folder on which a figure or document rests, by its path there."""
    paths = sorted(p for p in root.rglob("*") if p.suffix in {".yaml", ".csv", ".docx", ".html"})
    return {str(path.relative_to(root)): path.read_bytes() for path in paths if path.name not in _ADDRESSES}


def files_hash(files: Mapping[str, bytes]) -> str:
    """The hash of a folder with these files."""
    digest = hashlib.sha256()
    for path, data in files.items():
        for part in (path.encode(), data):
            digest.update(part)
            digest.update(b"\0")
    return digest.hexdigest()


def load_catalogue(root: Path) -> Catalogue:
    """The catalogue below a folder, read once per content and checked.

    Raises:
        CatalogueError: file, key, and what was expected.
    """
    if not root.is_dir():
        raise CatalogueError(
            "the catalogue folder is missing", where=str(root), fix="set TONGKET_HOME to the project's folder"
        )
    return _load(root, tree_hash(root))


@lru_cache(maxsize=4)
def _load(root: Path, sha256: str) -> Catalogue:
    units = tuple(_csv_list(root / "units" / "units.csv", m.Unit, frozenset({"aliases"})))
    by_code: dict[str, tuple[m.Unit, ...]] = {}
    for unit in units:
        by_code[unit.code] = (*by_code.get(unit.code, ()), unit)
    catalogue = Catalogue(
        root=root,
        sha256=sha256,
        units=units,
        successions=tuple(_csv_list(root / "units" / "successions.csv", m.Succession)),
        elements=_keyed(_csv_list(root / "data_elements.csv", m.DataElement), "code", root / "data_elements.csv"),
        relations=tuple(read_list(root / "relations.yaml", m.Relation, "code")),
        indicators=_keyed(read_list(root / "indicators.yaml", m.Indicator, "code"), "code", root / "indicators.yaml"),
        actors=_keyed(read_list(root / "actors.yaml", m.Actor, "code"), "code", root / "actors.yaml"),
        plans=_folder(root / "plans", m.Plan),
        columns=tuple(_csv_list(root / "forms" / "columns.csv", m.Column)),
        forms=_keyed(read_list(root / "forms" / "forms.yaml", m.Form, "id"), "id", root / "forms" / "forms.yaml"),
        regimes=_keyed(
            read_list(root / "regimes" / "regimes.yaml", m.Regime, "id"), "id", root / "regimes" / "regimes.yaml"
        ),
        corrections=tuple(read_list(root / "calendar" / "holidays.yaml", m.HolidayCorrection, "day")),
        scopes=_folder(root / "scopes", m.Scope),
        cell_states={s.text: s.state for s in _csv_list(root / "cell_states.csv", m.CellMark)},
        agreed=_folder(root / "corrections", m.Correction),
        files=tree_files(root),
        inheritance=tuple(read_list(root / "inheritance.yaml", m.Inheritance, "plan")),
        outlook=_optional(root / "outlook.yaml", m.OutlookRules),
        thresholds={
            code: float(t.value)
            for code, t in _keyed(
                read_list(root / "quality.yaml", m.Threshold, "code"), "code", root / "quality.yaml"
            ).items()
        },
        official_population=tuple(_csv_list(root / "official_population.csv", m.OfficialFigure)),
        _by_code=by_code,
    )
    for problem in _dangling(catalogue):
        raise problem
    return catalogue


def _optional(path: Path, model: type[M]) -> M | None:
    """The one entry of a file that an office may leave out."""
    return read_entry(path, model) if path.exists() else None


def _folder(folder: Path, model: type[M]) -> dict[str, M]:
    items = {}
    for path in sorted(folder.glob("*.yaml")):
        item = _build(model, _yaml(path), str(path))
        if getattr(item, "id", None) != path.stem:
            raise CatalogueError(
                f"id is {getattr(item, 'id', None)!r}", where=str(path), fix=f"the file's name says {path.stem!r}"
            )
        items[path.stem] = item
    return items


# --- references ------------------------------------------------------------------------------------


def _missing(kind: str, code: str, where: str, known: Iterable[str]) -> CatalogueError:
    return CatalogueError(
        f"unknown {kind} {code!r}", where=where, fix=f"define it or use one of: {', '.join(sorted(known))[:400]}"
    )


def _dangling(c: Catalogue) -> Iterator[CatalogueError]:
    yield from _dangling_units(c)
    yield from _dangling_elements(c)
    yield from _dangling_plans(c)
    yield from _dangling_forms(c)
    yield from _dangling_scopes(c)
    yield from _dangling_inheritance(c)
    yield from _dangling_agreed(c)


def _dangling_units(c: Catalogue) -> Iterator[CatalogueError]:
    where = str(c.root / "units" / "units.csv")
    for code, units in c._by_code.items():
        for a, b in zip(
            sorted(units, key=lambda u: u.valid_from), sorted(units, key=lambda u: u.valid_from)[1:], strict=False
        ):
            if a.valid_to is None or a.valid_to >= b.valid_from:
                yield CatalogueError(
                    f"unit {code} is valid twice at {b.valid_from}", where=where, fix="end one before the other"
                )
    for unit in c.units:
        if unit.parent and c.unit(unit.parent, unit.valid_from) is None:
            yield _missing("parent unit", f"{unit.parent} on {unit.valid_from}", f"{where}: {unit.code}", c._by_code)
    for s in c.successions:
        if c.unit(s.old_code, s.old_valid_to) is None or c.unit(s.new_code, s.new_valid_from) is None:
            yield _missing(
                "unit in succession", f"{s.old_code}→{s.new_code}", str(c.root / "units/successions.csv"), ()
            )
    for figure in c.official_population:
        if figure.unit not in c._by_code:
            yield _missing("unit", figure.unit, str(c.root / "official_population.csv"), c._by_code)


def _codes(side: m.Side | None) -> tuple[str, ...]:
    if side is None:
        return ()
    return side.elements if side.elements else (side.count_of or "",)


def _dangling_elements(c: Catalogue) -> Iterator[CatalogueError]:
    for relation in c.relations:
        for code in relation.elements:
            if code not in c.elements:
                yield _missing("data element", code, f"{c.root / 'relations.yaml'}: {relation.code}", c.elements)
    yield from _dangling_indicators(c)


def _dangling_indicators(c: Catalogue) -> Iterator[CatalogueError]:
    collected = {column.data_element for column in c.columns}
    for indicator in c.indicators.values():
        where = f"{c.root / 'indicators.yaml'}: {indicator.code}"
        for side in (indicator.numerator, indicator.denominator):
            for code in _codes(side):
                if code not in c.elements:
                    yield _missing("data element", code, where, c.elements)
                if code not in collected:
                    yield _uncollected(code, where)
        published = indicator.published_element
        if published and (published not in c.elements or c.elements[published].kind != ElementKind.PUBLISHED):
            yield _missing("published data element", published, where, (e for e in c.elements if e.startswith("pub_")))
        elif published and published not in collected:
            yield _uncollected(published, where)


def _uncollected(code: str, where: str) -> CatalogueError:
    return CatalogueError(f"no form collects data element {code!r}", where=where, fix="add it to forms/columns.csv")


def _misfit(target: m.Target, indicator: m.Indicator) -> str:
    """What in a target's line its indicator cannot answer; empty where it can."""
    if (target.kind == "per_unit") != (indicator.method == "share_of_units"):
        return f"kind {target.kind} and an indicator of method {indicator.method} do not go together"
    if indicator.method != "ratio":
        if any(ms.count for ms in target.milestones):
            return f"so many of so many needs an indicator of method ratio, not {indicator.method}"
        if any(ms.per for ms in target.milestones):
            return f"`per` needs an indicator with a factor; {indicator.method} figures stay in their own unit"
    return ""


def _dangling_targets(c: Catalogue, plan: m.Plan, where: str) -> Iterator[CatalogueError]:
    items = {t.item for t in plan.targets}
    for target in plan.targets:
        here = f"{where}: {target.item}"
        if target.indicator and target.indicator not in c.indicators:
            yield _missing("indicator", target.indicator, here, c.indicators)
        elif target.indicator and target.kind != "not_assessed":
            misfit = _misfit(target, c.indicators[target.indicator])
            if misfit:
                yield CatalogueError(misfit, where=here, fix="correct its kind, indicator or milestones")
        if target.group and target.group not in plan.groups:
            yield _missing("group", target.group, here, plan.groups)
        for item in target.contradicts:
            if item not in items - {target.item}:
                yield _missing("item", item, here, items)


def _dangling_plans(c: Catalogue) -> Iterator[CatalogueError]:
    for plan in c.plans.values():
        where = str(c.root / "plans" / f"{plan.id}.yaml")
        items = [t.item for t in plan.targets]
        for item in {i for i in items if items.count(i) > 1}:
            yield CatalogueError(f"item {item!r} stands twice", where=where, fix="give each target its own item")
        ids = [t.id for t in plan.tasks]
        for task_id in {i for i in ids if ids.count(i) > 1}:
            yield CatalogueError(f"task {task_id!r} stands twice", where=where, fix="give each task its own id")
        yield from _dangling_targets(c, plan, where)
        actors = [plan.issuer, *(a for d in plan.duties for a in (d.by, *d.to))]
        actors += [a for t in plan.tasks for a in (*t.lead, *t.cooperate)]
        for actor in actors:
            if actor not in c.actors:
                yield _missing("actor", actor, where, c.actors)


def _dangling_forms(c: Catalogue) -> Iterator[CatalogueError]:
    for column in c.columns:
        if column.data_element not in c.elements:
            yield _missing("data element", column.data_element, str(c.root / "forms/columns.csv"), c.elements)
    for form in c.forms.values():
        for sheet in form.sheets:
            if sheet.layout in {"by_commune", "list", "published", "upward"} and not c.columns_of(form, sheet):
                yield CatalogueError(
                    f"sheet {sheet.code} has no columns in set {sheet.columns!r} version {form.version}",
                    where=f"{c.root / 'forms/forms.yaml'}: {form.id}",
                    fix="add its headers to forms/columns.csv",
                )


def _dangling_scopes(c: Catalogue) -> Iterator[CatalogueError]:
    for scope in c.scopes.values():
        where = str(c.root / "scopes" / f"{scope.id}.yaml")
        checks: list[tuple[str, str, Iterable[str]]] = [
            ("plan", p, c.plans) for p in (*scope.plans, *(r.plan for r in scope.reports))
        ]
        checks += [("form", s.form, c.forms) for s in scope.submissions]
        checks += [("regime", s.regime, c.regimes) for s in scope.submissions]
        checks += [("unit", u, c._by_code) for s in scope.submissions for u in (*s.units, scope.area_unit)]
        checks += [("actor", a, c.actors) for a in scope.answers_for]
        for kind, code, known in checks:
            if code not in known:
                yield _missing(kind, code, where, known)


def _dangling_inheritance(c: Catalogue) -> Iterator[CatalogueError]:
    for decision in c.inheritance:
        where = f"{c.root / 'inheritance.yaml'}: {decision.plan} {decision.item}"
        if decision.plan not in c.plans:
            yield _missing("plan", decision.plan, where, c.plans)
        elif decision.item != "all" and decision.item not in {t.item for t in c.plans[decision.plan].targets}:
            yield _missing("item", decision.item, where, (t.item for t in c.plans[decision.plan].targets))
        if c.unit(decision.from_unit, decision.from_valid_to) is None:
            yield _missing("unit", f"{decision.from_unit} on {decision.from_valid_to}", where, c._by_code)
        if decision.to_valid_from and c.unit(decision.to_unit, decision.to_valid_from) is None:
            yield _missing("unit", f"{decision.to_unit} on {decision.to_valid_from}", where, c._by_code)


def _dangling_agreed(c: Catalogue) -> Iterator[CatalogueError]:
    cells: dict[tuple[object, ...], str] = {}
    for agreed in c.agreed.values():
        where = str(c.root / "corrections" / f"{agreed.id}.yaml")
        if agreed.scope not in c.scopes:
            yield _missing("scope", agreed.scope, where, c.scopes)
        if c.unit(agreed.org_unit, Period.parse(agreed.period).end) is None:
            yield _missing("unit", f"{agreed.org_unit} in {agreed.period}", where, c._by_code)
        element = c.elements.get(agreed.data_element)
        if element is None:
            yield _missing("data element", agreed.data_element, where, c.elements)
        cell = (agreed.scope, agreed.period, agreed.org_unit, agreed.data_element, agreed.replaces)
        if cell in cells:
            yield CatalogueError(
                f"{cells[cell]} replaces the same value of the same cell", where=where, fix="keep one of the two"
            )
        cells[cell] = agreed.id
