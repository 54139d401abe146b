"""A leaf figure as it is sent on: to the level above, or to another system. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from etl.model.cells import CellState

_COUNTING = frozenset({CellState.VALUE, CellState.ZERO, CellState.ESTIMATED})


@dataclass(frozen=True, slots=True)
class ExportedValue:
    """One number cell of an area in a period. Grain: (org unit, data element).

    Units: the data element's own. An unreliable cell may have a `value` too, which counts nowhere; `counts` says so.
    `corrected` names the agreed correction that it is by.
    """

    org_unit_code: str
    data_element: str
    state: CellState
    value: Fraction | None = None
    corrected: str = ""

    @property
    def is_counted(self) -> bool:
        """Whether there is a number that sums may take in."""
        return self.value is not None and self.state in _COUNTING
