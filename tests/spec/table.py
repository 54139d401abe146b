"""A drawn table: cases as a reader sees them, run against the rules and printed into the docs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

EMPTY = "–"


@dataclass(frozen=True)
class Table:
    """Rows hold inputs, then expected outputs, as printed. `run` takes the inputs and gives the outputs."""

    title: str
    rule: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    run: Callable[..., tuple[str, ...]]

    def given(self, row: tuple[str, ...]) -> tuple[str, ...]:
        return row[: len(self.inputs)]

    def expected(self, row: tuple[str, ...]) -> tuple[str, ...]:
        return row[len(self.inputs) :]

    def markdown(self) -> str:
        heads = (*self.inputs, *(f"→ {name}" for name in self.outputs))
        lines = [f"## {self.title}", "", self.rule, "", _line(heads), _line(("---",) * len(heads))]
        return "\n".join([*lines, *(_line(row) for row in self.rows)]) + "\n"


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell or EMPTY for cell in cells) + " |"


def number(text: str) -> Decimal | None:
    """A Vietnamese number (comma) as printed in a cell; the empty cell is no number."""
    return None if text in {"", EMPTY} else Decimal(text.replace(".", "").replace(",", "."))


def fraction(text: str) -> Fraction | None:
    value = number(text)
    return None if value is None else Fraction(value)


def show(value: Fraction | float | None, decimals: int = 4) -> str:
    """A number with a comma, rounded for print only, without idle zeros."""
    if value is None:
        return EMPTY
    text = f"{float(value):.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")
