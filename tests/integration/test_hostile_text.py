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
from email import message_from_bytes, policy
from pathlib import Path

import openpyxl
import pikepdf
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from lxml import etree, html
from pypdf import PdfReader
from sqlalchemy import Engine
from typer.testing import CliRunner

from etl import steps
from etl.catalog import Catalogue
from etl.catalog.layout import RESULT_HEADER, RESULT_SHEET
from etl.cli.commands import app
from etl.dispatch import Letter, build_email_message
from etl.file_io import is_hidden_sign
from etl.page.page_app import build_page_app
from etl.page.page_login import PageUser
from etl.report.pdf import convert_to_pdf
from etl.settings import Settings
from etl.warehouse import journal
from tests.builders import Workbook
from tests.mailbox import SENDER

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
REMINDED = "2024-10-22"
LETTER_HEADERS = ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type",
                  "Content-Transfer-Encoding", "MIME-Version")  # fmt: skip


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


def explain_with_hostile_words(path: Path) -> bytes:
    """An answer, with a hostile word as the sender's explanation of each finding that asks for one."""
    book = openpyxl.load_workbook(path)
    page = book[RESULT_SHEET]
    head = next(r for r in page.iter_rows() if [c.value for c in r[: len(RESULT_HEADER)]] == list(RESULT_HEADER))
    column = {cell.value: cell.column for cell in head}
    asked = [r[0].row for r in page.iter_rows(min_row=head[0].row + 1) if r[column["Mã"] - 1].value == "V05"]
    assert len(asked) >= len(HOSTILE)
    for row, said in zip(asked, HOSTILE, strict=False):
        cell = page.cell(row, column["Giải trình của đơn vị"], said)
        cell.data_type = "s"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


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


def list_letter_problems(settings: Settings, loader: Engine) -> Iterator[str]:
    """What of the letter that quotes to a unit why its workbook was refused is more than text in a letter's body."""
    with loader.begin() as conn:
        journal.record_event(conn, "issued", scope=SCOPE, period=PERIOD, forms=10)
    steps.remind_units(SCOPE, REMINDED)
    written = (settings.outbox / "reminders" / REFUSED / f"{REMINDED}.txt").read_text()
    assert "<marquee" in written, "the first finding's words"
    yield from (line for line in written.split("\n") if any(map(is_hidden_sign, line)))
    subject, _, body = written.partition("\n\n")
    letter = build_email_message(Letter("zq", subject, body), SENDER, "zq@vi-du.test", datetime(2024, 10, 22))
    arrived = message_from_bytes(letter.as_bytes(), policy=policy.default)
    yield from set(arrived) - set(LETTER_HEADERS)
    if arrived.get_content_type() != "text/plain" or arrived.get_content().replace("\r\n", "\n") != body:
        yield "another body"


def read_pages(about: str) -> dict[str, str]:
    """Every page that shows what units said; the engineers' ones in English too."""
    pages = {}
    whole = FastAPI()
    whole.mount("/tongket", build_page_app(lambda: PageUser("<marquee>zq", lambda _: True), "zq" * 20))
    with TestClient(whole, base_url="http://testserver/tongket/") as client:
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
    return pages


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
            columns = dict.fromkeys(element for *_, element, kind in inputs if kind == "flow")
            for element in list(columns)[: len(HOSTILE)]:
                book.with_element(element, None)  # to be explained
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
    sent: Path, warehouse: Settings, loader: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    done = [steps.process_batch(batch) for batch in steps.receive_deliveries()["batches"]]
    assert (sum(d["accepted"] for d in done), sum(d["refused"] for d in done)) == (1, 1)
    steps.write_answers()
    asked = next((warehouse.outbox / "returns" / ACCEPTED).glob("*bien-nhan.xlsx"))
    (warehouse.inbox / ACCEPTED / "giai trinh.xlsx").write_bytes(explain_with_hostile_words(asked))
    again = [steps.process_batch(batch) for batch in steps.receive_deliveries()["batches"]]
    assert sum(d["accepted"] for d in again) == 1
    steps.compute_attainment(SCOPE, PERIOD)
    steps.draft_period_reports(SCOPE, PERIOD)
    steps.write_unit_feedback(SCOPE, PERIOD)
    about = f"scope={SCOPE}&period={PERIOD}"
    pages = read_pages(about)
    files = [path for path in warehouse.outbox.rglob("*") if path.is_file() and "forms" not in path.parts]
    for path in files:
        if path.suffix == ".html":
            pages[path.name] = path.read_text()
    packages = {path.name: path.read_bytes() for path in files if path.suffix in (".xlsx", ".docx")}
    answers = [data for name, data in packages.items() if name.endswith(("tra-lai.xlsx", "bien-nhan.xlsx"))]
    facts = [json.loads(path.read_text()) for path in files if path.name.endswith("_facts.json")]
    assert len(answers) == 3 and facts and any(name.endswith(".docx") for name in packages)
    said = CliRunner().invoke(app, ["check", str(sent)])
    check_told_and_exported(warehouse)
    drafted = {name: data for name, data in packages.items() if name.endswith(".docx")}
    monkeypatch.setattr("etl.report.pdf.PROGRAMS", ("soffice", "libreoffice"))
    printed = convert_to_pdf(drafted, datetime(2024, 10, 20)).files

    problems = [f"{name}: {what}" for name, page in pages.items() for what in list_html_problems(page)]
    problems += [f"{name}: {what}" for name, data in packages.items() for what in list_package_problems(data)]
    problems += [f"{name}: {what}" for name, data in printed.items() for what in list_pdf_problems(data)]
    problems += [f"letter: {what!r}" for what in list_letter_problems(warehouse, loader)]
    problems += [f"log: {r.getMessage()!r}" for r in caplog.records if any(map(is_hidden_sign, r.getMessage()))]
    problems += [f"shell: {line!r}" for line in said.output.splitlines() if any(map(is_hidden_sign, line))]
    problems += [f"name: {path.name!r}" for path in files if any(map(is_hidden_sign, path.name))]
    assert problems == []

    # It did arrive, letter by letter; what cannot be printed aside.
    template, formula = HOSTILE[1], HOSTILE[4]
    returned = "\n".join(map(list_shown_texts, answers))
    assert template in returned and formula in returned and LONG[:100] in returned
    assert returned.count(template) > 1, "a cell's word and an explanation"
    assert template in json.dumps(facts, ensure_ascii=False)
    shown = [name for name, page in pages.items() if "zq" in html.fromstring(page).text_content()]
    assert {f"findings?{about}&shown=all", f"unit?{about}&form={FORM}&unit={REFUSED}"} <= set(shown)
    assert any(name.endswith(".html") for name in shown), "the report on a page"
    read = "".join(page.extract_text() for data in printed.values() for page in PdfReader(io.BytesIO(data)).pages)
    assert len(printed) == len(drafted) and "{%forainb%}" in "".join(read.split()), "and on paper"
    assert "zq" in said.output and "\ufffd" in said.output and said.exit_code == 1
