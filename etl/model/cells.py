"""What is in a workbook and what is wrong with it: states, observations, findings, verdicts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class ElementKind(StrEnum):
    """What a number in a cell is. Stocks never add up over time; flows do; ytd is already cumulative; an average of a
    longer time is the mean of those of its parts."""

    STOCK = "stock"
    AVERAGE = "average"
    FLOW = "flow"
    YTD = "ytd"
    PUBLISHED = "published"
    TEXT = "text"
    DATE = "date"
    CHOICE = "choice"

    @property
    def is_number(self) -> bool:
        """Whether its cells hold numbers."""
        return self not in {ElementKind.TEXT, ElementKind.DATE, ElementKind.CHOICE}

    @property
    def has_pieces(self) -> bool:
        """Whether the figure of a longer time is made of all its parts, not of the last one."""
        return self in {ElementKind.FLOW, ElementKind.AVERAGE}


class CellState(StrEnum):
    """What a cell says. Missing is never zero."""

    VALUE = "value"
    ZERO = "zero"
    MISSING = "missing"
    NOT_APPLICABLE = "not_applicable"
    UNRELIABLE = "unreliable"
    ESTIMATED = "estimated"
    INVALID = "invalid"  # read but not understood; always comes with a finding, never loaded


class FindingLevel(StrEnum):
    """How much a finding matters."""

    REFUSE = "refuse"
    CONFIRM = "confirm"
    NOTE = "note"

    @property
    def sign(self) -> str:
        """What stands before the level's word, so that colour is never the only difference."""
        return {"refuse": "■", "confirm": "▲", "note": "○"}[self.value]


class Observation(NamedTuple):
    """One input cell as read. Grain: (delivery, org unit, data element).

    `value` is the number unrounded and in the element's own unit; `text` holds words, dates (ISO)
    and choices. `raw` is what the cell showed. A named tuple, because a batch has a hundred thousand of
    them: whole columns become rows, and rows columns, in one call.
    """

    org_unit_code: str
    data_element: str
    sheet: str
    cell: str
    state: CellState
    value: float | None = None
    text: str = ""
    raw: str = ""


ExplanationKey = tuple[str, str, str, str]
"""(code, org unit code, subject, value) of a finding."""


def compute_compared_digest(values: Iterable[str]) -> str:
    """What tells values that were compared from any others, short enough for a cell; empty where there are none."""
    printed = "\x1f".join(values)
    return hashlib.blake2b(printed.encode(), digest_size=6).hexdigest() if printed else ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the data, in the sender's coordinates. Messages are Vietnamese.

    `compared` is a digest of every value that it compared, empty where there is none to confirm. `effect` says how far
    it moves the total of the file's unit, as a share of that total; it orders findings and is not part of what a
    finding is.
    """

    code: str
    level: FindingLevel
    message: str
    hint: str = ""
    sheet: str = ""
    cell: str = ""
    value: str = ""
    org_unit_code: str = ""
    data_element: str = ""
    compared: str = ""
    effect: float = field(default=0.0, compare=False)

    @property
    def subject(self) -> str:
        """What it is about, in its unit: the data element, or the place of a finding that is about no unit's element.

        A sum beside a sum is another subject, also where both show the same number; so is a number beside another one
        than it was compared with before.
        """
        is_placed = self.cell and not (self.org_unit_code or self.data_element)
        place = f"{self.sheet}!{self.cell}" if is_placed else self.data_element
        return f"{place}#{self.compared}" if self.compared else place

    @property
    def explanation_key(self) -> ExplanationKey:
        """What an explanation of it says that it explains."""
        return self.code, self.org_unit_code, self.subject, self.value.strip()

    def convert_to_dict(self) -> dict[str, str]:
        """For JSON: keys as in the field names, `level` as its word."""
        return {name: str(getattr(self, name)) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class FormStamp:
    """What the hidden `_manifest` says on top: which form, for whom, for when."""

    form: str
    version: str
    unit: str
    period: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a sender says of a finding to confirm. Grain: (code, org unit, data element, value) of one workbook.

    `data_element` is the finding's `subject`: a place where it is about no data element, and what was compared.
    `value` is the value it explains, as the finding showed it: another value needs another explanation.
    """

    code: str
    org_unit_code: str
    data_element: str
    value: str
    text: str

    @property
    def key(self) -> ExplanationKey:
        """Of the findings that it explains."""
        return self.code, self.org_unit_code, self.data_element, self.value.strip()


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A workbook as read: its stamp (if it has one), its observations and what was wrong with it."""

    stamp: FormStamp | None
    observations: tuple[Observation, ...] = ()
    findings: tuple[Finding, ...] = ()
    explanations: tuple[Explanation, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The answer to a sender: accepted or refused, and why."""

    accepted: bool
    findings: tuple[Finding, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Findings per level, every level present."""
        return {level.value: sum(f.level == level for f in self.findings) for level in FindingLevel}


@dataclass(frozen=True)
class Delivery:
    """A file taken from the inbox, known by its content. Grain: one content (SHA-256), for ever.

    `folder` is the inbox folder it lay in (the sender's unit code); `received_at` is ISO 8601 with zone.
    """

    delivery_id: int
    sha256: str
    size: int
    original_name: str
    folder: str
    received_at: str
