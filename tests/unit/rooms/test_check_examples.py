"""Every finding code is shown by a file that gives it and one that does not."""

from __future__ import annotations

from collections.abc import Iterator

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


@pytest.fixture(scope="module")
def findings(
    reader: Reader, catalogue: Catalogue, rules: Rules, tmp_path_factory: pytest.TempPathFactory
) -> dict[int, dict[str, Finding]]:
    """What the file of each case (by its `id`) gives, by code. Those of one catalogue are checked as one batch, as intake does it."""
    folder, batches = tmp_path_factory.mktemp("examples"), dict[object, list[tuple[Case, ReadSubmission]]]()
    for number, case in enumerate({id(c): c for e in EXAMPLES.values() for c in (e.fails, e.passes)}.values()):
        if not case.shown_by:
            path = folder / str(number) / case.name
            path.parent.mkdir()
            path.write_bytes(case.build(catalogue))
            read = ReadSubmission(reader.read_file(path, case.name), case.name, **case.known)
            batches.setdefault(case.adapt, []).append((case, read))
    return {
        id(case): {f.code: f for f in verdict.findings}
        for batch in batches.values()
        for (case, _), verdict in zip(
            batch, check_batch([read for _, read in batch], batch[0][0].adapt(catalogue), rules, SHIPPED), strict=True
        )
    }


def test_every_code_has_an_example_and_every_example_a_code(rules: Rules) -> None:
    assert set(EXAMPLES) == set(rules.by_code)


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_failing_file_gives_the_code(code: str, findings: dict[int, dict[str, Finding]], rules: Rules) -> None:
    if EXAMPLES[code].fails.shown_by:
        file, _, name = EXAMPLES[code].fails.shown_by.partition("::")
        assert f"def {name}(" in (PROJECT_ROOT / file).read_text(encoding="utf-8")
        return
    found = findings[id(EXAMPLES[code].fails)]
    assert code in found
    assert found[code].level == rules.by_code[code].level
    assert found[code].message and found[code].hint and "{" not in found[code].message + found[code].hint


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_passing_file_does_not(code: str, findings: dict[int, dict[str, Finding]]) -> None:
    assert code not in findings[id(EXAMPLES[code].passes)]


def test_who_is_asked_to_confirm_is_told_how_to_explain(rules: Rules) -> None:
    for rule in rules.by_code.values():
        assert rule.level != FindingLevel.CONFIRM or "Giải trình" in rule.hint, rule.code
