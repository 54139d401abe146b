"""Files below a folder as strict models, and the hash of all of them. A mistake names its file and key.

Room: catalogue; also for the readers of rules, contacts and exchange codes. Touches only what it is given.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from etl.errors import CatalogueError

M = TypeVar("M", bound=BaseModel)

_ADDRESS_FILES = frozenset({"contacts.yaml", "reminders.yaml"})  # see contacts.py

_BASE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictYamlLoader(_BASE_LOADER):  # type: ignore[misc]
    """A safe loader that refuses a key written twice, of which YAML would silently keep the last.

    Dates stay text, so that the model, which knows file and key, is the one to refuse a wrong one.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, Any]]]] = {
        letter: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for letter, resolvers in _BASE_LOADER.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if keys.count(key.value) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} stands twice", key.start_mark)
        return dict(super().construct_mapping(node, deep=deep))


def _read_yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictYamlLoader)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise CatalogueError("the file is missing", where=str(path), fix="restore it from version control") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CatalogueError(f"not readable as YAML: {error}", where=str(path), fix="correct the syntax") from None


def _build_model(model: type[M], data: Any, where: str) -> M:
    if not isinstance(data, dict):
        raise CatalogueError(f"expected a mapping of {model.__name__}", where=where, fix="compare with its neighbours")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(whole entry)"
        raise CatalogueError(
            f"{model.__name__}: key {key}: {first['msg']}; found {str(first.get('input'))[:80]!r}",
            where=f"{where}{_describe_entry(data, first['loc'])}",
            fix="correct the key; see etl/catalog/models for what each key takes",
        ) from None


def _describe_entry(data: Any, loc: Iterable[int | str]) -> str:
    """Which entry of a list inside a file a place lies in, by the name it bears: its item, id or code."""
    for part in loc:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            break
        name = next((data[key] for key in ("item", "id", "code") if key in data), "") if isinstance(data, dict) else ""
        if name:
            return f": {name}"
    return ""


def read_list(path: Path, model: type[M], key: str) -> list[M]:
    """The entries of a YAML list as models; `key` names an entry in error messages."""
    data = _read_yaml(path)
    if not isinstance(data, list):
        raise CatalogueError("expected a list", where=str(path), fix="start each entry with '- '")
    names = [entry.get(key, i) if isinstance(entry, dict) else i for i, entry in enumerate(data)]
    return [_build_model(model, entry, f"{path}: {name}") for name, entry in zip(names, data, strict=True)]


def read_entry(path: Path, model: type[M]) -> M:
    """The one entry of a YAML file as a model."""
    return _build_model(model, _read_yaml(path), str(path))


def read_csv(path: Path, model: type[M], split: frozenset[str] = frozenset()) -> list[M]:
    """The rows of a CSV file as models; a column in `split` holds several values with ``|`` between them."""
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            rows = list(reader)
    except FileNotFoundError:
        raise CatalogueError("the file is missing", where=str(path), fix="restore it from version control") from None
    wanted = set(model.model_fields)
    unknown = set(reader.fieldnames or ()) - wanted
    if unknown:
        raise CatalogueError(
            f"unknown column {sorted(unknown)[0]!r}", where=str(path), fix=f"columns are {sorted(wanted)}"
        )
    built = []
    for number, row in enumerate(rows, start=2):
        data: dict[str, Any] = {k: v for k, v in row.items() if v not in (None, "")}
        for key in split & data.keys():
            data[key] = tuple(part.strip() for part in str(data[key]).split("|"))
        built.append(_build_model(model, data, f"{path}:{number}"))
    return built


def build_index(items: list[M], key: str, where: Path) -> dict[str, M]:
    """The items by one of their fields, which must tell them apart."""
    result: dict[str, M] = {}
    for item in items:
        code = str(getattr(item, key))
        if code in result:
            raise CatalogueError(f"{key} {code!r} stands twice", where=str(where), fix="keep one")
        result[code] = item
    return result


def read_folder(folder: Path, model: type[M]) -> dict[str, M]:
    """A model for each YAML file of a folder, by its id, which is the file's name."""
    items = {}
    for path in sorted(folder.glob("*.yaml")):
        item = _build_model(model, _read_yaml(path), str(path))
        if getattr(item, "id", None) != path.stem:
            raise CatalogueError(
                f"id is {getattr(item, 'id', None)!r}", where=str(path), fix=f"the file's name says {path.stem!r}"
            )
        items[path.stem] = item
    return items


def read_optional_entry(path: Path, model: type[M]) -> M | None:
    """The one entry of a file that an office may leave out."""
    return read_entry(path, model) if path.exists() else None


def read_optional_list(path: Path, model: type[M], key: str) -> list[M]:
    """The entries of a list that an office may leave out."""
    return read_list(path, model, key) if path.exists() else []


def compute_tree_hash(root: Path) -> str:
    """A hash over every file of `tree_files`, by path and content."""
    return compute_files_hash(read_tree_files(root))


def read_tree_files(root: Path) -> dict[str, bytes]:
    """Every YAML, CSV, Word, HTML and letter file below a folder on which something printed rests, by its path."""
    paths = sorted(p for p in root.rglob("*") if p.suffix in {".yaml", ".csv", ".docx", ".html", ".txt"})
    return {str(path.relative_to(root)): path.read_bytes() for path in paths if path.name not in _ADDRESS_FILES}


def compute_files_hash(files: Mapping[str, bytes]) -> str:
    """The hash of a folder with these files."""
    digest = hashlib.sha256()
    for path, data in files.items():
        for part in (path.encode(), data):
            digest.update(part)
            digest.update(b"\0")
    return digest.hexdigest()
