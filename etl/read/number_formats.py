"""What a number format makes of a value (ECMA-376-1, 18.8.31): sections, conditions, literals, per cent, scaling.

Room: read; called by the readers of cells and by `etl.read.values`. Pure. Rounding, digit grouping and colours are
left out, because they change no meaning: a number is always given at full precision.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

BUILT_IN_FORMATS: Mapping[int, str] = {
    9: "0%", 10: "0.00%", 12: "# ?/?", 13: "# ??/??", 14: "m/d/yy", 22: "m/d/yy h:mm",
    37: "#,##0 ;(#,##0)", 38: "#,##0 ;[Red](#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;[Red](#,##0.00)",
    41: '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)', 42: '_($* #,##0_);_($* (#,##0);_($* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)', 44: '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)',
}  # fmt: skip
"""Formats that a file names by number alone and that show more than a bare number; dates are told by the parser."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.?)|_.?|\*(?P<fill>.?)|\[(?P<bracket>[^\]]*)\]?|(?P<general>General)'
    r"|AM/PM|A/P|(?P<power>E[+-])|(?P<digit>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<text>@)"
    r"|(?P<date>[dmyhsbeg]+)|(?P<end>;)|(?P<plain>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[0-9.]+)")
_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
}  # fmt: skip
_ELAPSED = frozenset({"h", "hh", "m", "mm", "s", "ss"})
_DASHES = frozenset("-–—−")


@dataclass(slots=True)
class _Section:
    """One section: what stands before and behind the number, and what is done to the number."""

    condition: tuple[str, float] | None = None
    before: str = ""
    behind: str = ""
    inner: str = ""
    has_number: bool = False
    has_zero: bool = False
    is_date: bool = False
    has_text: bool = False
    percents: int = 0
    thousands: int = 0
    _commas: int = 0
    _gap: str = ""

    def add_token(self, kind: str, text: str) -> None:
        """The next token of the section, of a kind of `_TOKEN`."""
        match kind:
            case "quoted" | "escaped" | "plain":
                self.add_literal(text)
            case "fill":
                self.add_literal(text if text.isalnum() else "")
            case "bracket":
                self.add_bracket(text)
            case "digit" | "general":
                self.add_digit(text)
            case "point":
                self.add_point()
            case "comma":
                self.add_comma()
            case "percent":
                self.percents += 1
                self.add_literal("%")
            case "text":
                self.has_text = True
            case "date":
                self.is_date = True

    def add_bracket(self, text: str) -> None:
        """A condition, a currency sign, elapsed time; colours and locales print nothing."""
        if condition := _CONDITION.fullmatch(text.replace(" ", "")):
            self.condition = condition[1], float(condition[2])
        elif text.startswith("$"):
            self.add_literal(text[1:].partition("-")[0])
        elif text.lower() in _ELAPSED:
            self.is_date = True

    def add_point(self) -> None:
        """The decimal point: commas right before it divide by a thousand each."""
        self.thousands, self._commas = self.thousands + self._commas, 0
        if not self.has_number:
            self.add_digit("#")

    def add_literal(self, text: str) -> None:
        """Text as it is printed; behind the last digit until another digit comes."""
        if self.has_number or self.has_text:
            self._gap += text
        else:
            self.before += text

    def add_digit(self, place: str) -> None:
        """A place for digits (``#`` prints no zero): what stood behind the last one stands inside the number."""
        self.inner += self._gap.strip()
        self._gap, self._commas, self.has_number = "", 0, True
        self.has_zero |= place not in "#?"

    def add_comma(self) -> None:
        """A comma right behind a digit parts groups, or divides by a thousand where no digit follows."""
        if self.has_number and not self._gap:
            self._commas += 1
        else:
            self.add_literal(",")

    def close(self) -> _Section:
        """The section once its last token is read."""
        self.thousands += self._commas
        self.behind = self._gap
        return self


@dataclass(frozen=True, slots=True)
class ShownNumber:
    """A value as a person reads it: `number` (None: none is printed) between two texts.

    `certain` is False where what is printed is no longer one number that stands for the value: digits among its digits,
    thousands left out, a sign lost.
    """

    before: str
    number: float | None
    behind: str
    certain: bool = True
    is_date: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether nothing is to be seen."""
        return self.number is None and not (self.before + self.behind).strip()

    @property
    def is_dash(self) -> bool:
        """Whether a dash stands for the number, as the accounting formats print zero."""
        return self.number is None and set((self.before + self.behind).split()) <= _DASHES and not self.is_blank


@lru_cache(maxsize=1024)
def _parse_sections(code: str) -> tuple[tuple[_Section, ...], _Section | None]:
    """(the sections for numbers, the one for texts: the fourth, or a last one that holds ``@``)."""
    sections, current = [], _Section()
    for match in _TOKEN.finditer(code or "General"):
        kind = match.lastgroup or ""
        if kind == "end":
            sections.append(current.close())
            current = _Section()
        else:
            current.add_token(kind, match[kind] if kind else "")
    sections.append(current.close())
    words = next((s for s in sections if s.has_text), None) if len(sections) < 4 else sections[3]
    numbers = sections[:-1] if 1 < len(sections) < 4 and words is sections[-1] else sections[:3]
    return tuple(numbers), words


@lru_cache(maxsize=1024)
def is_plain_format(code: str) -> bool:
    """Whether every number and every text is shown as itself, however it is rounded, grouped or coloured."""
    numbers, words = _parse_sections(code)
    if words and (not words.has_text or (words.before + words.behind).strip()):
        return False
    return all(_is_plain_section(section, is_minus=n == 1) for n, section in enumerate(numbers))


def _is_plain_section(section: _Section, *, is_minus: bool) -> bool:
    if section.is_date:
        return True
    changed = section.behind.strip() or section.inner or section.percents or section.thousands or section.condition
    sign_kept = section.before.strip() == ("-" if is_minus else "")
    return not changed and sign_kept and (section.has_zero or section.has_text)


def show_number(value: float, code: str) -> ShownNumber:
    """A number as a format shows it."""
    numbers = _parse_sections(code)[0]
    index = _find_section(value, numbers)
    if index is None:
        return ShownNumber("#", None, "", certain=False)
    section = numbers[index]
    if section.is_date:
        return ShownNumber("", value, "", is_date=True)
    if not (section.has_number or section.has_text) or (not value and not section.has_zero and not section.has_text):
        return ShownNumber(section.before, None, section.behind)
    number = value * 100**section.percents if section.percents else value
    own_sign = index == 1 and value < 0 and section.condition is None
    before = section.before
    if own_sign and before.lstrip().startswith("-"):
        before, own_sign = before.replace("-", "", 1), False
    if own_sign:
        number = -number
    certain = not (section.inner or section.thousands or own_sign) and not (value < 0 and section.condition)
    return ShownNumber(before, _round_to_excel(number / 1000**section.thousands), section.behind, certain)


def _round_to_excel(number: float) -> float:
    """The 15 digits that a spreadsheet shows of a product, without the residue of its binary form."""
    return float(f"{number:.15g}")


def _find_section(value: float, sections: tuple[_Section, ...]) -> int | None:
    if any(section.condition for section in sections):
        for n, section in enumerate(sections):
            rule = section.condition
            if rule is None or _COMPARED[rule[0]](value, rule[1]):
                return n
        return None
    if len(sections) == 3 and value == 0:
        return 2
    return 1 if value < 0 and len(sections) > 1 else 0


def show_text(text: str, code: str) -> str:
    """A text as a format shows it."""
    section = _parse_sections(code)[1]
    if section is None:
        return text
    return f"{section.before}{text if section.has_text else ''}{section.behind}"
