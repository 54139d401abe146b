"""Files below a folder as strict models, and the hash of all of them. What is wrong is gathered, each with its line.

Room: catalogue; also for the readers of rules, contacts and exchange codes. Touches only what it is given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from etl.catalog.marked_files import MarkedFile, read_marked_csv, read_marked_yaml
from etl.catalog.model_errors import list_model_mistakes, list_wrong_parts
from etl.catalog.problems import (
    CatalogueProblem,
    Place,
    build_catalogue_error,
    build_problem,
    find_nearest,
    list_nearest,
)

M = TypeVar("M", bound=BaseModel)

_ADDRESS_FILES = frozenset({"contacts.yaml", "reminders.yaml", "centres.csv"})  # see contacts.py, centres.py
_UNPRINTED_FOLDERS = frozenset({"nation"})  # see nation.py
_LISTED = 12
_NAMES = ("item", "id", "code", "day")


class CatalogueReader:
    """Reads files into models, keeps the place of each, and gathers what is wrong instead of stopping at it.

    An entry with a mistake is left out. References to it are no mistakes of their own; so with what an unreadable
    file would have defined. A file of a folder in which something is to be decided waits: it is checked, but nothing
    in it stops a run, which goes on without it.
    """

    def __init__(self) -> None:
        self.problems: list[CatalogueProblem] = []
        self._files: dict[Path, MarkedFile] = {}
        self._places: dict[int, Place] = {}
        self._kept: list[BaseModel] = []
        self._left_out: set[str] = set()
        self._waiting: set[Path] = set()

    def read_list(self, path: Path, model: type[M]) -> list[M]:
        """The entries of a YAML list as models."""
        data = self._read_yaml(path)
        if data is None:
            return []
        if not isinstance(data, list):
            self.report(Place(path), "expected a list", "each entry begins with '- '")
            return []
        built = (self._build_model(model, entry, Place(path, (i,))) for i, entry in enumerate(data))
        return [item for item in built if item is not None]

    def read_entry(self, path: Path, model: type[M]) -> M | None:
        """The one entry of a YAML file as a model."""
        data = self._read_yaml(path)
        return None if data is None else self._build_model(model, data, Place(path))

    def read_optional_entry(self, path: Path, model: type[M]) -> M | None:
        """The one entry of a file that an office may leave out."""
        return self.read_entry(path, model) if path.exists() else None

    def read_optional_list(self, path: Path, model: type[M]) -> list[M]:
        """The entries of a list that an office may leave out."""
        return self.read_list(path, model) if path.exists() else []

    def read_csv(self, path: Path, model: type[M], split: frozenset[str] = frozenset()) -> list[M]:
        """The rows of a CSV file as models; a column in `split` holds several values with ``|`` between them."""
        marked = self._open_file(path, read_marked_csv(path))
        unknown = [c for c in marked.columns if c not in model.model_fields or marked.columns.count(c) > 1]
        for column in unknown:
            self.report(
                Place(path),
                f"unknown column {column!r}" if column not in model.model_fields else f"column {column!r} stands twice",
                f"columns are {sorted(model.model_fields)}",
                value=column,
                nearest=find_nearest(column, model.model_fields.keys() - set(marked.columns)),
            )
        if unknown:
            self._left_out.add(str(path))
            return []
        rows = _Rows(path.parts[-2:], marked, split)
        if (valid := _build_valid_rows(rows, model)) is not None:
            return [self._keep_model(item, Place(path, (i,)), {}) for i, item in enumerate(valid)]
        built = (self._build_model(model, data, Place(path, (i,))) for i, data in enumerate(rows.list_values()))
        return [item for item in built if item is not None]

    def read_tables(self, folder: Path, name: str, model: type[M], split: frozenset[str] = frozenset()) -> list[M]:
        """The rows of the CSV files of one name: the folder's own, then those of the folders in it."""
        return [
            row
            for path in (folder / name, *sorted(folder.glob(f"*/{name}")))
            for row in self.read_csv(path, model, split)
        ]

    def read_folder(self, folder: Path, model: type[M]) -> dict[str, M]:
        """A model for each YAML file of a folder, by its id, which is the file's name."""
        items = {}
        for path in sorted(folder.glob("*.yaml")):
            item = self.read_entry(path, model)
            if item is None:
                self._left_out.add(path.stem)
            elif getattr(item, "id", None) != path.stem:
                self.report(
                    self.find_place(item).at("id"),
                    f"id is {getattr(item, 'id', None)!r}, the file's name says {path.stem!r}",
                    "the id that is the file's name; if the file is a copy, move it away",
                    nearest=path.stem if path.stem.isascii() and " " not in path.stem else "",
                )
                self._left_out |= {path.stem, str(getattr(item, "id", ""))}
            else:
                items[path.stem] = item
                if any(wrong.undecided for wrong in self._files[path].unreadable):
                    self._waiting.add(path)
        return items

    def is_waiting(self, item: BaseModel) -> bool:
        """Whether somebody still has to decide something in the file of a folder that an item was read from."""
        return self.find_place(item).path in self._waiting

    def build_index(self, items: Iterable[M], key: str) -> dict[str, M]:
        """The items by one of their fields, which must tell them apart."""
        result: dict[str, M] = {}
        for item in items:
            code = str(getattr(item, key))
            if code in result:
                self.report(self.find_place(item).at(key), f"{key} {code!r} stands twice", "keep one", value=code)
            result.setdefault(code, item)
        return result

    def find_place(self, item: BaseModel) -> Place:
        """Where a model was read."""
        return self._places[id(item)]

    def report(self, place: Place, what: str, expected: str, *, value: object = "", nearest: str = "") -> None:
        """Notes something wrong at a place."""
        marked = self._files.get(place.path, MarkedFile())
        entry = _name_entry(marked.data, place.keys)
        line = marked.find_line(place.keys)
        self.problems.append(build_problem(place, line, entry, what, expected=expected, value=value, nearest=nearest))

    def report_unknown(self, place: Place, kind: str, code: str, choices: Iterable[str]) -> None:
        """Notes a reference that leads nowhere, unless what it leads to could not be read."""
        known = sorted(choices)
        if code in self._left_out or (not known and self._has_unreadable_files()):
            return
        near = list_nearest(code, known, _LISTED)
        listed = known if len(known) <= _LISTED else near
        more = f"{' … ' if listed else ''}({len(known)} in all)" if len(known) > len(listed) else ""
        expected = f"define it or use one of: {', '.join(listed)}{more}"
        self.report(place, f"unknown {kind} {code!r}", expected, value=code, nearest=near[0] if near else "")

    def raise_problems(self, is_apart: Callable[[CatalogueProblem], bool] = lambda _: False) -> None:
        """Stops where anything is wrong but what is judged apart.

        Raises:
            CatalogueError: the first few problems, each with file, line, key and what was expected.
        """
        stopping = [p for p in self.problems if Path(p.file) not in self._waiting and not is_apart(p)]
        if stopping:
            raise build_catalogue_error(stopping)

    def _has_unreadable_files(self) -> bool:
        return any(not marked.readable for marked in self._files.values())

    def _read_yaml(self, path: Path) -> Any:
        marked = self._open_file(path, read_marked_yaml(path))
        if marked.readable and marked.data is None:
            self.report(Place(path), "the file is empty", "its entries; `[]` where there are none")
        return marked.data

    def _open_file(self, path: Path, marked: MarkedFile) -> MarkedFile:
        self._files[path] = marked
        self._left_out |= marked.lost_values
        for wrong in marked.unreadable:
            self.problems.append(
                CatalogueProblem(
                    str(path),
                    wrong.line,
                    "",
                    "",
                    wrong.value[:80],
                    wrong.what,
                    wrong.expected,
                    wrong.nearest,
                    wrong.undecided,
                )
            )
        return marked

    def _build_model(self, model: type[M], data: Any, place: Place) -> M | None:
        if not isinstance(data, dict):
            self.report(place, f"expected a mapping of {model.__name__}", "compare with its neighbours")
            return None
        try:
            return self._keep_model(model.model_validate(data), place, {})
        except ValidationError as error:
            for mistake in list_model_mistakes(model, error):
                self.report(
                    place.at(*mistake.keys),
                    mistake.what,
                    mistake.expected,
                    value=mistake.value,
                    nearest=mistake.nearest,
                )
            wrong_parts = list_wrong_parts(error)
        return self._build_without_parts(model, data, place, wrong_parts)

    def _build_without_parts(
        self, model: type[M], data: dict[str, Any], place: Place, wrong: dict[str, set[int]]
    ) -> M | None:
        """The entry without the wrong entries of its lists, so that what is wrong in the others is found as well."""
        self._left_out |= {str(data[name]) for name in _NAMES if name in data} if not wrong else set()
        reduced = dict(data)
        for key, positions in wrong.items():
            reduced[key] = [part for i, part in enumerate(data[key]) if i not in positions]
            parts = (data[key][i] for i in positions)
            self._left_out |= {str(part[n]) for part in parts if isinstance(part, dict) for n in _NAMES if n in part}
        try:
            return self._keep_model(model.model_validate(reduced), place, wrong) if wrong else None
        except ValidationError:
            return None

    def _keep_model(self, item: M, place: Place, without: Mapping[str, set[int]]) -> M:
        """Notes the place of a model and of the models in its lists; `without` are positions that were left out."""
        self._kept.append(item)
        self._places[id(item)] = place
        for key, value in item.__dict__.items():  # a third of what pydantic's own way costs, for each of 25,000 rows
            if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
                wrong = without.get(key, set())
                positions = (i for i in range(len(value) + len(wrong)) if i not in wrong)
                for position, part in zip(positions, value, strict=True):
                    self._keep_model(part, place.at(key, position), {})
        return item


