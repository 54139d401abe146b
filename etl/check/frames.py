"""What goes through the checker: submitted workbooks, the same opened as arrays, and frames of rows for the rules.

Called by the check room only, but for `ReadSubmission` and what stands in it, which steps fill. A frame keeps the way
back from a row to workbook, cell and detail. Its columns are what the workbook and what is known around it say; whether
that is wrong is for the rules alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from etl.catalog import Catalogue
from etl.check.check_template import CheckTemplate, StampContext, build_check_template, find_stamp_context
from etl.check.privacy import LEAST_WORDS
from etl.model import CellState, ExplanationKey, Observation, ReadResult

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

History = Mapping[str, Mapping[tuple[str, str], float]]
"""Period key → (org unit code, data element) → value: what the same unit reported for other periods, as known now."""

BROKEN_SHEETS = frozenset({"S08", "S09", "S10"})
_FILLED = (CellState.VALUE, CellState.ZERO, CellState.ESTIMATED)
STATES = (*_FILLED, *(state for state in CellState if state not in _FILLED))
_STATE_NUMBER = {id(state): i for i, state in enumerate(STATES)}  # members are single; their own hash is slow
_MISSING, _INVALID = STATES.index(CellState.MISSING), STATES.index(CellState.INVALID)
QuarterHistory = Mapping[tuple[str, str], Sequence[float | None]]
"""(org unit code, data element) → the four quarters' values of a year form's year, None where there is none."""


@dataclass(frozen=True)
class OfficialPopulation:
    """The population that an official source gives for a unit, with the year it is of."""

    value: float
    year: int
    source: str


@dataclass(frozen=True)
class ReportingRecord:
    """How a unit has reported a form: periods that were due lately, those that came at all, those that came on time."""

    due: int
    received: int
    on_time: int


@dataclass(frozen=True)
class PeerFigures:
    """What the other units of a year form gave: data element → (this year, mean of up to three years before).

    Of the `owed` units that owe the form, `heard` have both; the workbook's own unit counts in neither.
    """

    owed: int
    complete: int
    sums: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadSubmission:
    """A read workbook with what is known around it.

    `folder`, `received_on`, `quarters`, `beside` (of a year form), `history` and `reporting` are None where nobody
    knows them.
    `official` is the unit's population by an official source; it is compared only where `compare_official` says that
    somebody has looked for one. `explained` holds what the sender has said of findings before.
    """

    read: ReadResult
    file: str = ""
    folder: str | None = None
    quarters: QuarterHistory | None = None
    history: History | None = None
    reporting: ReportingRecord | None = None
    peers: PeerFigures | None = None
    official: OfficialPopulation | None = None
    compare_official: bool = False
    explanations: Mapping[ExplanationKey, str] = field(default_factory=dict)
    received_on: date | None = None


@dataclass(frozen=True)
class WorkbookArrays:
    """A workbook whose stamp is understood, its observations as arrays. `number` is its place in the batch."""

    number: int
    submission: ReadSubmission
    context: StampContext
    template: CheckTemplate
    values: np.ndarray
    states: np.ndarray
    texts: Sequence[str]
    places: frozenset[str]

    @property
    def filled(self) -> np.ndarray:
        """Per cell whether it holds a number or words."""
        filled: np.ndarray = self.states < len(_FILLED)
        return filled

    @property
    def gaps(self) -> np.ndarray:
        """Per cell whether it must be filled in and is not."""
        gaps: np.ndarray = (self.states == _MISSING) & self.template.required
        return gaps

    @property
    def reported(self) -> np.ndarray:
        """Per cell whether the reader has already said what is wrong with just this cell."""
        import numpy as np

        places = {(f.org_unit_code, f.data_element) for f in self.submission.read.findings if f.data_element}
        if not places:
            return np.zeros(len(self.observations), dtype=bool)
        return np.array([(o.org_unit_code, o.data_element) in places for o in self.observations], dtype=bool)

    @property
    def broken(self) -> bool:
        """Whether the reader could not make out all of it: then nothing is said of what is not there."""
        return any(f.code in BROKEN_SHEETS for f in self.submission.read.findings)

    @property
    def long_texts(self) -> Iterator[tuple[int, str]]:
        """The cells whose words are long enough to hold something about a person, with those words."""
        for k in self.template.words:
            if len(self.texts[k]) >= LEAST_WORDS:
                yield k, self.texts[k]
        for k in (self.states == _INVALID).nonzero()[0].tolist():
            yield k, self.observations[k].raw

    @property
    def observations(self) -> Sequence[Observation]:
        """The cells, in the order of the arrays."""
        return self.submission.read.observations


@dataclass(frozen=True)
class RuleFrame:
    """Rows to check; per row whose workbook, which cell (−1 for none), and where a message needs more, a detail."""

    data: pd.DataFrame
    workbook: np.ndarray
    position: np.ndarray
    details: Sequence[Any] | np.ndarray = ()

    def __len__(self) -> int:
        return len(self.workbook)

    def find_origin(self, row: int) -> tuple[int, int, Any]:
        """(workbook, position of the cell or −1, detail) of a row."""
        return int(self.workbook[row]), int(self.position[row]), self.details[row] if len(self.details) else None


@dataclass(frozen=True)
class FrameRows:
    """A workbook's rows of a frame: positions of their cells, columns by name, details where a message needs more."""

    positions: Sequence[int] | np.ndarray
    columns: Mapping[str, Any]
    details: Sequence[Any] = ()


