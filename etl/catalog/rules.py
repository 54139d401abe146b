"""The rules of `expectations/` as strict models: what each finding code means and how it is looked for.

Room: catalogue. The reader takes codes from here, the checker evaluates them; messages are Vietnamese and
carry named slots in braces.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from etl.catalog.catalogue_files import compute_tree_hash, read_list
from etl.catalog.models import StrictModel, Text
from etl.errors import CatalogueError
from etl.model import Finding, FindingLevel, compute_compared_digest

FrameName = Literal[
    "reader",
    "files",
    "cells",
    "relations",
    "year",
    "time",
    "beside",
    "population",
    "quality",
    "cause",
    "outside",
    "alike",
    "rows",
    "people",
]
WITHOUT_EXPECTATION = frozenset({"reader", "cause"})
"""Found by the reader, or made of several findings that have one cause: nothing is left to evaluate."""
_COMMON = {"value", "sheet", "cell", "unit", "unit_name", "file", "limit", "limit_pct"}
_SLOTS: dict[str, set[str]] = {
    "reader": _COMMON | {"expected", "found", "detail", "limit", "element", "row_name", "unit_of_measure"},
    "files": _COMMON | {"folder", "folder_name", "form", "form_title", "version", "expected", "period"},
    "cells": _COMMON | {"element", "row_name", "low", "high", "unit_of_measure"},
    "relations": _COMMON | {"row_name", "smaller", "larger", "smaller_value", "larger_value", "parts", "parts_value"},
    "year": _COMMON | {"element", "row_name", "year_value", "quarters_value", "year", "period"},
    "time": _COMMON | {"element", "row_name", "usual", "since", "measure"},
    "beside": _COMMON | {"element", "usual", "since", "measure", "whole", "ratio"},
    "population": _COMMON | {"official", "source", "share"},
    "quality": _COMMON | {"present", "expected", "share", "detail", "due", "received", "on_time"},
    "outside": _COMMON | {"element", "row_name", "detail"},
    "alike": _COMMON | {"element", "other"},
    "rows": _COMMON | {"row_name", "detail", "since"},
    "people": _COMMON | {"element", "most", "official", "source", "year"},
    "cause": _COMMON | {"element", "row_name", "count", "detail"},
}

_COMPARED = {
    "expected", "found", "detail", "smaller_value", "larger_value", "parts_value", "usual", "official", "year_value",
    "quarters_value", "count", "most", "other", "since",
}  # fmt: skip
"""Slots that a value is compared with, beside the value itself."""


class Rule(StrictModel):
    """One rule. `expectation` and `kwargs` are Great Expectations' own words, over the named frame.

    `threshold` names the entry of `catalog/quality.yaml` that the message prints as {limit} or {limit_pct}.
    """

    code: Text
    title: Text
    level: FindingLevel
    frame: FrameName
    owner: Text
    expectation: str = ""
    kwargs: dict[str, Any] = Field(default_factory=dict)
    threshold: str = ""
    message: Text
    hint: Text
    is_answered: bool = True
    """False: recorded for the office; the sender, who can do nothing about it, is not told."""


class ViewRule(StrictModel):
    """What must hold of the warehouse's views. `title` is for documents, in Vietnamese; the rest for an error."""

    code: Text
    title: Text
    frame: Literal["status", "submissions", "cells", "totals"]
    expectation: Text
    kwargs: dict[str, Any]
    problem: Text
    fix: Text


@dataclass(frozen=True)
class Rules:
    """All rules by code, in file order. `sha256` changes with any of them."""

    by_code: dict[str, Rule]
    sha256: str

    def select_answered(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings that a sender is told; those of a code that no rule has any more are."""
        rules = ((self.by_code.get(finding.code), finding) for finding in findings)
        return tuple(finding for rule, finding in rules if rule is None or rule.is_answered)

    def build_finding(self, code: str, *, slots: dict[str, str], **place: str) -> Finding:
        """The finding of a code at a place, its message filled from `slots`.

        Raises:
            CatalogueError: no rule has that code.
        """
        rule = self.by_code.get(code)
        if rule is None:
            raise CatalogueError(f"no rule has the code {code!r}", where="expectations/", fix="add it")
        words = {
            "value": place.get("value", ""),
            "sheet": place.get("sheet", ""),
            "cell": place.get("cell", ""),
        } | slots
        made = Finding(code, rule.level, _fill_message(rule.message, words), _fill_message(rule.hint, words))
        compared = compute_compared_digest(_list_compared_values(rule, words))
        return replace(made, compared=compared, **place)  # type: ignore[arg-type]  # every place is a text field


def _list_compared_values(rule: Rule, words: Mapping[str, str]) -> Iterator[str]:
    """The values that a message to confirm prints beside the one of its cell."""
    if rule.level is FindingLevel.CONFIRM:
        names = (name for _, name, _, _ in string.Formatter().parse(rule.message))
        yield from (words.get(name, "") for name in names if name in _COMPARED)


class _BlankSlots(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def _fill_message(template: str, words: dict[str, str]) -> str:
    return string.Formatter().vformat(template, (), _BlankSlots(words))


def load_rules(root: Path) -> Rules:
    """The rules below a folder, read once per content.

    Raises:
        CatalogueError: file, key, and what was expected.
    """
    if not root.is_dir():
        raise CatalogueError(
            "the expectations folder is missing", where=str(root), fix="set TONGKET_HOME to the project"
        )
    return _load_hashed_rules(root, compute_tree_hash(root))


def load_view_rules(root: Path) -> tuple[ViewRule, ...]:
    """The rules over the warehouse's views, of the folder `warehouse` below the rules'.

    Raises:
        CatalogueError: file, key, and what was expected.
    """
    return tuple(rule for path in sorted(root.glob("warehouse/*.yaml")) for rule in read_list(path, ViewRule))


@lru_cache(maxsize=4)
def _load_hashed_rules(root: Path, sha256: str) -> Rules:
    rules_by_code: dict[str, Rule] = {}
    for path in sorted(root.glob("*.yaml")):
        for rule in read_list(path, Rule):
            where = f"{path}: {rule.code}"
            if rule.code in rules_by_code:
                raise CatalogueError(f"code {rule.code!r} stands twice", where=where, fix="give each rule its own code")
            if (rule.frame in WITHOUT_EXPECTATION) == bool(rule.expectation):
                raise CatalogueError(
                    "a rule of the reader, or of one cause, has no expectation; every other rule has one",
                    where=where,
                    fix="see its neighbours",
                )
            _validate_rule_slots(rule, where)
            rules_by_code[rule.code] = rule
    return Rules(rules_by_code, sha256)


def _validate_rule_slots(rule: Rule, where: str) -> None:
    for text in (rule.message, rule.hint):
        for _, name, _, _ in string.Formatter().parse(text):
            if name is not None and name not in _SLOTS[rule.frame]:
                raise CatalogueError(f"unknown slot {{{name}}}", where=where, fix=f"use {sorted(_SLOTS[rule.frame])}")
