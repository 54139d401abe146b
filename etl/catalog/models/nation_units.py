"""The nation's units as they were published for 01/07/2025, from which a new scope takes its own.

Room: catalogue. Strict models of `catalog/nation/`; nobody changes a value at run time.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

from etl.catalog.models.base import Code, StrictModel, Text


class NationUnit(StrictModel):
    """A unit of the nation. Key: code, in its file. `to_confirm`: what its sources leave open or disagree about.

    `lat`, `lon`: its centre point in degrees, of present communes.
    """

    code: Code
    name: Text
    level: Literal["province", "district", "commune"]
    type: Text
    parent: Code
    lat: Decimal | None = None
    lon: Decimal | None = None
    to_confirm: str = ""


class NationSuccession(StrictModel):
    """What became of a former commune, or of an island district without communes. Grain: (old unit, new unit).

    ``whole``: all of it went to the new one. ``part``: the source names no share, so none is known.
    """

    old_code: Code
    new_code: Code
    kind: Literal["whole", "part"]


class NationSource(StrictModel):
    """Which day and law the present units begin with, what the former ones rest on, and where the lists come from.

    `spellings`: pairs that official lists mix in names. `centres`: where the centre points come from.
    """

    first_day: dt.date
    legal_basis: Text
    former_from: dt.date
    former_basis: Text
    source: Text
    centres: Text
    spellings: tuple[tuple[Text, Text], ...] = ()