@dataclass(frozen=True)
class _Rows:
    """A CSV file's rows, as what is made of them is kept by: the file, as text that is kept, and its name and folder.

    Files of one reader never share models, for a reader knows by the model where it stands.
    """

    name: tuple[str, ...]
    marked: MarkedFile
    split: frozenset[str]

    def list_values(self) -> Iterator[dict[str, Any]]:
        """Each row's values; a column that is split as a tuple."""
        for row in self.marked.data or ():
            yield {k: tuple(p.strip() for p in v.split("|")) if k in self.split else v for k, v in row.items()}


@lru_cache(maxsize=32)
def _build_valid_rows(rows: _Rows, model: type[M]) -> tuple[M, ...] | None:
    """The rows as models; None where one has a mistake."""
    try:
        return tuple(model.model_validate(values) for values in rows.list_values())
    except ValidationError:
        return None


def _name_entry(data: Any, keys: Iterable[int | str]) -> str:
    """Which entry of a list inside a file a place lies in, by the name it bears: its item, id or code."""
    for part in keys:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            break
        name = next((data[key] for key in _NAMES if key in data), "") if isinstance(data, dict) else ""
        if name:
            return f"item {name}" if "item" in data else str(name)
    return ""


def read_list(path: Path, model: type[M]) -> list[M]:
    """The entries of a YAML list as models.

    Raises:
        CatalogueError: the first few mistakes.
    """
    reader = CatalogueReader()
    items = reader.read_list(path, model)
    reader.raise_problems()
    return items


def compute_tree_hash(root: Path) -> str:
    """A hash over every file of `tree_files`, by path and content."""
    return compute_files_hash(read_tree_files(root))


def read_tree_files(root: Path) -> dict[str, bytes]:
    """Every YAML, CSV, Word, HTML and letter file below a folder on which something printed rests, by its path."""
    paths = sorted(p for p in root.rglob("*") if p.suffix in {".yaml", ".csv", ".docx", ".html", ".txt"})
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in paths
        if path.name not in _ADDRESS_FILES and path.parent.name not in _UNPRINTED_FOLDERS
    }


def compute_files_hash(files: Mapping[str, bytes]) -> str:
    """The hash of a folder with these files."""
    digest = hashlib.sha256()
    for path, data in files.items():
        for part in (path.encode(), data):
            digest.update(part)
            digest.update(b"\0")
    return digest.hexdigest()
