"""What a cell, a sheet's or a file's name says is text wherever it arrives: answers, reports, pages, logs, the shell.

Two workbooks of one office: one is accepted and its notes are hostile, of the other numbers are, and it is refused.
Everything that is made of them is then opened by programs that would act on the text, were it more than that.
"""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import openpyxl
import pikepdf
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from lxml import etree, html
from pypdf import PdfReader
from typer.testing import CliRunner

from etl import steps
from etl.catalog import Catalogue
from etl.cli.commands import app
from etl.file_io import is_hidden_sign
from etl.page.page_app import build_page_app
from etl.page.page_login import PageUser
from etl.report.pdf import convert_to_pdf
from etl.settings import Settings
from tests.builders import Workbook

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SCOPE, FORM, PERIOD = "kon-tum", "kt-district-quarter", "2024Q3"
ACCEPTED, REFUSED = "608", "610"
HOSTILE = (
    "<marquee onclick=\"zq()\">zq</marquee><script>zq()</script>",
    "{{ 'zq' * 3 }}{% for a in b %}{% endfor %}",
    "[zq](http://zq.example/) **zq** `zq`",
    "zq\r\nBcc: zq@zq.example",
    '=HYPERLINK("http://zq.example","zq")',
    "@SUM(1+9)*zq",
    "+cmd|' /C zq'!A0",
    "'; DROP TABLE ops.delivery; -- zq",
    "zq _x001B_[31m _x0007_ _x009B_31m",
    "zq \u202egnp.exe\u2066",
    "zq %s %(zq)s {0} {unit} ${zq} $zq",
    "&lt;zq&gt;&amp;&#x3C;marquee&#x3E;",
    "]]><zq/><!--",
)  # fmt: skip
LONG = "zq " * 10_000


def list_html_problems(content: str) -> Iterator[str]:
    """What of a page is more than text."""
    for element in html.fromstring(content).iter():
        if element.tag in ("marquee", "zq") or (element.tag == "script" and "zq" in (element.text or "")):
            yield f"element {element.tag}"
        for name, value in element.attrib.items():
            if (name.startswith("on") and "zq" in value) or (name in ("href", "src") and "zq.example" in value):
                yield f"attribute {name}={value}"
    if "zqzqzq" in content:
        yield "a template was filled in"


def list_package_problems(data: bytes) -> Iterator[str]:
    """What of a Word or Excel file is more than text; its parts are sound XML without control signs."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            part = package.read(name)
            if name.endswith((".xml", ".rels")):
                root = etree.fromstring(part)
                if "zqzqzq" in "".join(root.itertext()):
                    yield f"{name}: a template was filled in"
                if name.endswith(".rels") and any("zq" in r.get("Target", "") for r in root):
                    yield f"{name}: a link"
                for element in root.iter("{*}f", "{*}instrText", "{*}fldSimple", "{*}hyperlink"):
                    if "zq" in "".join(element.itertext()) + "".join(element.attrib.values()):
                        yield f"{name}: {etree.QName(element).localname}"


def list_pdf_problems(data: bytes) -> Iterator[str]:
    """What of a PDF is more than text: any action or link with our word in it, any script or attached file."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for each in pdf.objects:
            if isinstance(each, pikepdf.Dictionary):
                for key in ("/URI", "/JS", "/F", "/Launch", "/EmbeddedFiles"):
                    if key in each and ("zq" in repr(each[key]) or key in ("/JS", "/Launch")):
                        yield f"{key} {each[key]!r}"


