"""Tables that others issued: how their cells become cells of a form of ours.

Room: catalogue. Strict models of `catalog/layouts/`; nobody changes a value at run time.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from etl.catalog.models.base import Basis, Code, StrictModel, Text


class ForeignFigure(StrictModel):
    """A column, or a row, of a foreign table. `header` is its whole text, two levels with a blank between.

    `factor`: what its number is multiplied with to be the data element's: 1000 for “nghìn người”.
    """

    header: Text
    data_element: Code
    factor: int = Field(default=1, ge=1)


class ForeignLayout(StrictModel):
    """A layout of a table that is not one of our forms, with one sheet and one period.

    `rows`: ``units`` a unit a row, figures in columns · ``figures`` a figure a row, all of one unit. `form`: ours,
    which takes the figures. `unit_header` heads the column with units, `label_header` the one with figures' names,
    `value_header` their numbers. `unit_codes`: another code set, its code → ours; without one, codes and names are
    ours. `unit_line` and `period_line` are how the lines above the table begin that name the unit and the period;
    without `period_line` the period is asked for. `totals` and `sections` are rows without a unit of their own; a total
    is compared with the sum. `ignored` are headers, or rows, that nobody needs.
    """

    id: Code
    title: Text
    form: Code
    rows: Literal["units", "figures"]
    unit_header: str = ""
    label_header: str = ""
    value_header: str = ""
    unit_codes: dict[str, Code] = Field(default_factory=dict)
    unit_line: str = ""
    period_line: str = ""
    figures: tuple[ForeignFigure, ...] = Field(min_length=1)
    totals: tuple[Text, ...] = ()
    sections: tuple[Text, ...] = ()
    ignored: tuple[Text, ...] = ()
    basis: Basis
    source: Text

    @model_validator(mode="after")
    def _validate_layout_keys(self) -> ForeignLayout:
        wanted = ("unit_header",) if self.rows == "units" else ("label_header", "value_header", "unit_line")
        for key in wanted:
            if not getattr(self, key):
                raise ValueError(f"rows of {self.rows} need {key}")
        headers = [figure.header for figure in self.figures]
        for what, names in (("header", headers), ("data element", [figure.data_element for figure in self.figures])):
            twice = next((name for name in names if names.count(name) > 1), "")
            if twice:
                raise ValueError(f"{what} {twice!r} stands twice")
        return self
