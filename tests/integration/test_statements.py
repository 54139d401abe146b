"""Every named statement is used by the code, and every one the code names is there."""

import re

import pytest

from etl.errors import WarehouseError
from etl.settings import PROJECT_ROOT
from etl.warehouse.connect import query
from tests.conftest import EngineMaker

pytestmark = pytest.mark.integration


def test_statements_and_code_name_each_other() -> None:
    code = "\n".join(p.read_text(encoding="utf-8") for p in (PROJECT_ROOT / "etl").rglob("*.py"))
    named = set(re.findall(r'query\(\s*(?:\w+\.)?_?conn,\s*"([a-z_]+)"', code))
    there = {p.stem for p in (PROJECT_ROOT / "sql" / "queries").glob("*.sql")}
    assert named == there


def test_a_statement_that_is_not_there_is_explained(engine_as: EngineMaker) -> None:
    with engine_as("loader").connect() as conn, pytest.raises(WarehouseError, match="no named statement") as caught:
        query(conn, "no_such_statement")
    assert caught.value.where.endswith("no_such_statement.sql")
