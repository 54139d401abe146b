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

_DAY_FIRST = re.compile(r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})")
_YEAR_FIRST = re.compile(r"(?P<y>\d{4})[/.-](?P<m>\d{1,2})[/.-](?P<d>\d{1,2})")
_NUMBER_WITH_SIGNS = re.compile(r"([+-]?\d+)(?:[.,](\d+))?\s*%?")
_QUOTED = re.compile(r"'([^']+)'")
_QUARTER = re.compile(r"q[^\W\d]* ?([1-4])", re.IGNORECASE)
_SIGNS = str.maketrans({"≥": ">=", "≤": "<=", "＞": ">", "＜": "<", "＝": "="})
_FITTING = "a value for which this holds; catalog/README.md says what each key takes"
_SHAPES = {
    "tuple_type": ("a list is wanted here", "[one, another], or a line with '- ' for each; [] for none"),
    "model_type": ("keys and values are wanted here", "{key: value}, or a line for each key, further in"),
    "dict_type": ("keys and values are wanted here", "{key: value}, or a line for each key, further in"),
}
_PATTERNS = {  # what a text must be like, in words
    "@": "an address such as ten@tinh.gov.vn, or nothing",
    "a-z0-9]+": "a short name of small letters, digits and single hyphens",
    "A-Za-z0-9]": "a code of letters without marks, digits, '.', '_' and '-', without spaces or quotes inside",
}


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
    places = [detail["loc"] for detail in details]
    for detail in details:
        keys = detail["loc"]
        if detail["type"] == "too_short" and any(place[: len(keys)] == keys != place for place in places):
            continue  # what is wrong in the list has been left out of it
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
    shown = "" if isinstance(value, Mapping | Sequence | None) and not isinstance(value, str) else str(value)
    if detail["type"] == "value_error":
        keys, message = _find_named_key(keys, message, value)
        message, _, told = message.partition("; ")
        expected, nearest = told or _FITTING, _spell_period(message)
    elif detail["type"] == "missing":
        expected, nearest = f"the key {keys[-1]}", ""
    elif detail["type"] in _SHAPES:
        message, expected = _SHAPES[detail["type"]]
        nearest = ""
    else:
        message, expected, nearest = _describe_scalar(detail, message, shown)
    found = f"; found {shown!r}" if shown else ""
    return ModelMistake(keys, f"{_name_key(keys)}: {message}{found}", expected, shown, nearest)


def _describe_scalar(detail: Mapping[str, Any], message: str, shown: str) -> tuple[str, str, str]:
    """What is wrong with a single value, what was expected and the nearest spelling."""
    match detail["type"]:
        case "literal_error" | "enum":
            choices = _QUOTED.findall(str(detail["ctx"]["expected"]))
            return message, f"one of: {', '.join(choices)}", find_nearest(shown.translate(_SIGNS), choices)
        case "date_from_datetime_parsing" | "date_parsing" | "date_type":
            return message, "a day as year-month-day, 2025-02-28", spell_day(shown)
        case "decimal_parsing" | "decimal_type" | "int_parsing" | "int_type" | "float_parsing":
            number = _NUMBER_WITH_SIGNS.fullmatch(shown)
            nearest = ".".join(part for part in number.groups() if part) if number else ""
            return message, "a number, its decimals after a point, without separators of thousands", nearest
        case "string_type" if shown:
            return message, "a text: put it in quotes", f'"{shown}"'
        case "string_pattern_mismatch":
            pattern = str(detail["ctx"]["pattern"])
            nearest = re.sub(r"[^A-Za-z0-9._-]", "", shown) if pattern.startswith("^[A-Za-z0-9][") else ""
            expected = next((words for part, words in _PATTERNS.items() if part in pattern), f"a text like {pattern}")
            return "not written as it must be", expected, nearest
    return message, _FITTING, ""


def _find_named_key(keys: Keys, message: str, value: object) -> tuple[Keys, str]:
    """The key that a rule over several keys is about: it begins with its name, or with the value that stands there."""
    if not isinstance(value, Mapping):
        return keys, message
    name, _, rest = message.partition(": ")
    if name in value:
        return (*keys, name), rest
    quoted = _QUOTED.match(message)
    at = [key for key, text in value.items() if quoted and str(text) == quoted[1]]
    return ((*keys, at[0]) if len(at) == 1 else keys), message


def _spell_period(message: str) -> str:
    """The key of a quarter that is written in another way, of which a message says that it is no period."""
    quoted = _QUOTED.match(message)
    year, quarter = re.search(r"20\d\d", message), _QUARTER.search(message)
    return f"{year[0]}Q{quarter[1]}" if quoted and "is not a period" in message and year and quarter else ""


def _name_key(keys: Keys) -> str:
    return f"key {'.'.join(str(part) for part in keys)}" if keys else "the whole entry"


def spell_day(text: str) -> str:
    """A day written as in Vietnamese documents, 28/02/2025, or without zeros, as the catalogue writes it."""
    match = _DAY_FIRST.fullmatch(text) or _YEAR_FIRST.fullmatch(text)
    spelled = f"{match['y']}-{int(match['m']):02}-{int(match['d']):02}" if match else ""
    return spelled if spelled != text else ""


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