def build_stacked_frame(
    opened: Sequence[WorkbookArrays], list_rows: Callable[[WorkbookArrays], FrameRows | None]
) -> RuleFrame:
    """The rows of all workbooks that have any, one below the other."""
    import numpy as np
    import pandas as pd

    parts = [(book.number, rows) for book in opened if (rows := list_rows(book)) and len(rows.positions)]
    if not parts:
        return RuleFrame(pd.DataFrame(), np.array([], dtype=int), np.array([], dtype=int))
    data = pd.DataFrame(
        {name: np.concatenate([rows.columns[name] for _, rows in parts]) for name in parts[0][1].columns}
    )
    numbers = np.repeat([number for number, _ in parts], [len(rows.positions) for _, rows in parts])
    positions = np.concatenate([rows.positions for _, rows in parts])
    details = [detail for _, rows in parts for detail in rows.details]
    return RuleFrame(data, numbers, positions, details)


def open_submissions(catalogue: Catalogue, batch: Sequence[ReadSubmission]) -> list[WorkbookArrays]:
    """The workbooks whose stamp is understood."""
    opened = []
    for i, submission in enumerate(batch):
        context = find_stamp_context(catalogue, submission.read)
        if context is not None:
            opened.append(_open_submission(catalogue, i, submission, context))
    return opened


def _open_submission(
    catalogue: Catalogue, number: int, submission: ReadSubmission, context: StampContext
) -> WorkbookArrays:
    import numpy as np

    observations = submission.read.observations
    units, codes, _, _, states, values, texts, _ = zip(*observations, strict=True) if observations else ((),) * 8
    return WorkbookArrays(
        number, submission, context,
        build_check_template(catalogue, context.form.id, units, codes),
        np.array(values, dtype=float),
        np.array([_STATE_NUMBER[id(state)] for state in states], dtype=np.int8),
        texts,
        _list_place_names(catalogue),
    )  # fmt: skip


@lru_cache(maxsize=4)
def _list_place_names(catalogue: Catalogue) -> frozenset[str]:
    """What units are called, with and without their type: many are named after people."""
    names = {name for unit in catalogue.units for name in (unit.name, *unit.aliases)}
    bare = {name.removeprefix(unit.type).strip() for unit in catalogue.units for name in (unit.name, *unit.aliases)}
    return frozenset(name.casefold() for name in names | bare)
