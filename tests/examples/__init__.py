"""A failing and a passing example of every finding code, in as many files as there are rooms that give codes.

Each module of this package has a list `EXAMPLES`; `examples()` gathers them. A test runs every case through the
reader and the checker, and `docs/findings.md` is written from the same table, so a code without an example fails.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from etl.catalog import Catalogue


@dataclass(frozen=True)
class Case:
    """A file as bytes and what is known around it. `text` is the line in the docs (English).

    `known` goes to `etl.check.Submitted` as it is (folder, history, explained …); `name` is the file's name. `adapt`
    changes the catalogue that the checker sees, for what no form of the catalogue has today. `shown_by` names the
    test that gives the code where bytes alone do not: a process that dies, a link in the inbox.
    """

    text: str
    build: Callable[[Catalogue], bytes]
    known: Mapping[str, Any] = field(default_factory=dict)
    name: str = "bao-cao.xlsx"
    adapt: Callable[[Catalogue], Catalogue] = lambda catalogue: catalogue
    shown_by: str = ""


@dataclass(frozen=True)
class Example:
    """A finding code with a case that gives it and one that does not."""

    code: str
    fails: Case
    passes: Case


def examples() -> dict[str, Example]:
    """Every example by code, in the order of the modules' names."""
    found: dict[str, Example] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        for example in importlib.import_module(f"{__name__}.{module}").EXAMPLES:
            if example.code in found:
                raise ValueError(f"two examples of {example.code}")
            found[example.code] = example
    return found