def list_shown_texts(data: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = (cell for page in book for row in page.iter_rows() for cell in row if cell.value is not None)
    return "\n".join(f"{cell.value} {cell.comment.text if cell.comment else ''}" for cell in cells)


def check_told_and_exported(settings: Settings) -> None:
    """Who has to decide is told, and the Ministry's systems are given, figures and ids alone: no word of a unit."""
    questions = steps.request_signoffs([SCOPE], PERIOD, "quarter", "<marquee>zq")
    exported = [settings.var / f"out.{kind}" for kind in ("dhis2", "adx")]
    for path in exported:
        command = ["export", "--scope", SCOPE, "--period", PERIOD, "--format", path.suffix[1:], "--to", str(path)]
        assert CliRunner().invoke(app, command).exit_code == 0, path
    assert questions and "zq" not in repr(questions) + "".join(path.read_text() for path in exported), (
        "figures and ids alone"
    )


@pytest.fixture
def sent(warehouse: Settings, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Both workbooks in the inbox; the one that will be refused."""
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    monkeypatch.setattr("etl.report.pdf.PROGRAMS", ())
    names = {ACCEPTED: "<marquee>zq {{ 'zq' * 3 }}.xlsx", REFUSED: "=zq\n\x1b[31m<marquee>%s.xlsx"}
    for unit in (ACCEPTED, REFUSED):
        book = Workbook(catalogue, FORM, unit, PERIOD).filled()
        inputs = book.inputs()
        if unit == ACCEPTED:
            places = [(sheet, cell) for sheet, cell, _, element, _ in inputs if element.startswith("note.")]
            assert len(places) >= len(HOSTILE)
        else:
            places = [(sheet, cell) for sheet, cell, _, _, kind in inputs if kind == "flow"]
        texts = [*HOSTILE, *([LONG] if unit == REFUSED else [])]
        for (sheet, cell), said in zip(places, texts, strict=False):
            book.with_cell(sheet, cell, said)
            book.book[sheet][cell].data_type = "s"  # text, also where it begins as a formula does
        if unit == REFUSED:
            book.book.create_sheet("<marquee>zq{{7}}")
        target = warehouse.inbox / unit / names[unit]
        target.parent.mkdir(parents=True)
        target.write_bytes(book.bytes())
    copy = warehouse.var / "kiểm tra <marquee>zq.xlsx"
    copy.write_bytes(target.read_bytes())
    return copy


def test_text_is_text_wherever_it_arrives(
    sent: Path, warehouse: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    done = [steps.process_batch(batch) for batch in steps.receive_deliveries()["batches"]]
    assert (sum(d["accepted"] for d in done), sum(d["refused"] for d in done)) == (1, 1)
    steps.write_answers()
    steps.compute_attainment(SCOPE, PERIOD)
    steps.draft_period_reports(SCOPE, PERIOD)
    steps.write_unit_feedback(SCOPE, PERIOD)
    pages = {}
    whole = FastAPI()
    whole.mount("/tongket", build_page_app(lambda: PageUser("<marquee>zq", lambda _: True), "zq" * 20))
    with TestClient(whole, base_url="http://testserver/tongket/") as client:
        about = f"scope={SCOPE}&period={PERIOD}"
        paths = ["", f"board?{about}", f"findings?{about}&shown=all", f"data-docs?{about}", "documents", "operations",
                 f"scorecard?{about}", *(f"unit?{about}&form={FORM}&unit={unit}" for unit in (ACCEPTED, REFUSED)),
                 "documents/1", "documents/2"]  # fmt: skip
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, path
            pages[path] = answer.text
        for path in ("operations", *(path for path in paths if path.startswith(("findings", "unit")))):
            answer = client.get(path, params={"lang": "en"} if path == "operations" else None)
            assert answer.status_code == 200 and '<html lang="en"' in answer.text, path
            pages[f"{path} in English"] = answer.text
    files = [path for path in warehouse.outbox.rglob("*") if path.is_file() and "forms" not in path.parts]
    for path in files:
        if path.suffix == ".html":
            pages[path.name] = path.read_text()
    packages = {path.name: path.read_bytes() for path in files if path.suffix in (".xlsx", ".docx")}
    answers = [data for name, data in packages.items() if name.endswith(("tra-lai.xlsx", "bien-nhan.xlsx"))]
    facts = [json.loads(path.read_text()) for path in files if path.name.endswith("_facts.json")]
    assert len(answers) == 2 and facts and any(name.endswith(".docx") for name in packages)
    said = CliRunner().invoke(app, ["check", str(sent)])
    check_told_and_exported(warehouse)
    drafted = {name: data for name, data in packages.items() if name.endswith(".docx")}
    monkeypatch.setattr("etl.report.pdf.PROGRAMS", ("soffice", "libreoffice"))
    printed = convert_to_pdf(drafted, datetime(2024, 10, 20)).files

    problems = [f"{name}: {what}" for name, page in pages.items() for what in list_html_problems(page)]
    problems += [f"{name}: {what}" for name, data in packages.items() for what in list_package_problems(data)]
    problems += [f"{name}: {what}" for name, data in printed.items() for what in list_pdf_problems(data)]
    problems += [f"log: {r.getMessage()!r}" for r in caplog.records if any(map(is_hidden_sign, r.getMessage()))]
    problems += [f"shell: {line!r}" for line in said.output.splitlines() if any(map(is_hidden_sign, line))]
    problems += [f"name: {path.name!r}" for path in files if any(map(is_hidden_sign, path.name))]
    assert problems == []

    # It did arrive, letter by letter; what cannot be printed aside.
    template, formula = HOSTILE[1], HOSTILE[4]
    returned = "\n".join(map(list_shown_texts, answers))
    assert template in returned and formula in returned and LONG[:100] in returned
    assert template in json.dumps(facts, ensure_ascii=False)
    shown = [name for name, page in pages.items() if "zq" in html.fromstring(page).text_content()]
    assert {f"findings?{about}&shown=all", f"unit?{about}&form={FORM}&unit={REFUSED}"} <= set(shown)
    assert any(name.endswith(".html") for name in shown), "the report on a page"
    read = "".join(page.extract_text() for data in printed.values() for page in PdfReader(io.BytesIO(data)).pages)
    assert len(printed) == len(drafted) and "{%forainb%}" in "".join(read.split()), "and on paper"
    assert "zq" in said.output and "\ufffd" in said.output and said.exit_code == 1
