"""What Great Expectations said of a frame of rows, as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RuleOutcome:
    """One rule over one frame: rows that it applied to, rows that failed, and of whose workbooks those are.

    `failed_by_file`: place in the batch → rows; once kept, delivery → rows. Empty for rows that are of no one file.
    """

    code: str
    evaluated: int
    failed: int
    failed_by_file: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SuiteOutcome:
    """One validation: which suite, over how many rows, and what each of its rules gave."""

    suite: str
    rows: int
    rules: tuple[RuleOutcome, ...]
