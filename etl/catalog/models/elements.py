"""What is counted and what is made of it: data elements, their relations, indicators.

Room: catalogue. Strict models of its files; nobody changes a value at run time.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

from pydantic import model_validator

from etl.catalog.models.base import Basis, Code, StrictModel, Text
from etl.model import CellState, ElementKind, PeriodKind


class CellSign(StrictModel):
    """What a mark in a number cell means. `text` in small letters; ``#`` in it stands for a number; empty: a blank."""

    text: str = ""
    state: CellState
    basis: Basis = "configured"
    note: str = ""


Measure = Literal["count", "population", "mass", "money"]


class DataElement(StrictModel):
    """What a cell means. `measure` is what its numbers are: things, people or events counted, how many people there are
    at all (checked against the official figure), or an amount."""

    code: Code
    name: Text
    kind: ElementKind
    unit: str = ""
    measure: Measure = "count"
    integer: bool = True
    min: Decimal | None = None
    max: Decimal | None = None
    note: str = ""


class Relation(StrictModel):
    """What must hold between data elements of the same org unit and delivery, also across sheets.

    `kind`: ``at_most`` smaller ≤ larger · ``equal`` smaller = larger · ``sum`` larger = Σ parts, where the form
    declares it · ``overlap`` smaller (those with every one of the parts) ≥ Σ parts − (n − 1) · larger · ``about``
    smaller = larger within the tolerance of `quality.yaml`, for counts that are not small · ``per_head`` smaller ≤
    `most` · larger, where larger counts people: more than so many for each of them is asked about.
    `certain`: a breach of ``at_most`` or ``equal`` can only be an error, so it refuses; otherwise (cohorts that
    cross the period's border) it asks for confirmation.
    """

    code: Code
    smaller: Code | None = None
    larger: Code
    parts: tuple[Code, ...] = ()
    kind: Literal["at_most", "equal", "sum", "overlap", "about", "per_head"] = "at_most"
    most: Decimal | None = None
    certain: bool = True

    @model_validator(mode="after")
    def _validate_relation_sides(self) -> Relation:
        if (self.kind == "sum") != (self.smaller is None):
            raise ValueError("every kind but `sum` has a smaller side")
        if (self.kind in {"sum", "overlap"}) != (len(self.parts) >= 2):
            raise ValueError("`sum` and `overlap` have two or more parts, the others none")
        if (self.kind == "per_head") != (self.most is not None and self.most > 0):
            raise ValueError("`per_head` says how many there are at most for each person, the others do not")
        return self

    @property
    def elements(self) -> tuple[str, ...]:
        """Every data element it speaks of."""
        return (*((self.smaller,) if self.smaller else ()), self.larger, *self.parts)


class Threshold(StrictModel):
    """A limit of the data-quality checks, with who says so."""

    code: Code
    value: Decimal
    basis: Basis
    source: Text


class OfficialFigure(StrictModel):
    """The population of a unit as an official source prints it. Grain: (unit, year)."""

    unit: Code
    year: int
    value: int
    source: Text


class Side(StrictModel):
    """Numerator or denominator: a sum of data elements, or a count of units that reported one."""

    elements: tuple[Code, ...] = ()
    count_of: Code | None = None

    @model_validator(mode="after")
    def _validate_side_content(self) -> Side:
        if bool(self.elements) == bool(self.count_of):
            raise ValueError("give either `elements` or `count_of`")
        return self


class Term(NamedTuple):
    """A data element on one side of an indicator's line. `counts_units`: each unit that has it counts as one."""

    side: Literal["numerator", "denominator"]
    data_element: str
    counts_units: bool


class DefinitionVersion(StrictModel):
    """How an indicator was measured in a stretch of years: a change breaks the series."""

    text: Text
    first_year: int
    last_year: int
    source: Text


class Indicator(StrictModel):
    """A number that plans set targets for.

    `method`: ``ratio`` Σ numerator ÷ Σ denominator × factor · ``sum`` Σ numerator × factor, a plain count or sum, which
    is known once all who owe it are in · ``published`` last official value ·
    ``share_of_units`` units at or above the target's floor ÷ units · ``none`` not assessed here.
    `accumulates`: the numerator grows through the year over a standing denominator (case rates), so
    a part-year value is compared with a pro-rated plan. `subgroup` is the group of people it is about, where
    it is not everybody. `min_level` and `min_period`: the smallest unit and the shortest period it is given for, where
    below them it would mean nothing. `sampled`: of people who were asked, not of all, so that it has an interval and
    nobody is missing from it. `recognised_by` is the data element (1 or 0) that says whether its elimination has been
    officially recognised. `counted`: of a share of units what these are called (xã). `measure` is what its numerator
    is, as its data elements say: the loader's, not the file's.
    """

    code: Code
    name: Text
    short_name: Text
    method: Literal["ratio", "sum", "published", "share_of_units", "none"]
    numerator: Side | None = None
    denominator: Side | None = None
    published_element: Code | None = None
    factor: int = 1
    unit: Text
    direction: Literal["up", "down"]
    frequency: Literal["quarter", "year", "survey"]
    accumulates: bool = False
    sampled: bool = False
    source: Text
    definition: Text
    basis: Basis
    definitions: tuple[DefinitionVersion, ...] = ()
    subgroup: str = ""
    min_level: Literal["", "nation", "province", "district"] = ""
    min_period: PeriodKind | None = None
    recognised_by: Code | None = None
    counted: str = ""
    measure: Measure = "count"
    note: str = ""

    @property
    def terms(self) -> tuple[Term, ...]:
        """What is summed or counted: numerator first, each side in the order of its data elements."""
        sides: tuple[tuple[Literal["numerator", "denominator"], Side | None], ...] = (
            ("numerator", self.numerator),
            ("denominator", self.denominator),
        )
        return tuple(
            Term(name, element, side.count_of is not None)
            for name, side in sides
            if side is not None
            for element in ((side.count_of,) if side.count_of else side.elements)
        )

    @property
    def is_case_rate(self) -> bool:
        """Whether it is a rate of cases that add up from January: a plain sum that does is no rate."""
        return self.accumulates and self.method != "sum"

    def find_definition(self, period_key: str) -> str:
        """The version of the definition in force in a period; empty where nobody says."""
        year = int(period_key[:4])
        return next((d.text for d in self.definitions if d.first_year <= year <= d.last_year), "")

    @model_validator(mode="after")
    def _validate_method_fields(self) -> Indicator:
        if self.method in {"ratio", "share_of_units"} and not (self.numerator and self.denominator):
            raise ValueError(f"method {self.method} needs numerator and denominator")
        if self.method == "sum" and (self.numerator is None or self.denominator is not None):
            raise ValueError("method sum needs a numerator and has no denominator")
        if self.method == "published" and not self.published_element:
            raise ValueError("method published needs published_element")
        return self
