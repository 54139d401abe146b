"""In what numbers are counted: người, nghìn người, triệu đồng, ‰.

Room: catalogue. Strict models of its files; nobody changes a value at run time.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from etl.catalog.models.base import StrictModel, Text


class MeasureUnit(StrictModel):
    """A unit of measure as documents write it. `dimension`: what it measures; only units of one can stand for each
    other. `factor`: what a number in it is multiplied with to be in the dimension's base (1000 for “nghìn người”).
    `aliases`: how else it is written. Capital letters do not count."""

    name: Text
    dimension: Text
    factor: Decimal = Field(default=Decimal(1), gt=0)
    aliases: tuple[Text, ...] = ()
    note: str = ""
