"""YAML and CSV files as data that remembers its lines, and what in them cannot be read at all.

Room: catalogue. Read as people's programs save them: with or without a byte order mark, with either line end, CSV with
commas, semicolons or tabs between its values. Anything else is refused with its line.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import yaml

from etl.catalog.problems import Keys

_BASE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_COMMENT = re.compile(r" # *(.*)")
_KEPT_TEXTS = 64  # a catalogue's files: of a folder that is read again, mostly one has changed
UNDECIDED_TAG = "!to-decide"
"""Stands before a value that a command proposed and a person has not decided: ``operator: !to-decide ">="``."""


@dataclass(frozen=True)
class Unreadable:
    """Why a file, or a place in it, cannot be read. `line` counts from 1; None is the whole file."""

    line: int | None
    what: str
    expected: str
    value: str = ""
    nearest: str = ""
    undecided: bool = False


@dataclass(eq=False)
class MarkedFile:
    """A file's data, the lines of its places, and what is wrong before any model sees it.

    `readable`: whether there is data at all. A YAML file keeps its node, a CSV file the line that each row begins on.
    `lost_values` stand in rows that could not be read: a reference to one of them is no mistake of its own.
    """

    data: Any = None
    readable: bool = True
    unreadable: list[Unreadable] = field(default_factory=list)
    node: Any = None
    row_lines: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    lost_values: set[str] = field(default_factory=set)

    def find_line(self, keys: Keys) -> int | None:
        """The line of a place, or of the nearest place around it; None where the file has no such entry."""
        if self.columns:
            return self.row_lines[keys[0]] if keys and isinstance(keys[0], int) else 1
        if self.node is None:
            return None
        node, line = self.node, self.node.start_mark.line
        for key in keys:
            step = _find_child(node, key)
            if step is None:
                break
            node, line = step
        return int(line) + 1


class _StrictYamlLoader(_BASE_LOADER):  # type: ignore[misc]
    """A safe loader that notes a key written twice, of which YAML would silently keep the last.

    Dates stay text, so that the model, which knows file and key, is the one to refuse a wrong one. So with yes, no, on
    and off, which were never meant where a number or a name is wanted.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, Any]]]] = {
        letter: [(tag, pattern) for tag, pattern in resolvers if tag not in {f"{_TAG}timestamp", f"{_TAG}bool"}]
        for letter, resolvers in _BASE_LOADER.yaml_implicit_resolvers.items()
    }

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lines = text.splitlines()
        self.unreadable: list[Unreadable] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        before: tuple[str, Any] | None = None
        for key, value in list(node.value):
            line = key.start_mark.line + 1
            if key.value in seen:
                self.unreadable.append(
                    Unreadable(line, f"key {key.value!r} stands twice", "keep one of the two", str(key.value))
                )
            elif before and key.tag == f"{_TAG}int" and value.tag == f"{_TAG}null" and not value.value:
                name, number = before[0], before[1].value
                self.unreadable.append(
                    Unreadable(
                        line,
                        f"key {name}: {number},{key.value} is read as {number} and another key",
                        "a number with a decimal point",
                        f"{number},{key.value}",
                        f"{number}.{key.value}",
                    )
                )
                node.value.remove((key, value))
                before[1].tag, before[1].value = f"{_TAG}float", f"{number}.{key.value}"
            if isinstance(key.value, str):
                seen.add(key.value)
            before = (key.value, value) if value.tag == f"{_TAG}int" else None
        return dict(super().construct_mapping(node, deep=deep))

    def construct_undecided(self, node: yaml.ScalarNode) -> Any:
        """The proposed value as it would be without the tag, and a note that nobody has decided on it."""
        end = node.end_mark
        told = _COMMENT.search("".join(self.lines[end.line : end.line + 1])[end.column :])
        proposal = f": {node.value!r} is a proposal" if node.value not in {"", "null"} else ""
        self.unreadable.append(
            Unreadable(
                node.start_mark.line + 1,
                f"to decide{proposal}{f' ({told[1]})' if told else ''}",
                f"the value that holds, without {UNDECIDED_TAG}",
                node.value,
                undecided=True,
            )
        )
        plain = yaml.ScalarNode(self.resolve(yaml.ScalarNode, node.value, (not node.style, False)), node.value)
        return self.construct_object(plain, deep=True)


