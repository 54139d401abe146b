"""Messages and words for a person, in Vietnamese, by key and slots; an office may edit them in its templates.

Room: messages; called by `report` and `cli`. It never decides which sentence is said. The shipped
folder `templates/messages` is the contract: an office's folder must have the same keys, each with the same slots, for
a slot that is left out would silently drop a figure or a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from string import Formatter

import yaml

from etl.errors import TemplateError
from etl.model.cells import FindingLevel
from etl.model.period import format_date, format_period_or_date
from etl.model.reason import Reason
from etl.settings import PROJECT_ROOT

FOLDER_NAME = "messages"
_PERIOD_SLOTS = frozenset({"period", "as_of"})
"""Slots of reasons that hold a period key or ISO date, printed as a reader writes it."""
_SHIPPED = PROJECT_ROOT / "templates" / FOLDER_NAME
_WORD = re.compile(r"\w+")
_Files = tuple[tuple[str, bytes], ...]
"""Name and content of each file of a folder, by name."""


@dataclass(frozen=True)
class Messages:
    """The wording of one folder, checked: texts by key, and the slots that each carries."""

    texts: dict[str, str]
    slots: dict[str, frozenset[str]]

    def format(self, key: str, /, **slots: object) -> str:
        """The text of a key (``group.name``) with its slots filled.

        Raises:
            TemplateError: no such key, or a slot too many or too few.
        """
        if key not in self.texts:
            raise TemplateError(f"message {key!r} is unknown", where=f"templates/{FOLDER_NAME}", fix="add it there")
        _validate_slots(key, slots.keys(), self.slots[key])
        return self.texts[key].format(**slots)

    def adapt_to_level(self, level: str) -> Messages:
        """The same texts as they are said of an area of a level, by the pairs “words → words” of `area_words`."""
        pairs = [line.split(" → ") for line in self.texts.get(f"area_words.{level}", "").splitlines()]
        texts = dict(self.texts)
        for said, meant in pairs:
            texts = {key: text.replace(said, meant) for key, text in texts.items()}
        return replace(self, texts=texts) if pairs else self

    def describe(self, reason: Reason | None) -> str:
        """A reason in words; nothing where there is none."""
        if reason is None:
            return ""
        return self.format(reason.code, **{name: self._format_slot(name, value) for name, value in reason.slots})

    def format_level(self, level: FindingLevel) -> str:
        """A level's sign and word: ``■ Phải sửa``."""
        return f"{level.sign} {self.texts[f'level.{level.value}']}"

    def format_moment(self, moment: datetime, time: str = "%Hh%M") -> str:
        """A point in time, in its own zone: ``14h05 ngày 02/10/2024``; `time` is how the clock is written."""
        return self.format("moment.at", time=moment.strftime(time), date=format_date(moment))

    def explain_abbreviations(self, texts: Iterable[str]) -> str:
        """What the letters in some short names stand for, once each; empty where there are none."""
        used = {word for word in _WORD.findall(" ".join(texts)) if len(word) > 1 and word.isupper()}
        known = self.texts["word.abbreviations"].split("; ")
        parts = [part for part in known if part.split(":")[0] in used]
        return self.format("summary.abbreviations", parts="; ".join(parts)) if parts else ""

    def describe_punctuality(self, late_days: int) -> str:
        """Whether something came in time; lateness in working days."""
        return self.format("punctuality.late", days=late_days) if late_days > 0 else self.texts["punctuality.on_time"]

    def _format_slot(self, name: str, value: str | int | Reason) -> str | int:
        if isinstance(value, Reason):
            return self.describe(value)
        return format_period_or_date(str(value)) if name in _PERIOD_SLOTS else value


def load_messages(templates: Path) -> Messages:
    """The wording in a folder of templates, compared with the shipped one.

    Raises:
        TemplateError: a file is missing or no YAML; a message is missing, unknown or has no text; a slot is unknown
            or unused. Names the file, the message and the slot.
    """
    folder = templates / FOLDER_NAME
    messages = _build_messages(str(folder), _read_folder(folder))
    if folder.resolve() != _SHIPPED:
        _compare_with_shipped(str(folder), messages, _build_messages(str(_SHIPPED), _read_folder(_SHIPPED)))
    return messages


def _read_folder(folder: Path) -> _Files:
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise TemplateError("the messages are missing", where=str(folder), fix="restore them from version control")
    return tuple((path.name, path.read_bytes()) for path in paths)


@lru_cache(maxsize=4)
def _build_messages(folder: str, files: _Files) -> Messages:
    texts: dict[str, str] = {}
    slots: dict[str, frozenset[str]] = {}
    for name, data in files:
        path = f"{folder}/{name}"
        for key, text in _flatten_groups(_parse_messages_yaml(path, data), path).items():
            if key in texts:
                raise TemplateError(f"message {key!r} stands twice", where=path, fix="keep one of them")
            texts[key], slots[key] = text, _parse_slots(text, f"{path}: {key}")
    return Messages(texts, slots)


def _parse_messages_yaml(path: str, data: bytes) -> object:
    try:
        return yaml.load(data.decode("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TemplateError(f"not readable as YAML: {error}", where=path, fix="correct the syntax") from None


def _flatten_groups(data: object, path: str) -> dict[str, str]:
    if not isinstance(data, dict):
        raise TemplateError("expected groups of messages", where=path, fix="compare with the shipped file")
    texts: dict[str, str] = {}
    for group, entries in data.items():
        if not isinstance(entries, dict):
            raise TemplateError(f"group {group!r} has no messages", where=path, fix="indent them below it")
        for name, text in entries.items():
            if not isinstance(text, str) or not text:
                raise TemplateError(
                    f"message '{group}.{name}' has no text", where=path, fix="write words, in quotes if need be"
                )
            texts[f"{group}.{name}"] = text
    return texts


def _parse_slots(text: str, where: str) -> frozenset[str]:
    try:
        parts = [(field, spec, conv) for _, field, spec, conv in Formatter().parse(text) if field is not None]
    except ValueError as error:
        raise TemplateError(f"a brace too many or too few: {error}", where=where, fix="write {slot}") from None
    if any(spec or conv or not field.isidentifier() for field, spec, conv in parts):
        raise TemplateError(
            "a slot carries a format", where=where, fix="write {slot} alone; numbers are already printed"
        )
    return frozenset(field for field, _, _ in parts)


def _compare_with_shipped(folder: str, messages: Messages, shipped: Messages) -> None:
    for key in sorted(shipped.texts.keys() - messages.texts.keys()):
        raise TemplateError(f"message {key!r} is missing", where=folder, fix="restore it; its wording is free")
    for key in sorted(messages.texts.keys() - shipped.texts.keys()):
        raise TemplateError(f"message {key!r} is unknown", where=folder, fix="remove it or correct its name")
    for key, expected in shipped.slots.items():
        _validate_slots(f"{folder}: {key}", messages.slots[key], expected)


def _validate_slots(where: str, present: Iterable[str], expected: frozenset[str]) -> None:
    slots = frozenset(present)
    for slot in sorted(slots - expected):
        allowed = ", ".join(sorted(expected)) or "none"
        raise TemplateError(f"unknown slot {{{slot}}}", where=where, fix=f"slots of this message: {allowed}")
    for slot in sorted(expected - slots):
        raise TemplateError(f"unused slot {{{slot}}}", where=where, fix="put it back into the message")
