"""Every finding code is shown by a file that gives it and one that does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.catalog import Catalogue
from etl.catalog.rules import Rules
from etl.check import ReadSubmission, check_batch
from etl.model import Finding, FindingLevel
from etl.read import Reader
from etl.settings import PROJECT_ROOT
from tests.examples import Case, examples
from tests.wording import SHIPPED

EXAMPLES = examples()


@pytest.fixture(scope="module")
def reader(catalogue: Catalogue, rules: Rules) -> Iterator[Reader]:
    with Reader(catalogue, rules) as reader:
        yield reader


def findings(case: Case, reader: Reader, catalogue: Catalogue, rules: Rules, folder: Path) -> dict[str, Finding]:
    path = folder / case.name
    path.write_bytes(case.build(catalogue))
    given = ReadSubmission(reader.read_file(path, case.name), case.name, **case.known)
    return {f.code: f for f in check_batch([given], case.adapt(catalogue), rules, SHIPPED)[0].findings}


def test_every_code_has_an_example_and_every_example_a_code(rules: Rules) -> None:
    assert set(EXAMPLES) == set(rules.by_code)


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_failing_file_gives_the_code(
    code: str, reader: Reader, catalogue: Catalogue, rules: Rules, tmp_path: Path
) -> None:
    if EXAMPLES[code].fails.shown_by:
        file, _, name = EXAMPLES[code].fails.shown_by.partition("::")
        assert f"def {name}(" in (PROJECT_ROOT / file).read_text(encoding="utf-8")
        return
    found = findings(EXAMPLES[code].fails, reader, catalogue, rules, tmp_path)
    assert code in found
    assert found[code].level == rules.by_code[code].level
    assert found[code].message and found[code].hint and "{" not in found[code].message + found[code].hint


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_passing_file_does_not(
    code: str, reader: Reader, catalogue: Catalogue, rules: Rules, tmp_path: Path
) -> None:
    assert code not in findings(EXAMPLES[code].passes, reader, catalogue, rules, tmp_path)


def test_who_is_asked_to_confirm_is_told_how_to_explain(rules: Rules) -> None:
    for rule in rules.by_code.values():
        assert rule.level != FindingLevel.CONFIRM or "Giải trình" in rule.hint, rule.code
