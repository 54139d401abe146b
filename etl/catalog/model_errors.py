"""What a model refuses, in words for who writes the file: the key, what was expected, the nearest spelling.

Room: catalogue. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from etl.catalog.problems import Keys, find_nearest

_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


@dataclass(frozen=True)
class ModelMistake:
    """One thing that a model refuses, below the entry it was given."""

    keys: Keys
    what: str
    expected: str
    value: str = ""
    nearest: str = ""


def list_model_mistakes(model: type[BaseModel], error: ValidationError) -> Iterator[ModelMistake]:
    """What a model refuses, in its order. A key left out is not named where another looks like its misspelling."""
    details = error.errors(include_url=False)
    misspelled = {}
    for detail in details:
        if detail["type"] == "extra_forbidden":
            *parent, name = detail["loc"]
            fields = _list_fields(model, parent)
            misspelled[(*parent, find_nearest(str(name), fields))] = fields
            near = find_nearest(str(name), fields)
            expected = f"one of the keys {', '.join(sorted(fields))}"
            yield ModelMistake(
                detail["loc"], f"{_name_key(detail['loc'])}: unknown key {str(name)!r}", expected, str(name), near
            )
    for detail in details:
        keys = detail["loc"]
        if detail["type"] == "extra_forbidden" or (detail["type"] == "missing" and keys in misspelled):
            continue
        yield _describe_detail(keys, detail)


def list_wrong_parts(error: ValidationError) -> dict[str, set[int]]:
    """The positions of the wrong entries of an entry's own lists, by the list's key; empty where more is wrong."""
    parts: dict[str, set[int]] = {}
    for detail in error.errors(include_url=False):
        keys = detail["loc"]
        if len(keys) < 2 or not isinstance(keys[0], str) or not isinstance(keys[1], int):
            return {}
        parts.setdefault(keys[0], set()).add(keys[1])
    return parts


def _describe_detail(keys: Keys, detail: Mapping[str, Any]) -> ModelMistake:
    message, value = str(detail["msg"]).removeprefix("Value error, "), detail.get("input")
    shown = "" if isinstance(value, Mapping | Sequence) and not isinstance(value, str) else str(value)
    expected, nearest = "see the model of this entry in etl/catalog/models", ""
    match detail["type"]:
        case "missing":
            expected = f"the key {keys[-1]}"
        case "literal_error" | "enum":
            choices = re.findall(r"'([^']*)'", str(detail["ctx"]["expected"]))
            expected, nearest = f"one of: {', '.join(choices)}", find_nearest(shown, choices)
        case "date_from_datetime_parsing" | "date_parsing" | "date_type":
            expected, nearest = "a day as year-month-day, 2025-02-28", _turn_date(shown)
        case "decimal_parsing" | "decimal_type" | "int_parsing" | "int_type" | "float_parsing":
            expected = "a number, its decimals after a point, without separators of thousands"
            nearest = shown.replace(",", ".") if _DECIMAL_COMMA.fullmatch(shown) else ""
        case "string_type" if isinstance(value, int | float):
            expected, nearest = "a text: put it in quotes", f'"{value}"'
        case "value_error" | "string_pattern_mismatch":
            expected = "a value for which this holds; catalog/README.md says what each key takes"
    found = f"; found {shown!r}" if shown else ""
    return ModelMistake(keys, f"{_name_key(keys)}: {message}{found}", expected, shown, nearest)


def _name_key(keys: Keys) -> str:
    return f"key {'.'.join(str(part) for part in keys)}" if keys else "the whole entry"


def _turn_date(text: str) -> str:
    """A day written as in Vietnamese documents, 28/02/2025, as the catalogue writes it."""
    match = _DAY_FIRST.fullmatch(text)
    return f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}" if match else ""


def _list_fields(model: type[BaseModel], keys: Iterable[str | int]) -> list[str]:
    """The keys that the model at a place below another takes."""
    current: type[BaseModel] | None = model
    for key in keys:
        if isinstance(key, int) or current is None:
            continue
        info = current.model_fields.get(key)
        current = _find_model(info.annotation) if info else None
    return list(current.model_fields) if current else []


def _find_model(annotation: Any) -> type[BaseModel] | None:
    """The model somewhere in a type such as ``tuple[Target, ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _find_model(part))), None)
