from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from etl.catalog import Catalogue, load_catalogue
from etl.report import ReportInput, write_report_draft
from etl.report.report_facts import ReportFacts, parse_report_facts
from tests.report.samples import open_word, sample

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"

CASES = [
    ("kon-tum", "kt-1693", "2024Q3"),
    ("kon-tum", "kt-1693", "2024"),
    ("kon-tum", "kt-124", "2024Q4"),
    ("kon-tum", "kt-124", "2024"),
    ("kon-tum", "ttg-ct25", "2025Q2"),
    ("kon-tum", "ttg-ct25", "2024"),
    ("kon-tum", "kt-1693", "2024H1"),
    ("kon-tum", "kt-1693", "2024N"),
    ("tan-yen", "ty-ct25", "2024Q1"),
    ("tan-yen", "ty-ct25", "2024"),
]


needs_office = pytest.mark.skipif(
    not any(map(shutil.which, ("soffice", "libreoffice"))), reason="LibreOffice, which makes the PDF, is not installed"
)


@dataclass(frozen=True)
class Drafted:
    """A report as drafted, opened."""

    given: ReportInput
    paths: dict[str, Path]
    facts: dict[str, Any]

    @cached_property
    def typed(self) -> ReportFacts:
        return parse_report_facts(self.paths["facts"].read_bytes(), str(self.paths["facts"]))

    @cached_property
    def word(self) -> Any:
        return open_word(self.paths["word"].read_bytes())

    @cached_property
    def annex(self) -> openpyxl.Workbook:
        return openpyxl.load_workbook(BytesIO(self.paths["annex"].read_bytes()))


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(ROOT / "catalog")


@pytest.fixture(scope="session")
def drafted(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Drafted]:
    """Drafts each report once for all tests."""
    known: dict[tuple[object, ...], Drafted] = {}

    def draw(scope: str, plan: str, key: str, **wanted: Any) -> Drafted:
        name = (scope, plan, key, *sorted(wanted.items()))
        if name not in known:
            given = sample(catalogue, scope, plan, key, **wanted)
            paths = write_report_draft(given, TEMPLATES, tmp_path_factory.mktemp("drafts"))
            known[name] = Drafted(given, paths, json.loads(paths["facts"].read_text(encoding="utf-8")))
        return known[name]

    return draw


@pytest.fixture(params=CASES, ids=lambda case: "-".join(case[1:]))
def report(request: pytest.FixtureRequest, drafted: Callable[..., Drafted]) -> Drafted:
    """Every plan of both scopes, quarter and year."""
    return drafted(*request.param)


@pytest.fixture(scope="session")
def pdf(drafted: Callable[..., Drafted]) -> dict[str, bytes]:
    """The Word reports of all cases as PDF, made by one start of the office program."""
    from etl.report.dates import parse_snapshot_time
    from etl.report.pdf import convert_to_pdf

    reports = [drafted(*case) for case in CASES]
    made = convert_to_pdf(
        {r.paths["word"].name: r.paths["word"].read_bytes() for r in reports},
        parse_snapshot_time(reports[0].given.snapshot_at),
    )
    assert made.problem == ""
    return dict(made.files)
