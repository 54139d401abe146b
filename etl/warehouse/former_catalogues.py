"""Catalogues as earlier releases wrote them, brought to what this release reads: what codes said then, fields say now.

Room: warehouse. Called by `snapshots_of_files` alone, for what was kept. Nothing kept is changed, nothing is guessed:
each step is the rule by which the releases before it read their own catalogues. What has no such rule is left as it is,
and the loader refuses it with its place.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import yaml

_ELEMENTS, _INDICATORS = "data_elements.csv", "indicators.yaml"
_RECOGNISED = "_recognised"
_EMPTY_BEFORE = {"inheritance.yaml": b"[]\n"}
"""Files that earlier releases did not have, and what they then did not say."""


def upgrade_former_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a catalogue in the form of this release; the very same ones where they are in it already."""
    upgraded = _EMPTY_BEFORE | dict(files)
    table = csv.DictReader(io.StringIO(files.get(_ELEMENTS, b"").decode()))
    rows, columns = list(table), list(table.fieldnames or ())
    if rows and "measure" not in columns:
        upgraded[_ELEMENTS] = _write_elements_with_measure(rows, [*columns, "measure"])
        codes = [row["code"] for row in rows if row["code"].endswith(_RECOGNISED)]
        upgraded[_INDICATORS] = _write_recognised_indicators(files.get(_INDICATORS, b""), codes)
    return upgraded


def _write_elements_with_measure(rows: list[dict[str, str]], columns: list[str]) -> bytes:
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row | {"measure": _name_former_measure(row["code"])} for row in rows)
    return target.getvalue().encode()


def _name_former_measure(code: str) -> str:
    """What a data element counted, by the end of its code; empty: things, people or events."""
    if code == "pop_total":
        return "population"
    return "mass" if code.endswith("_kg") else "money" if code.endswith("_mvnd") else ""


def _write_recognised_indicators(data: bytes, codes: list[str]) -> bytes:
    """The indicators with what recognises them: ``malaria_recognised`` spoke of all that begin with ``malaria_``."""
    indicators: list[dict[str, Any]] = yaml.safe_load(data) or []
    for indicator in indicators:
        for code in codes:
            if str(indicator.get("code", "")).startswith(code.removesuffix(_RECOGNISED) + "_"):
                indicator["recognised_by"] = code
    return yaml.safe_dump(indicators, allow_unicode=True, sort_keys=False).encode()
