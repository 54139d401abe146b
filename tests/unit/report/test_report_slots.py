from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from docx import Document

from etl.errors import TemplateError
from etl.messages import Messages
from etl.report import ReportInput
from etl.report.docx import render_word_report
from etl.report.facts import build_facts
from etl.report.template_context import PageTemplateContext
from etl.report.template_slots import list_template_slots
from tests.unit.report.conftest import TEMPLATES


@pytest.fixture(scope="module")
def render(given: ReportInput, say: Messages) -> Callable[[Path], bytes]:
    facts = build_facts(given, say)
    return lambda template: render_word_report(facts, say, template, datetime(2024, 10, 21))


def spoilt(tmp_path: Path, old: str, new: str) -> Path:
    """The office's template with one text replaced, as a careless hand in Word would."""
    document = Document(str(TEMPLATES / "report.docx"))
    cells = [cell for table in document.tables for row in table.rows for cell in row.cells]
    paragraphs = [*document.paragraphs, *(paragraph for cell in cells for paragraph in cell.paragraphs)]
    header = document.sections[0].first_page_header.paragraphs
    hit = next(p for p in [*paragraphs, *header] if old in p.text)
    hit.text = hit.text.replace(old, new)
    path = tmp_path / "report.docx"
    document.save(str(path))
    return path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{{ opening }}", "{{ openning }}", "unknown slot 'openning'"),
        ("{{ opening }}", "", "unused slot 'opening'"),
        ("{{ body }}", "SỞ Y TẾ", "unused slot 'body'"),
        ("{{ row.measured_in }}", "{{ row.unit }}", r"unknown slot 'results\[\].unit'"),
        ("{{ row.cause }}", "x", r"unused slot 'difficulties\[\].cause'"),
        ("{{ group.title }}", "{{ title }}", "unknown slot 'title'"),
        ("{{ opening }}", "{{ opening }}{% if body %}", "tag is malformed"),
        ("{{ opening }}", "{{ opening | upper }} {{ office.name }}", "unknown slot 'office.name'"),
    ],
)
def test_a_slot_too_many_or_too_few_stops_with_its_name_and_place(
    tmp_path: Path, render: Callable[[Path], bytes], old: str, new: str, message: str
) -> None:
    template = spoilt(tmp_path, old, new)
    with pytest.raises(TemplateError, match=message) as stopped:
        render(template)
    assert str(template) in stopped.value.where
    assert stopped.value.fix


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("/{{ symbol }}", "/{{ ky_hieu }}", "số {{ number }}/{{ ky_hieu }}"),
        ("{{ row.measured_in }}", "{{ row.unit }}", "“{{ row.unit }}”"),
        ("{{ row.cause }}", "x", "for … in difficulties"),
        ("{{ opening }}", "", "in the text"),
    ],
)
def test_the_place_of_a_wrong_slot_is_where_the_office_finds_it(
    tmp_path: Path, render: Callable[[Path], bytes], old: str, new: str, place: str
) -> None:
    with pytest.raises(TemplateError) as stopped:
        render(spoilt(tmp_path, old, new))
    assert place in stopped.value.where


def test_a_near_miss_is_named(tmp_path: Path, render: Callable[[Path], bytes]) -> None:
    with pytest.raises(TemplateError, match="did you mean opening"):
        render(spoilt(tmp_path, "{{ opening }}", "{{ openning }}"))


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 not a zip", b"plain text"])
def test_a_template_that_is_no_word_file_stops(
    tmp_path: Path, render: Callable[[Path], bytes], content: bytes | None
) -> None:
    path = tmp_path / "report.docx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TemplateError, match="not readable as Word"):
        render(path)


def test_an_office_may_reword_move_and_restyle(tmp_path: Path, render: Callable[[Path], bytes]) -> None:
    assert render(spoilt(tmp_path, "I. TÌNH HÌNH CHUNG", "I. BỐI CẢNH")).startswith(b"PK")


def test_every_slot_is_explained_in_the_guide() -> None:
    guide = (TEMPLATES.parent / "docs" / "reports.md").read_text(encoding="utf-8")
    for slot in list_template_slots(PageTemplateContext):
        assert f"`{slot}`" in guide, f"docs/reports.md does not explain {slot}"
