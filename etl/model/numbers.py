"""Numbers as Vietnamese administrative documents print them: decimal comma, thousands point, half away from zero."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

_SWAP = str.maketrans(",.", ".,")


def rounded(value: Fraction | float | int, decimals: int) -> Decimal:
    """A number rounded half away from zero, exactly (no binary rounding on the way)."""
    exact = (
        value if isinstance(value, Fraction) else Fraction(str(value)) if isinstance(value, float) else Fraction(value)
    )
    scaled = exact * 10**decimals
    whole = (abs(scaled) + Fraction(1, 2)).__floor__()
    return (
        (Decimal(whole if scaled >= 0 else -whole))
        .scaleb(-decimals)
        .quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    )


def printed(value: Fraction | float | int, decimals: int | None = None) -> str:
    """``1234.5`` is ``1.234,5``. Without `decimals`: as many as the number has, at most six."""
    if decimals is None:
        text = format(rounded(value, 6), "f").rstrip("0").rstrip(".")
        decimals = len(text.partition(".")[2])
    text = format(rounded(value, decimals), ",f")
    return text.translate(_SWAP)
