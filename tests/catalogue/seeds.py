"""The plan documents beside the checkout, cut into their sections for comparison."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from etl.catalog import Catalogue, models

# The plans whose documents lie there: what is walked. An office's own plans are checked by `tongket catalogue check`.
TRANSCRIBED = ("kt-1693", "kt-124", "ttg-ct25", "ty-ct25")
SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"

_PAGE_BREAK = re.compile(r"1693 17\s+TT Chỉ tiêu Đơn vị\s+Thực\s+hiện năm\s+2023\s+(Kế hoạch\s+đến năm\s+20\d\d\s+){2}")
_FOOTNOTE_MARK = re.compile(
    r"(?<=Ước)16(?=\))"
)  # raised in print; footnote 16 below the table says whose estimate it is
_MARKDOWN = re.compile(r"[*#\\]+")


def list_transcribed_plans(catalogue: Catalogue) -> list[models.Plan]:
    """The four plans that were written down by hand from their documents."""
    return [catalogue.plans[plan] for plan in TRANSCRIBED]


def fold(text: str) -> str:
    """Text without any whitespace (the documents wrap lines, also inside dates), and one spelling of UBND."""
    folded = re.sub(r"\s+", "", unicodedata.normalize("NFC", text))
    return folded.replace("UBND", "Ủybannhândân").replace("Uỷ", "Ủy")


@dataclass(frozen=True)
class Clause:
    """A place in a plan, as the catalogue writes it: section, number, letter, dash, plus, in that order."""

    roman: str
    part: str = ""
    number: str = ""
    letter: str = ""
    dash: int = 0
    plus: int = 0
    closing: bool = False

    @classmethod
    def parse(cls, text: str) -> Clause:
        """``mục III.2.c`` or ``mục III, khoản 2, điểm c, gạch đầu dòng 1, ý 2``."""
        head, *rest = [piece.strip() for piece in re.split(r",\s(?![^(]*\))", text)]
        match = re.fullmatch(r"mục ([IVX]+)(?: \((.+)\))?((?:\.\d+)*)(?:\.([a-zđ]))?", head)
        assert match, text
        found: dict[str, object] = {
            "roman": match[1],
            "part": match[2] or "",
            "number": match[3].removeprefix("."),
            "letter": match[4] or "",
        }
        for piece in rest:
            words = {"khoản ": "number", "điểm ": "letter", "gạch đầu dòng ": "dash", "ý ": "plus"}
            if piece == "đoạn cuối":
                found["closing"] = True
                continue
            word = next((w for w in words if piece.startswith(w)), None)
            assert word, f"{text}: {piece}"
            value = piece.removeprefix(word)
            found[words[word]] = int(value) if words[word] in {"dash", "plus"} else value
        return cls(**found)  # type: ignore[arg-type]


class Document:
    """One plan document. `lines` end where the recipients begin; sections are cut by the marks lines begin with."""

    def __init__(self, path: Path) -> None:
        self.raw = path.read_text(encoding="utf-8")
        lines = [_MARKDOWN.sub("", line).strip() for line in self.raw.splitlines()]
        self.folded = fold(" ".join(lines))
        signed = next((i for i, line in enumerate(lines) if line.startswith("Nơi nhận")), len(lines))
        self.lines = lines[:signed]

    def annex(self) -> str:
        """The table of indicators, folded, without the page break's stamp and repeated header, nor its footnote's mark."""
        table = self.raw.partition("CÁC CHỈ TIÊU Y TẾ")[2]
        whole = _PAGE_BREAK.sub(" ", table)
        assert whole != table, "the page break inside the annex was not found"
        unmarked = _FOOTNOTE_MARK.sub("", whole)
        assert unmarked != whole, "the footnote's mark was not found"
        return fold(unmarked)

    def section(self, clause: Clause, *, deep: bool = True) -> list[str]:
        """The lines of a clause; with `deep` off, of the numbered clause around it."""
        lines = self._roman(clause)
        if clause.number:
            lines = cut(lines, rf"{re.escape(clause.number)}\.\s", r"\d+(\.\d+)*\.\s", clause.number)
        if deep and clause.letter:
            lines = cut(lines, rf"{clause.letter}\)\s", r"[a-zđ]\)\s")
        if deep and clause.dash:
            lines = nth(lines, r"[-–]\s", clause.dash, r"\*\s|[a-zđ]\)\s|\+\s" if not clause.plus else r"\*\s")
        if deep and clause.plus:
            lines = nth(lines, r"\+\s", clause.plus, r"\*\s")
        return lines

    def text(self, clause: Clause, *, deep: bool = True) -> str:
        """The clause, folded."""
        return fold(" ".join(self.section(clause, deep=deep)))

    def _roman(self, clause: Clause) -> list[str]:
        marks = [i for i, line in enumerate(self.lines) if re.match(r"[IVX]+\.\s+[A-ZĐÀ-Ỹ]{2}", line)]
        wanted = [i for i in marks if re.match(rf"{clause.roman}\.\s", self.lines[i])]
        if clause.part:
            wanted = [i for i in wanted if clause.part.upper() in self.lines[i]]
        start = wanted[0]
        end = next((i for i in marks if i > start), len(self.lines))
        return self.lines[start:end]


def cut(lines: list[str], start: str, any_mark: str, number: str = "") -> list[str]:
    """From the line that begins with `start` to the next line with a mark that is not below it."""
    first = next(i for i, line in enumerate(lines) if re.match(start, line))
    for last in range(first + 1, len(lines)):
        match = re.match(any_mark, lines[last])
        if match and not (number and match[0].strip().startswith(f"{number}.")):
            return lines[first:last]
    return lines[first:]


def nth(lines: list[str], mark: str, n: int, stop: str) -> list[str]:
    """The n-th item of a list."""
    starts = [i for i, line in enumerate(lines) if re.match(mark, line)]
    first = starts[n - 1]
    ends = [i for i in range(first + 1, len(lines)) if re.match(mark, lines[i]) or re.match(stop, lines[i])]
    return lines[first : ends[0] if ends else len(lines)]
