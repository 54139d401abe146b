"""What the registry and the signer give a document (NĐ 30/2020/NĐ-CP, Điều 13–15): number, date, who signs as what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Registration:
    """The registry's part of a document. Number and date stand together, or both are not given yet.

    `number` counts from 1 within an office, a symbol and a year. `authority` is printed above the signature, line by
    line, in upper case.
    """

    number: int | None
    signed_on: date | None
    authority: tuple[str, ...]
    signer: str

    @property
    def number_text(self) -> str:
        """The number as the decree writes it: below 10 with a zero; empty while there is none."""
        return "" if self.number is None else f"{self.number:02d}"
