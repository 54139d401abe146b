"""The folder of fault-named workbooks: each has its verdict, its codes and its cells, and no other's numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.catalog import Catalogue
from etl.catalog.rules import Rules
from etl.check import ReadSubmission, check_batch
from etl.model import FindingLevel, ReadResult, Verdict
from etl.read import Reader
from tests import faults
from tests.examples.structure import mangled
from tests.wording import SHIPPED

Numbers = dict[tuple[str, str], tuple[str, float | None, str]]


@pytest.fixture(scope="module")
def folder(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return faults.write(tmp_path_factory.mktemp("faults"), catalogue)


@pytest.fixture(scope="module")
def reader(catalogue: Catalogue, rules: Rules) -> Iterator[Reader]:
    with Reader(catalogue, rules) as reader:
        yield reader


@pytest.fixture(scope="module")
def untouched(reader: Reader, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> ReadResult:
    path = tmp_path_factory.mktemp("untouched") / "bao-cao.xlsx"
    path.write_bytes(mangled(catalogue).bytes())
    return reader.read_file(path)


@pytest.fixture(scope="module")
def checked(
    folder: dict[str, Path], reader: Reader, catalogue: Catalogue, rules: Rules
) -> dict[str, tuple[ReadResult, Verdict]]:
    """What each fault's workbook says and its verdict, checked as one batch as intake does it."""
    reads = [reader.read_file(folder[fault.name]) for fault in faults.FAULTS]
    batch = [ReadSubmission(r, fault.file, **fault.known) for fault, r in zip(faults.FAULTS, reads, strict=True)]
    verdicts = check_batch(batch, catalogue, rules, SHIPPED)
    return {fault.name: pair for fault, pair in zip(faults.FAULTS, zip(reads, verdicts, strict=True), strict=True)}


def numbers(read: ReadResult) -> Numbers:
    return {(o.org_unit_code, o.data_element): (o.state, o.value, o.text) for o in read.observations}


def test_every_fault_has_a_name_of_its_own_and_every_expectation_a_fault() -> None:
    names = [fault.name for fault in faults.FAULTS]
    assert len(set(names)) == len(names)
    assert set(faults.EXPECTED) <= set(names)


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda fault: fault.name)
def test_a_fault_has_its_verdict_its_codes_and_its_cells(
    fault: faults.Fault, checked: dict[str, tuple[ReadResult, Verdict]], untouched: ReadResult
) -> None:
    read, verdict = checked[fault.name]
    kept = [f for f in verdict.findings if not (fault.distinct and f.code in faults.NOISE)]
    found: dict[str, tuple[str, ...]] = {}
    for f in kept:
        found[f.code] = (*found.get(f.code, ()), f"{f.sheet}!{f.cell}" if f.cell else f.sheet)
    accepted = not any(f.level == FindingLevel.REFUSE for f in kept)
    assert (accepted, found) == faults.EXPECTED.get(fault.name, (True, {}))
    if not fault.distinct:
        assert accepted == verdict.accepted
    if fault.same:
        assert numbers(read) == numbers(untouched)
