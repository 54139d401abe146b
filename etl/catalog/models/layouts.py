"""Tables that others issued: how their cells become cells of a form of ours.

Room: catalogue. Strict models of `catalog/layouts/`; nobody changes a value at run time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from etl.catalog.models.base import Basis, Code, StrictModel, Text


class ForeignFigure(StrictModel):
    """A column, or a row, of a foreign table. `header` is its whole text, levels of headers with a blank between.

    `unit`: the unit of measure of its numbers, where it is not the data element's own: “nghìn người”. `section`: the
    section whose row it is, where a text such as “Nữ” names several rows.
    """

    header: Text
    data_element: Code
    unit: str = ""
    section: str = ""


class ForeignLayout(StrictModel):
    """A layout of a table that is not one of our forms, with one sheet and one period.

    `rows`: ``units`` a unit a row, figures in columns · ``figures`` a figure a row, all of one unit. `form`: ours,
    which takes the figures. `folders`: the inbox folders whose senders' tables are of this layout; such a table waits
    in intake for a person. `unit_header` heads the column with units, `label_header` the one with figures' names,
    `value_header` their numbers. `aliases`: a text of this layout → how else it is written. `unit_codes`: another code
    set, its code → ours; without one, codes and names are ours. `unit_line` and `period_line` are how the lines above
    the table begin that name the unit (else it is the sender) and the period; `period_in_name`: the file's name says
    it; without both it is asked for. `measure_note`: the line that says what all numbers are counted in; any other such
    line with a factor in it refuses the table. `marks`: what a sign instead of a number means.

    Rows without a unit of their own: `sections` carry no numbers, `totals` are the sum of all units, `subtotals` of
    those since the section began, or until the next one where `subtotal_place` is ``before``. `sums`: a column, or a
    row, that is the sum of others. `ignored`: headers, rows, and lines that nobody needs.
    """

    id: Code
    title: Text
    form: Code
    rows: Literal["units", "figures"]
    folders: tuple[Code, ...] = ()
    unit_header: str = ""
    label_header: str = ""
    value_header: str = ""
    aliases: dict[Text, tuple[Text, ...]] = Field(default_factory=dict)
    unit_codes: dict[str, Code] = Field(default_factory=dict)
    unit_line: str = ""
    period_line: str = ""
    period_in_name: bool = False
    measure_note: str = ""
    marks: dict[Text, Literal["zero", "missing"]] = Field(default_factory=dict)
    figures: tuple[ForeignFigure, ...] = Field(min_length=1)
    totals: tuple[Text, ...] = ()
    subtotals: tuple[Text, ...] = ()
    subtotal_place: Literal["before", "after"] = "after"
    sections: tuple[Text, ...] = ()
    sums: dict[Text, tuple[Text, ...]] = Field(default_factory=dict)
    ignored: tuple[Text, ...] = ()
    basis: Basis
    source: Text

    @model_validator(mode="after")
    def _validate_layout_keys(self) -> ForeignLayout:
        for problem in self._list_contradictions():
            raise ValueError(problem)
        return self

    def _list_contradictions(self) -> Iterator[str]:
        for key in ("unit_header",) if self.rows == "units" else ("label_header", "value_header"):
            if not getattr(self, key):
                yield f"rows of {self.rows} need {key}"
        if self.rows == "figures" and not (self.unit_line or self.folders):
            yield "rows of figures need unit_line, or folders whose sender is the unit"
        headers = [f"{figure.section} {figure.header}".strip() for figure in self.figures]
        elements = [figure.data_element for figure in self.figures]
        for what, names in (("header", headers), ("data element", elements)):
            twice = next((name for name in names if names.count(name) > 1), "")
            if twice:
                yield f"{what} {twice!r} stands twice"
        known = {figure.header for figure in self.figures}
        for total, parts in self.sums.items():
            unknown = next((part for part in parts if part not in known), None)
            if unknown or not parts or total in parts:
                yield f"sums: {total!r} needs figures of this layout as its parts, not {unknown or total!r}"
        for section in (figure.section for figure in self.figures if figure.section):
            if self.rows == "units" or section not in self.sections:
                yield f"section {section!r} is none of the sections of a layout with rows of figures"
