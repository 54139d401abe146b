"""Why there is no figure, no verdict or no progress, and what is unusual: as code and slots, never as a sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """A reason. `code` is its key among the messages; `slots` are what the message carries.

    A slot holds a text of the catalogue or the plan, a count, another reason, or, in the slots ``period`` and
    ``as_of``, a period key or ISO date.
    """

    code: str
    slots: tuple[tuple[str, str | int | Reason], ...] = ()

    def find_slot(self, name: str) -> str | int | Reason | None:
        """What a slot holds; None where there is no such slot."""
        return dict(self.slots).get(name)


def build_reason(code: str, **slots: str | int | Reason) -> Reason:
    """A reason with its slots."""
    return Reason(code, tuple(slots.items()))
