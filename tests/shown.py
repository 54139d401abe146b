"""Cells as people see them: each recipe says how a cell is written and, by itself, what somebody reads in it.

Independent of `etl.read`: a number format is put together here from parts whose printing is known, not parsed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st


@dataclass(frozen=True)
class Recipe:
    """A cell: its value, number format and runs, and the number that is printed (None: none that could be taken).

    `around` is what is printed beside the number, `decimals` how many of its decimals; `runs` are (text, style) with a
    style of ``plain``, ``super``, ``sub``, ``strike`` or ``white``; `hidden` says that nobody sees a value that is there.
    """

    value: Any
    printed: Decimal | None
    decimals: int = 15
    around: str = ""
    number_format: str = "General"
    runs: tuple[tuple[str, str], ...] = ()
    strike: bool = False
    white: bool = False
    hidden: bool = False
    merged: bool = False
    stored: Any = None

    def agrees(self, number: float | None, unit: str) -> bool:
        """Whether a number read without any question is the one that somebody sees."""
        if self.printed is None or number is None or self.hidden:
            return False
        if self.around.strip() not in ("", unit):
            return False
        return abs(Decimal(repr(number)) - self.printed) <= Decimal("0.5000001").scaleb(-self.decimals)


NUMBERS = st.one_of(st.integers(1, 99_999), st.decimals("0.01", "9999", places=2).map(float))
_BESIDE = ("", "", "", "%", " người", " trẻ", " tỷ", "k", "000", ".000", ",5", " (1)", "-", "₫", " nghìn")
_WAYS: tuple[Callable[[str], str], ...] = (
    lambda text: f'"{text}"',
    lambda text: "".join(f"\\{c}" for c in text),
    lambda text: f'[$-42A]"{text}"',
    lambda text: f'_("{text}"_)',
)


@st.composite
def formatted(draw: st.DrawFn) -> Recipe:
    """A number under a format made of literals, digits, per cent signs and commas that divide by a thousand."""
    value = draw(NUMBERS)
    decimals, grouped = draw(st.integers(0, 3)), draw(st.booleans())
    percents, thousands = draw(st.sampled_from((0, 0, 0, 1))), draw(st.sampled_from((0, 0, 0, 1, 2)))
    before, behind = draw(st.sampled_from(("", "", "", "-", "₫", "0"))), draw(st.sampled_from(_BESIDE))
    way = draw(st.sampled_from(_WAYS))
    code = ("#,##0" if grouped else "0") + ("." + "0" * decimals if decimals else "") + "," * thousands
    code = (way(before) if before else "") + code + "%" * percents + (way(behind) if behind else "")
    code += draw(st.sampled_from(("", ";-0", ";[Red]-0", ";-0;0;@", ";;")))
    printed = Decimal(repr(value)) * 100**percents / 1000**thousands
    return Recipe(value, printed, decimals, before + "%" * percents + behind, code)


@st.composite
def conditional(draw: st.DrawFn) -> Recipe:
    """A number under a format with a condition, of which one side prints thousands or nothing."""
    value, border = draw(st.integers(1, 99_999)), draw(st.sampled_from((100, 1000, 10_000)))
    other = draw(st.sampled_from(('0.0,"k"', "0,", '"…"', '"0"0', "")))
    large = value >= border
    printed = None if large and other in ('"…"', "") else Decimal(value) / (1000 if large and "," in other else 1)
    around = {'0.0,"k"': "k", '"0"0': "0"}.get(other, "") if large else ""
    decimals = 1 if other.startswith("0.0") else 0
    is_blank = large and other == ""
    return Recipe(value, printed, decimals, around, f"[>={border}]{other};0", hidden=is_blank)


@st.composite
def with_runs(draw: st.DrawFn) -> Recipe:
    """A text of runs: raised, lowered, struck or white parts are no digits of the number."""
    number = draw(st.integers(11, 9999))
    style = draw(st.sampled_from(("super", "sub", "strike", "white")))
    extra = str(draw(st.integers(1, 99)))
    first = draw(st.booleans()) and style in ("strike", "white")
    runs = ((extra, style), (str(number), "plain")) if first else ((str(number), "plain"), (extra, style))
    return Recipe("".join(text for text, _ in runs), Decimal(number), 0, "", runs=runs)


@st.composite
def written(draw: st.DrawFn) -> Recipe:
    """A text: one number, or two on two lines or parted by a tab, or turned round by a mark of direction."""
    left, right = draw(st.integers(1, 999)), draw(st.integers(100, 999))
    between = draw(
        st.sampled_from(("\n", "\t", "\r\n", " \n", "\u2028", "\u202e", "\u200f", " ", ".", "\u00a0", "\u200b"))
    )
    one = between in (" ", ".", "\u00a0", "\u200b")
    printed = Decimal(f"{left}{right}") if one else None
    start = "\u202e" if between == "\u202e" else ""
    return Recipe(f"{start}{left}{'' if start else between}{right}", printed, 0)


@st.composite
def unseen(draw: st.DrawFn) -> Recipe:
    """A number that is struck out, or that nobody sees."""
    value = draw(st.integers(1, 99_999))
    way = draw(st.sampled_from(("strike", "white", ";;;", "merged", "#,###")))
    if way == "strike":
        return Recipe(value, None, strike=True)
    if way == "#,###":
        return Recipe(0, None, number_format="#,###", hidden=True)
    return Recipe(
        value, None, number_format=way if way == ";;;" else "General", white=way == "white", merged=way == "merged",
        hidden=True,
    )  # fmt: skip


@st.composite
def computed(draw: st.DrawFn) -> Recipe:
    """A formula whose stored result is missing, 0 or another than its own."""
    a, b = draw(st.integers(1, 999)), draw(st.integers(1, 999))
    stored = draw(st.sampled_from(("right", "none", "zero", "wrong")))
    result = {"right": a + b, "none": "", "zero": 0, "wrong": a + b + 7}[stored]
    return Recipe(f"={a}+{b}", Decimal(a + b), 0, stored=result)


RECIPES = st.one_of(formatted(), formatted(), conditional(), with_runs(), written(), unseen(), computed())
