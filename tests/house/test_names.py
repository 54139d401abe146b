"""`docs/naming.md`, held: verb and object, one meaning for one word, no file name twice."""

from pathlib import Path

from etl.settings import PROJECT_ROOT
from tests.house.names import count_shares, find_shared_files, find_shared_names, find_short_aliases, list_functions

SHARES = count_shares()


def test_there_is_something_to_count() -> None:
    assert SHARES["functions"] > 1000


def test_few_names_are_a_single_word() -> None:
    assert SHARES["one_word"] <= 0.15


def test_most_names_begin_with_a_verb() -> None:
    assert SHARES["verb_led"] >= 0.55


def test_a_name_stands_in_one_module() -> None:
    assert SHARES["shared"] <= 0.02, find_shared_names(list_functions())


def test_no_file_name_stands_twice() -> None:
    assert find_shared_files() == {}


def test_a_module_goes_by_its_own_name() -> None:
    assert find_short_aliases() == []


def test_a_short_alias_is_found(tmp_path: Path) -> None:
    (tmp_path / "etl").mkdir()
    lines = "from etl.catalog import models as m, geography\nimport numpy as np\nimport etl.settings as s\nfrom . import x as y\n"
    (tmp_path / "etl" / "a.py").write_text(lines, encoding="utf-8")
    assert find_short_aliases(tmp_path) == [
        "etl/a.py:1 models as m", "etl/a.py:3 etl.settings as s", "etl/a.py:4 x as y",
    ]  # fmt: skip


def test_tests_of_airflow_lie_where_make_looks_for_them() -> None:
    """`make test-airflow` collects tests/ops alone, and the others leave out what is marked."""
    marked = [p for p in (PROJECT_ROOT / "tests").rglob("test_*.py") if "mark.airflow" in p.read_text(encoding="utf-8")]
    assert {p.parent.name for p in marked if p.name != Path(__file__).name} == {"ops", "hosts"}
