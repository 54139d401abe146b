"""What a unit fills in: columns, sheets, forms.

Room: catalogue. Strict models of its files; nobody changes a value at run time.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from etl.catalog.models.base import Code, StrictModel, Text, validate_period_key
from etl.catalog.sheet_kinds import SHEET_KINDS, SheetKind
from etl.model import Period, PeriodKind

DecisionLevel = Literal["commune", "district", "province", "nation"]
DECISION_LEVELS: tuple[DecisionLevel, ...] = get_args(DecisionLevel)
"""The levels of government, from the lowest."""


class Column(StrictModel):
    """One printed header of a form. Grain: (column set, version, sheet, position).

    `header` is the printed text, levels separated by `` > ``; the same leading levels merge. `unit` is the unit of
    measure it is filled in, where that is not the data element's own: its factor is applied when it is read.
    """

    set: Code
    version: Text
    sheet: Code
    position: int
    header: Text
    data_element: Code
    required: bool
    unit: str = ""


class SheetDef(StrictModel):
    """A sheet of a form. `layout`: ``by_commune`` rows are communes, columns are elements · ``list`` rows are
    elements · ``tasks`` rows are the unit's tasks: within the year those with a date, in the form of the year all ·
    ``notes`` free rows · ``published`` rows are published values with source and date · ``upward`` rows are the number
    cells that an area's own units owe it. `whole_list`: a sheet of tasks as it was once issued, with every task in each
    period, and there also where a unit has none. `decided_at`: the levels of government that can decide on a proposal,
    with the words by which a sheet of notes lets choose from them; without any it does not ask."""

    code: Code
    title: Text
    layout: str
    columns: Code | None = None
    rows: int = 0
    whole_list: bool = False
    decided_at: dict[DecisionLevel, Text] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _drop_dated_from(cls, data: Any) -> Any:
        """A catalogue that a warehouse kept from before a rule took its place says since when tasks need a date."""
        return {key: value for key, value in data.items() if key != "dated_from"} if isinstance(data, dict) else data

    @field_validator("layout")
    @classmethod
    def _check_layout(cls, name: str) -> str:
        if name not in SHEET_KINDS:
            raise ValueError(f"no kind of sheet is called {name!r}; there are: {', '.join(SHEET_KINDS)}")
        return name

    @property
    def kind(self) -> SheetKind:
        """What its layout means to those who print, read and count it."""
        return SHEET_KINDS[self.layout]


class EarlierVersion(StrictModel):
    """A version of a form that was issued up to a period, and is still taken for periods up to it. `sheets`: those of
    its sheets that were others than now, by their codes; `without_sheets`: those that it did not have.
    `columns_version`: as of a form."""

    version: Text
    columns_version: Text | None = None
    to_period: Text
    sheets: tuple[SheetDef, ...] = ()
    without_sheets: tuple[Code, ...] = ()

    @field_validator("to_period")
    @classmethod
    def _check_last_period(cls, key: str) -> str:
        validate_period_key(key)
        return key


class Form(StrictModel):
    """A workbook that a kind of unit fills in for a kind of period.

    `earlier_versions`: versions whose workbooks are still out; their columns stay in columns.csv. `columns_version`:
    that of its columns there, where the form's own brought none. `sums_units`: over how many units a number of the
    reporting unit itself may be the sum: so many times a data element's `max` is its limit here, and a unit whose own
    units no scope knows may send the ``upward`` sheet with its sums.
    """

    id: Code
    version: Text
    columns_version: Text | None = None
    title: Text
    symbol: Text
    period_kind: PeriodKind
    level: Literal["province", "district", "commune", "agency"]
    valid_from: dt.date
    valid_to: dt.date | None = None
    sheets: tuple[SheetDef, ...] = Field(min_length=1)
    legal_basis: Text
    earlier_versions: tuple[EarlierVersion, ...] = ()
    sums_units: int = Field(default=1, ge=1)
    note: str = ""

    @model_validator(mode="after")
    def _check_earlier_sheets(self) -> Self:
        codes = {sheet.code for sheet in self.sheets}
        named = [(*(sheet.code for sheet in e.sheets), *e.without_sheets) for e in self.earlier_versions]
        unknown = [code for codes_of_version in named for code in codes_of_version if code not in codes]
        if unknown:
            raise ValueError(f"earlier_versions: the form has no sheet {', '.join(unknown)}")
        return self

    @property
    def printed_columns(self) -> str:
        """The version by which its columns stand in columns.csv."""
        return self.columns_version or self.version

    def find_version(self, version: str, period: Period) -> Form | None:
        """The form as a workbook of a version for a period has it; None where that version is no longer taken."""
        if version == self.version:
            return self
        earlier = (
            e for e in self.earlier_versions if e.version == version and period.end <= Period.parse(e.to_period).end
        )
        found = next(earlier, None)
        return self.build_earlier(found) if found else None

    def build_earlier(self, earlier: EarlierVersion) -> Form:
        """The form as one of its earlier versions printed it."""
        others = {sheet.code: sheet for sheet in earlier.sheets}
        sheets = tuple(
            others.get(sheet.code, sheet) for sheet in self.sheets if sheet.code not in earlier.without_sheets
        )
        changed = {"version": earlier.version, "columns_version": earlier.columns_version, "sheets": sheets}
        return self.model_copy(update=changed)
