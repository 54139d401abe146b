"""What every catalogue model is built from: strictness, codes, words, and where a fact comes from.

Room: catalogue. Strict models of its files; nobody changes a value at run time.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from etl.errors import UsageError
from etl.model import Period

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Basis = Literal["source", "secondary", "configured"]
"""`source`: the named document says so. `secondary`: someone's reading of it. `configured`: the source
does not say; the office decides, here."""


class StrictModel(BaseModel):
    """Base of all catalogue models: frozen, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def validate_period_key(text: str) -> None:
    """Let a mistyped period be a catalogue mistake with its file and key, not a mistake of the command line."""
    try:
        Period.parse(text)
    except UsageError as error:
        raise ValueError(f"{error.what}; {error.fix}") from None
