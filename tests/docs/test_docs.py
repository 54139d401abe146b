from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from typer.main import get_command

from etl.catalog.marked_files import read_marked_yaml
from etl.cli.commands import app
from tests.docs.catalogue_schemas import build_schema_comments, build_schemas
from tests.docs.render import ROOT, facts_schema, findings
from tests.docs.rooms import PICTURE, draw_rooms

READABLE = [
    p for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")) if "var" not in p.parts
]


def commands() -> set[str]:
    found = set()
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found |= {f"{name} {sub}" for sub in inner} if inner else {name}
    return found


def test_findings_are_written_from_the_rules() -> None:
    assert (ROOT / "docs" / "findings.md").read_text(encoding="utf-8") == findings(), "run python -m tests.docs.render"


def test_the_schema_of_the_facts_is_written_from_their_types() -> None:
    written = (ROOT / "docs" / "facts.schema.json").read_text(encoding="utf-8")
    assert written == facts_schema(), "run python -m tests.docs.render"


def test_the_schemas_of_the_catalogue_are_written_from_its_models() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "schemas").glob("*.json")}
    assert written == build_schemas(), "run python -m tests.docs.render"


def test_every_yaml_file_of_the_catalogue_names_its_schema() -> None:
    comments = build_schema_comments(ROOT)
    assert set(comments) == set((ROOT / "catalog").rglob("*.yaml"))
    for path, comment in comments.items():
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first + "\n" == comment, f"{path}: run python -m tests.docs.render"
        assert (path.parent / first.partition("$schema=")[2]).is_file()


def test_the_shipped_files_are_valid_by_their_schemas() -> None:
    """What the product accepts, an editor must not mark."""
    for path, comment in build_schema_comments(ROOT).items():
        schema = json.loads((path.parent / comment.strip().partition("$schema=")[2]).read_text(encoding="utf-8"))
        errors = Draft202012Validator(schema).iter_errors(read_marked_yaml(path).data)
        assert [f"{path.name}: {e.json_path}: {e.message[:200]}" for e in errors] == []


def test_every_command_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in commands():
        group, _, sub = command.partition(" ")
        assert f"tongket {group}" in readme and (not sub or f"`{sub}`" in readme or f"{group} {sub}" in readme), command


def test_every_setting_stands_in_the_docs_and_the_example() -> None:
    source = (ROOT / "etl" / "settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r"TONGKET_[A-Z_]+", source))
    assert len(names) >= 8
    for place in ("docs/settings.md", ".env.example"):
        text = (ROOT / place).read_text(encoding="utf-8")
        assert names == set(re.findall(r"TONGKET_[A-Z_]+", text)) & names, place
        assert set(re.findall(r"`(TONGKET_[A-Z_]+)`", text)) <= names, place


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for path in READABLE:
        for target in re.findall(r"`make ([a-z-]+)`|^make ([a-z-]+)", path.read_text(encoding="utf-8"), re.M):
            assert "".join(target) in targets, (path, target)


@pytest.mark.parametrize("path", READABLE, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_errors_all_stand_in_the_drawn_tree() -> None:
    from etl import errors

    drawn = errors.__doc__ or ""
    classes = [n for n, c in vars(errors).items() if isinstance(c, type) and issubclass(c, errors.TongketError)]
    assert all(name in drawn for name in classes)


def test_the_picture_of_the_rooms_is_drawn_from_the_imports() -> None:
    assert PICTURE.read_text(encoding="utf-8") == draw_rooms(), "run python -m tests.docs.rooms"


def test_every_function_on_the_way_of_a_value_is_there() -> None:
    named = re.findall(r"`(etl(?:\.\w+)+)\.(\w+)`", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
    assert len(named) > 15
    for module, function in named:
        assert callable(getattr(importlib.import_module(module), function)), f"{module}.{function}"


def test_every_path_of_a_recipe_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:catalog|dags|docs|etl|expectations|ops|simulation|templates|tests)/[\w/.-]*)`", text)
    assert len(paths) > 25
    for path in paths:
        assert (ROOT / path).exists(), path


def test_every_file_and_name_of_a_recipe_is_in_the_code() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Recipes")[2]
    names = set(re.findall(r"`(\w+\.py|_?[A-Z][A-Z_]+|[A-Z][a-z]+[A-Z]\w+)(?:\(\))?`", text))
    assert len(names) > 15
    folders = ("dags", "etl", "ops", "simulation", "templates", "tests")
    code = {path.name: path.read_text(encoding="utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py")}
    written = "\n".join(code.values())
    assert {name for name in names if name not in code and not re.search(rf"\b{name}\b", written)} == set()


def test_the_index_of_tests_has_every_folder() -> None:
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "tests" / "README.md").read_text(encoding="utf-8"), flags=re.M)
    told = [name for row in rows for name in re.findall(r"`(\w+)/`", row)]
    assert sorted(told) == sorted(p.name for p in (ROOT / "tests").iterdir() if p.is_dir() and p.name != "__pycache__")


def test_the_statements_that_read_through_corrections_are_named() -> None:
    reading = {
        p.name
        for p in (ROOT / "sql" / "queries").glob("*.sql")
        if re.search(r"core\.(reading|owed_reading|standing)\(", p.read_text(encoding="utf-8"))
    }
    text = (ROOT / "docs" / "warehouse.md").read_text(encoding="utf-8").partition("## Corrections agreed on")[2]
    assert reading == set(re.findall(r"`(\w+\.sql)`", text.partition("\n## ")[0]))
