"""Counts how the names of functions, modules and files follow `docs/naming.md`.

`python -m tests.house.names` prints the figures; `test_names` holds them. What a framework names for us does not
count: dunder methods, properties, pytest fixtures, validators of pydantic, commands of typer, tasks and DAGs of Airflow.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("etl", "dags", "plugins", "ops", "simulation")
ALIAS_FOLDERS = (*FOLDERS, "benchmarks", "tests")
VERBS = frozenset(
    (Path(__file__).parent / "verbs.txt").read_text(encoding="utf-8").split()
)  # fmt: skip
_FRAMEWORK = {"property", "cached_property", "fixture", "field_validator", "model_validator", "command", "callback"}
_FRAMEWORK |= {"task", "task_group", "dag", "setter", "overload"}


@dataclass(frozen=True)
class Function:
    """A function as it is defined. `is_module_level`: neither a method nor nested in another function."""

    path: str
    line: int
    name: str
    is_module_level: bool

    @property
    def words(self) -> list[str]:
        """The words of the name, without the underscore of what is private."""
        return [word for word in self.name.split("_") if word]


def list_functions(root: Path = ROOT) -> list[Function]:
    """Every function of the product and its tools whose name people here chose."""
    return [
        Function(path.relative_to(root).as_posix(), node.lineno, node.name, is_module_level)
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
        for node, is_module_level in _walk_functions(ast.parse(path.read_text(encoding="utf-8")))
        if not (node.name.startswith("__") or _is_named_by_a_framework(node))
    ]


def _walk_functions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, bool]]:
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, id(node) in top


def _is_named_by_a_framework(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    for decorator in node.decorator_list:
        bare = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = bare.attr if isinstance(bare, ast.Attribute) else getattr(bare, "id", "")
        if name in _FRAMEWORK:
            return True
    return False


def find_one_word_names(functions: list[Function]) -> list[Function]:
    """Functions whose name is a single word."""
    return [function for function in functions if len(function.words) < 2]


def find_names_without_verb(functions: list[Function]) -> list[Function]:
    """Functions whose name does not begin with a verb."""
    return [function for function in functions if function.words and function.words[0] not in VERBS]


def find_shared_names(functions: list[Function]) -> dict[str, list[str]]:
    """Module-level names that stand in three or more modules, with these."""
    modules: dict[str, set[str]] = defaultdict(set)
    for function in functions:
        if function.is_module_level:
            modules[function.name].add(function.path)
    return {name: sorted(paths) for name, paths in modules.items() if len(paths) > 2}


def find_shared_files(root: Path = ROOT) -> dict[str, list[str]]:
    """File names that stand more than once inside `etl/`."""
    paths: dict[str, list[str]] = defaultdict(list)
    for path in sorted((root / "etl").rglob("*.py")):
        if path.stem not in {"__init__", "__main__", "models"}:
            paths[path.name].append(path.relative_to(root).as_posix())
    return {name: found for name, found in paths.items() if len(found) > 1}


def find_short_aliases(root: Path = ROOT) -> list[str]:
    """Where a module of this project goes by a name of one to three letters (`models as m`): file, line, alias.

    The names that everybody gives a library (`np`, `pd`, `dt`) are no part of it.
    """
    return [
        f"{path.relative_to(root).as_posix()}:{node.lineno} {name.name} as {name.asname}"
        for folder in ALIAS_FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
        if name.asname and len(name.asname) < 4 and _is_of_project(node, name.name)
    ]


def _is_of_project(node: ast.Import | ast.ImportFrom, name: str) -> bool:
    imported = name if isinstance(node, ast.Import) else node.module or ""
    return (isinstance(node, ast.ImportFrom) and node.level > 0) or imported.split(".")[0] in ALIAS_FOLDERS


def count_shares(root: Path = ROOT) -> dict[str, float]:
    """The figures that `make check` holds. Units: shares of 1, but for `shared_files`, a count."""
    functions = list_functions(root)
    module_level = {function.name for function in functions if function.is_module_level}
    return {
        "functions": len(functions),
        "one_word": len(find_one_word_names(functions)) / len(functions),
        "verb_led": 1 - len(find_names_without_verb(functions)) / len(functions),
        "shared": len(find_shared_names(functions)) / len(module_level),
        "shared_files": len(find_shared_files(root)),
    }


if __name__ == "__main__":
    where = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    for key, value in count_shares(where).items():
        print(f"{key:>14} {value:.3f}" if isinstance(value, float) else f"{key:>14} {value}")
    everything = list_functions(where)
    for title, functions in (
        ("one word", find_one_word_names(everything)),
        ("no verb", find_names_without_verb(everything)),
    ):
        print(f"\n{title}:", *(f"{f.path}:{f.line} {f.name}" for f in functions), sep="\n  ")
    print("\nshared:", find_shared_names(everything), find_shared_files(where))