_StrictYamlLoader.add_implicit_resolver(f"{_TAG}bool", re.compile("true|false"), ["t", "f"])
_StrictYamlLoader.add_constructor(UNDECIDED_TAG, _StrictYamlLoader.construct_undecided)


def _find_child(node: Any, key: str | int) -> tuple[Any, int] | None:
    """The node under a key or position, and the line it is written on."""
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key].start_mark.line
    if isinstance(node, yaml.MappingNode):
        return next(((value, name.start_mark.line) for name, value in node.value if name.value == str(key)), None)
    return None


def read_marked_yaml(path: Path) -> MarkedFile:
    """A YAML file with the lines of its keys. Nobody changes what is given: it is kept."""
    text = _decode_file(path)
    return MarkedFile(readable=False, unreadable=[text]) if isinstance(text, Unreadable) else _parse_yaml(text)


@lru_cache(maxsize=_KEPT_TEXTS)
def _parse_yaml(text: str) -> MarkedFile:
    loader = None
    try:
        loader = _StrictYamlLoader(text)
        node = loader.get_single_node()
        data = None if node is None else loader.construct_document(node)
        return MarkedFile(data, node=node, unreadable=sorted(loader.unreadable, key=lambda wrong: wrong.line or 0))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        words = ", ".join(
            str(part) for part in (getattr(error, "context", None), getattr(error, "problem", error)) if part
        )
        line = (text.splitlines()[mark.line : mark.line + 1] or [""])[0] if mark else ""
        expected = "correct the indentation, brackets or quotes of this or the line before"
        if "\t" in line:
            expected = "spaces instead of tabs"
        elif mark and "cannot start any token" in words:
            expected = f"quotes around the value that begins with {line[mark.column]!r}"
        wrong = Unreadable(mark.line + 1 if mark else None, f"not readable as YAML: {words}", expected)
        return MarkedFile(readable=False, unreadable=[*(loader.unreadable if loader else ()), wrong])


def read_marked_csv(path: Path) -> MarkedFile:
    """A CSV file as one dictionary a row, empty values left out, with the line each row begins on. It is kept too."""
    text = _decode_file(path)
    return MarkedFile(readable=False, unreadable=[text]) if isinstance(text, Unreadable) else _parse_csv(text)


@lru_cache(maxsize=_KEPT_TEXTS)
def _parse_csv(text: str) -> MarkedFile:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    result, rows, lines, begins = MarkedFile(), [], [], 1
    try:
        result.columns = tuple(next(reader, []))
        begins = reader.line_num + 1
        for values in reader:
            if values and len(values) != len(result.columns):
                result.unreadable.append(_describe_misfit_row(begins, values, result.columns, delimiter))
                result.lost_values.update(values)
            elif values:
                rows.append({k: v for k, v in zip(result.columns, values, strict=True) if v != ""})
                lines.append(begins)
            begins = reader.line_num + 1
    except csv.Error as error:
        result.unreadable.append(
            Unreadable(begins, f"not readable as CSV: {error}", "a quote at both ends of the value, doubled inside it")
        )
    result.data, result.row_lines = rows, tuple(lines)
    return result


def _describe_misfit_row(line: int, values: list[str], columns: tuple[str, ...], delimiter: str) -> Unreadable:
    comma = next((f"{a},{b}" for a, b in pairwise(values) if a.isdigit() and b.isdigit()), "")
    return Unreadable(
        line,
        f"the row has {len(values)} values, the header {len(columns)} columns",
        f"a value with {delimiter!r} in it in quotes, a number with a decimal point",
        comma or delimiter.join(values),
        comma.replace(",", ".") if len(values) > len(columns) else "",
    )


def _decode_file(path: Path) -> str | Unreadable:
    """The text of a file in UTF-8, or why there is none."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Unreadable(None, "the file is missing", "restore it from version control")
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return Unreadable(1, "the file is saved as UTF-16", "save it as UTF-8")
    try:
        return unicodedata.normalize("NFC", data.decode("utf-8-sig"))  # marks apart, as some machines save them
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return Unreadable(line, f"not UTF-8: byte {data[error.start]:#04x}", "save the file as UTF-8")
