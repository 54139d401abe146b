"""`docs/naming.md`, held: verb and object, one meaning for one word, no file name twice."""

from pathlib import Path

from etl.settings import PROJECT_ROOT
from tests.house.names import count_shares, find_shared_files, find_shared_names, list_functions

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


def test_tests_of_airflow_lie_where_make_looks_for_them() -> None:
    """`make test-airflow` collects tests/ops alone, and the others leave out what is marked."""
    marked = [p for p in (PROJECT_ROOT / "tests").rglob("test_*.py") if "mark.airflow" in p.read_text(encoding="utf-8")]
    assert {p.parent.name for p in marked if p.name != Path(__file__).name} == {"ops", "hosts"}
