"""Number, date, authority and signer: into every published file, once, and nothing else with them."""

from __future__ import annotations

import ast
import io
import json
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from docx import Document
from docx.oxml.ns import qn
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from etl import load, steps
from etl.approval.issuing_office import read_issue
from etl.approval.registry_entry import RegistryEntry, parse_registry_entry
from etl.catalog.loader import Catalogue
from etl.cli.commands import app
from etl.errors import RefusalError
from etl.messages import load_messages
from etl.report.dates import build_decree_date_parts
from etl.settings import PROJECT_ROOT, Settings
from etl.warehouse import journal, signoff_store
from etl.warehouse.signoff_store import SignableDocument
from tests.conftest import StateMaker
from tests.integration.build import item
from tests.integration.test_signing import CADENCE, FORM, SCOPE, TODAY, Office, decide, published
from tests.report.samples import read_page

pytestmark = pytest.mark.integration

PRINTED = "ngày {day} tháng {month} năm {year}".format(**build_decree_date_parts(date.fromisoformat(TODAY)))
REGISTRY = ["--number", "5", "--date", TODAY, "--signer", "Nguyễn  Văn Bình"]
DEPUTY = ["--title", "TM. Ủy ban nhân dân", "--title", "KT. CHỦ TỊCH", "--title", "PHÓ CHỦ TỊCH"]
WORDS = {"number": "05", "date": TODAY, "signer": "Nguyễn Văn Bình", "title": "KT. CHỦ TỊCH\nPHÓ CHỦ TỊCH"}


@pytest.fixture
def office(
    warehouse: Settings, loader: Engine, catalogue: Catalogue, begin_with: StateMaker, monkeypatch: pytest.MonkeyPatch
) -> Office:
    monkeypatch.setenv("TONGKET_SIMULATED", "1")
    made = Office(warehouse, loader, catalogue)
    begin_with("office with a draft", made.draft_first)
    return made


def sign(report: object, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["sign", str(report), "--by", "Trần B", *arguments, "--json"])
    assert done.exit_code == code, done.output
    return dict(json.loads(done.stdout))


def word_lines(data: bytes) -> list[str]:
    """Every paragraph of a Word file, tables too."""
    root = Document(io.BytesIO(data)).element.body
    said = (
        "".join(
            "-" if t.tag == qn("w:noBreakHyphen") else t.text or "" for t in p.iter(qn("w:t"), qn("w:noBreakHyphen"))
        )
        for p in root.iter(qn("w:p"))
    )
    return [" ".join(text.split()) for text in said]


def find(files: dict[str, bytes], suffix: str) -> bytes:
    return next(data for name, data in files.items() if name.endswith(suffix))


def test_number_date_and_signer_stand_in_every_format(office: Office) -> None:
    (question,) = office.ask()
    files = published(office, sign(question["report"], *REGISTRY, *DEPUTY))
    lines = word_lines(find(files, ".docx"))
    assert "Số: 05/BC-SYT" in lines
    assert any(line.endswith(PRINTED) for line in lines)
    place = lines.index("KT. CHỦ TỊCH")
    assert lines[place - 1 : place + 3] == ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Nguyễn Văn Bình"]
    attached = f"(Kèm theo Báo cáo số 05/BC-SYT {PRINTED} của Sở Y tế)"
    assert lines.count(attached) >= 3
    page = read_page(find(files, ".html"))
    assert "Số: 05/BC-SYT" in page and "Nguyễn Văn Bình" in page and PRINTED in page
    sheets = openpyxl.load_workbook(io.BytesIO(find(files, ".xlsx")))
    heads = {sheet.title: {str(row[0].value) for row in sheet.iter_rows(max_row=6)} for sheet in sheets}
    assert sum(attached in head for head in heads.values()) >= 5, heads
    record = json.loads(files["chung-thuc.json"])
    assert record["registration"]["number"] == "05" and record["registration"]["date"] == TODAY
    (row,) = office.rows("SELECT number, signed_on::text, signer, authority FROM ops.registration")
    assert tuple(row)[:3] == (5, TODAY, "Nguyễn Văn Bình") and len(row.authority) == 3


def test_nothing_else_differs_from_the_draft_that_was_approved(office: Office) -> None:
    (question,) = office.ask()
    drafts = {path.name: path.read_bytes() for path in office.draft()}
    files = published(office, sign(question["report"], *REGISTRY))
    before, after = (word_lines(find(found, ".docx")) for found in (drafts, files))
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert {old.split(" ")[0] for old, _ in changed} == {"Số:", "Bắc", "(Kèm", ""}, changed
    facts = [json.loads(find(found, "_facts.json")) for found in (drafts, files)]
    for part in ("head", "foot"):
        for name in ("number", "signed_on", "signer"):
            facts[1][part].pop(name, None)
    assert facts[0] == facts[1]
    pictures = [zipfile.ZipFile(io.BytesIO(find(found, ".docx"))) for found in (drafts, files)]
    kept = [{n: book.read(n) for n in book.namelist() if n.startswith("word/")} for book in pictures]
    assert {name for name, data in kept[0].items() if kept[1][name] != data} == {"word/document.xml"}


def test_a_decision_on_the_page_has_it(office: Office) -> None:
    (question,) = office.ask()
    done = decide(question["report"], "approved", **WORDS)
    assert done["registration"] == {
        "number": "05",
        "date": TODAY,
        "authority": ["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"],
        "signer": "Nguyễn Văn Bình",
    }


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"number": "05a"}, "no number"),
        ({"number": "0"}, "no number"),
        ({"date": ""}, "go together"),
        ({"date": "22/04/2024"}, "no date"),
        ({"date": "2023-12-31"}, "the day up to which the document's figures are known"),
        ({"date": "2999-01-01"}, "still to come"),
        ({"signer": ""}, "nobody is named"),
        ({"signer": "A\u202eB"}, "no name"),
        ({"signer": "<b>Bình</b>"}, "no name"),
        ({"signer": "..."}, "no name"),
        ({"title": "=1+1"}, "no name"),
        ({"title": "KT. CHỦ TỊCH"}, "needs a deputy"),
    ],
)
def test_what_the_registry_wrote_wrong_publishes_nothing(office: Office, changed: dict[str, str], message: str) -> None:
    (question,) = office.ask()
    refused = decide(question["report"], "approved", **(WORDS | changed))
    assert message in refused["refused"]
    assert office.rows("SELECT 1 FROM ops.sign_off UNION ALL SELECT 1 FROM ops.registration") == []


def test_a_number_is_given_once_in_a_year(office: Office) -> None:
    (question,) = office.ask()
    sign(question["report"], *REGISTRY)
    assert sign(question["report"], *REGISTRY)["registration"]["number"] == "05", "the same again changes nothing"
    assert "published already" in sign(question["report"], *REGISTRY[:-1], "Khác", code=2)["error"]["what"]
    office.send(700)
    office.draft()
    (correction,) = office.ask("run 2")
    assert "belongs to document" in sign(correction["report"], *REGISTRY, code=2)["error"]["what"]
    assert office.rows("SELECT count(*) FROM ops.sign_off")[0][0] == 1, "a decision that was refused is none"
    sign(correction["report"], "--number", "06", *REGISTRY[2:])
    assert [row.number for row in office.rows("SELECT number FROM ops.registration ORDER BY 1")] == [5, 6]


def test_a_draft_of_other_templates_gets_no_number(office: Office, tmp_path: Path, monkeypatch: Any) -> None:
    from tests.integration.published import home

    (question,) = office.ask()
    page = home(tmp_path / "home", monkeypatch) / "templates" / "report.html"
    page.write_text(page.read_text(encoding="utf-8").replace("BÁO CÁO", "Báo cáo"), encoding="utf-8")
    assert "other templates" in sign(question["report"], *REGISTRY, code=2)["error"]["what"]


def test_the_same_input_gives_the_same_bytes(office: Office) -> None:
    from etl.report.registered_files import render_registered_files

    draft = {path.name: path.read_bytes() for path in office.draft()}
    given = parse_registry_entry(
        RegistryEntry("5", "2024-04-22", "A"), ["CHỦ TỊCH"], date(2024, 4, 1), date(2024, 4, 30)
    )
    assert given is not None
    first, second = (render_registered_files(draft, given, office.settings.templates) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("table", ["registration", "signed_copy"])
def test_nobody_rewrites_what_the_registry_gave(office: Office, table: str, engine_as: Any) -> None:
    for change in (f"DELETE FROM ops.{table}", f"UPDATE ops.{table} SET recorded_at = now()"):
        with engine_as("owner").begin() as conn, pytest.raises(IntegrityError, match="append-only"):
            conn.execute(text(change))


# --- a number that the registry wrote by hand ----------------------------------------------------------------


def written_by_hand(data: bytes, *changes: tuple[str, str]) -> bytes:
    """A Word file in which somebody replaced texts, a run at a time, as Word saves it: other parts, other bytes."""
    document = Document(io.BytesIO(data))
    for old, new in changes:
        runs = [r for p in document.element.body.iter(qn("w:p")) for r in p.iter(qn("w:t")) if (r.text or "") == old]
        assert runs, old
        runs[0].text = new
    document.core_properties.revision = 7
    saved = io.BytesIO()
    document.save(saved)
    return saved.getvalue()


def verified(path: Path, data: bytes, code: int, *options: str) -> dict[str, Any]:
    path.write_bytes(data)
    done = CliRunner().invoke(app, ["verify", str(path), "--json", *options])
    assert done.exit_code == code, done.output
    return dict(json.loads(done.stdout))


BY_HAND = (("       ", " 05 "), ("    ", "22"), ("    ", "4"), ("\xa0" * 7, "2024"))


def test_a_number_written_into_the_word_file_by_hand_leaves_its_content_equal(office: Office, tmp_path: Path) -> None:
    (question,) = office.ask()
    word = find(published(office, sign(question["report"])), ".docx")
    found = verified(tmp_path / "a.docx", written_by_hand(word, *BY_HAND), 0)
    assert (found["verdict"], found["report"]) == ("content_equal", question["report"])
    assert found["approved"]["by"] == "Trần B" and "corrected_by" in found


def test_any_other_change_of_a_word_file_is_refused_with_its_place(office: Office, tmp_path: Path) -> None:
    (question,) = office.ask()
    word = find(published(office, sign(question["report"])), ".docx")
    text = next(line for line in word_lines(word) if "50" in line and len(line) < 80)
    changed = text.replace("50", "51")
    found = verified(tmp_path / "a.docx", written_by_hand(word, *BY_HAND, (text, changed)), 1)
    assert found["verdict"] == "altered" and len(found["changes"]) == 1
    (change,) = found["changes"]
    assert (change["published"], change["found"]) == (text[:120], changed[:120]) and "hàng" in change["place"]


@pytest.mark.parametrize(
    ("old", "new"),
    [("       ", "05 thay cho 04"), ("    ", "22 hoặc 23"), ("SYT", "UBND"), ("I. TÌNH HÌNH CHUNG", "")],
)
def test_only_a_number_a_date_and_a_name_fit_into_the_blanks(
    office: Office, tmp_path: Path, old: str, new: str
) -> None:
    (question,) = office.ask()
    word = find(published(office, sign(question["report"])), ".docx")
    assert verified(tmp_path / "a.docx", written_by_hand(word, (old, new)), 1)["verdict"] == "altered"


def test_what_the_system_numbered_cannot_be_numbered_otherwise_by_hand(office: Office, tmp_path: Path) -> None:
    (question,) = office.ask()
    word = find(published(office, sign(question["report"], *REGISTRY)), ".docx")
    assert verified(tmp_path / "a.docx", written_by_hand(word), 0)["verdict"] == "content_equal"
    assert verified(tmp_path / "a.docx", written_by_hand(word, ("05", "06")), 1)["verdict"] == "altered"


def ask_of_second_quarter(office: Office) -> dict[str, Any]:
    """Whose report has a picture: two points make a line."""
    with office.loader.begin() as conn:
        cells = {(office.units[0], "pop_total"): "1000", (office.units[0], "telehealth_users"): "700"}
        load.load_deliveries(conn, [item(conn, office.catalogue, FORM, office.units[0], "2024Q2", cells)])
    steps.draft_reports(SCOPE, "2024Q2", CADENCE)
    (question,) = steps.request_signoffs([SCOPE], "2024Q2", CADENCE, "run 2")
    return question


def test_hidden_text_changed_pictures_and_tracked_changes_are_seen(office: Office, tmp_path: Path) -> None:
    question = ask_of_second_quarter(office)
    word = find(published(office, sign(question["report"])), ".docx")
    for part, old, new in (
        ("word/document.xml", b"<w:r><w:t>I. T", b"<w:r><w:rPr><w:vanish/></w:rPr><w:t>I. T"),
        ("word/document.xml", b"<w:r><w:t>I. T", b'<w:ins w:id="9" w:author="x"/><w:r><w:t>I. T'),
        ("word/document.xml", b"<w:r><w:t>I. T", b"<w:r><w:rPr><w:strike/></w:rPr><w:t>I. T"),
        ("word/document.xml", b"<w:r><w:t>I. T", b'<w:r><w:rPr><w:color w:val="FEFEFE"/></w:rPr><w:t>I. T'),
        ("word/document.xml", b"<w:r><w:t>I. T", b'<w:r><w:rPr><w:sz w:val="2"/></w:rPr><w:t>I. T'),
        ("word/document.xml", b"<w:r><w:t>I. T", b'<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r><w:r><w:t>I. T'),
        ("word/document.xml", b"</w:trPr>", b"<w:hidden/></w:trPr>"),
        ("word/styles.xml", b"<w:rPrDefault><w:rPr>", b"<w:rPrDefault><w:rPr><w:vanish/>"),
        ("word/media/image1.png", b"IDAT", b"iDAT"),
    ):
        source, target = zipfile.ZipFile(io.BytesIO(word)), io.BytesIO()
        assert part in source.namelist()
        with zipfile.ZipFile(target, "w") as made:
            for name in source.namelist():
                data = source.read(name)
                assert name != part or old in data, part
                made.writestr(name, data.replace(old, new, 1) if name == part else data)
        assert verified(tmp_path / "a.docx", target.getvalue(), 1)["verdict"] == "altered", new


# --- whose number, on which day ------------------------------------------------------------------------------


def record_draft(engine: Engine, scope: str, plan: str, period: str, known_at: str) -> SignableDocument:
    """A draft on record, of no files."""
    with engine.begin() as conn:
        record = journal.ReportRecord(scope, plan, "quarter", period, "abc", known_at, {})
        (document,) = signoff_store.fetch_documents(conn, report_id=journal.record_report(conn, record))
    return document


def given_on(day: str) -> RegistryEntry:
    return RegistryEntry("05", day, "Nguyễn Văn Bình")


def test_an_office_gives_a_number_once_whichever_area_it_reports_on(loader: Engine, catalogue: Catalogue) -> None:
    """Sở Y tế Quảng Ngãi issues the former Kon Tum's reports too, out of one register."""
    known, at = "2025-10-20T08:00:00+07:00", "2025-10-22T08:00:00+07:00"
    documents = [
        record_draft(loader, scope, "kt-1693", period, known)
        for scope, period in (("kon-tum", "2025Q2"), ("quang-ngai", "2025Q3"))
    ]
    issues = [read_issue(catalogue, document, given_on("2025-10-21"), at) for document in documents]
    assert {(issue.register, issue.symbol) for issue in issues} == {("quang-ngai", "BC-SYT")}
    with loader.begin() as conn, pytest.raises(RefusalError, match="belongs to document"):
        for document, issue in zip(documents, issues, strict=True):
            assert issue.registration
            signoff_store.record_registration(conn, document, issue.register, issue.symbol, issue.registration)


def test_of_two_who_give_a_number_at_once_one_is_told_that_it_is_taken(loader: Engine, catalogue: Catalogue) -> None:
    known, at = "2025-10-20T08:00:00+07:00", "2025-10-22T08:00:00+07:00"
    documents = [record_draft(loader, "quang-ngai", "kt-1693", period, known) for period in ("2025Q3", "2025Q4")]

    def give(document: SignableDocument) -> str:
        issue = read_issue(catalogue, document, given_on("2025-10-21"), at)
        assert issue.registration
        try:
            with loader.begin() as conn:
                signoff_store.record_registration(conn, document, issue.register, issue.symbol, issue.registration)
                time.sleep(0.3)
        except RefusalError as error:
            return error.message
        return "given"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(give, documents)) == ["given", "refused.number_taken"]


@pytest.mark.parametrize(
    ("day", "refusal"),
    [("2026-09-19", ""), ("2026-09-20", "refused.office_changed"), ("", "refused.office_changed")],
)
def test_a_document_bears_the_name_its_office_has_on_its_date(
    loader: Engine, catalogue: Catalogue, day: str, refusal: str
) -> None:
    """Bắc Ninh becomes a city on 20/09/2026: drafted the day before, given a number after."""
    document = record_draft(loader, "bac-ninh", "ty-ct25", "2026Q2", "2026-09-18T08:00:00+07:00")
    try:
        issue = read_issue(catalogue, document, given_on(day) if day else None, "2026-09-21T08:00:00+07:00")
        assert (issue.register, refusal) == ("bac-ninh", "")
    except RefusalError as error:
        assert error.message == refusal
        assert "UBND THÀNH PHỐ BẮC NINH" in str(error) and "UBND TỈNH BẮC NINH" in str(error)


def test_every_refusal_has_its_words() -> None:
    """The reasons that the code gives are those in the catalogue of messages, each with its slots."""
    given: dict[str, set[str]] = {}
    for path in (PROJECT_ROOT / "etl").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in {"RefusalError", "_build_refusal"}:
                named = {word.arg: word.value for word in call.keywords if word.arg}
                reason = named["message"] if "message" in named else call.args[1] if len(call.args) > 1 else None
                slots = set(named) - {"message", "where", "fix"}
                for part in ast.walk(reason) if reason else ():
                    if isinstance(part, ast.Constant) and part.value != "refused.":
                        given[f"refused.{part.value}"] = slots
    wording = load_messages(PROJECT_ROOT / "templates")
    known = {key: set(slots) for key, slots in wording.slots.items() if key.startswith("refused.")}
    given["refused.no_office_awaited"] = given["refused.no_office"] | {"awaited"}
    assert given == known


def test_a_refusal_tells_the_registry_in_its_language_what_to_do(office: Office) -> None:
    (question,) = office.ask()
    sign(question["report"], *REGISTRY)
    office.send(700)
    office.draft()
    (correction,) = office.ask("run 2")
    done = CliRunner().invoke(app, ["sign", str(correction["report"]), "--by", "Trần B", *REGISTRY])
    assert f"Số 05/BC-SYT năm {TODAY[:4]} đã cấp cho văn bản mã {question['report']}" in done.output
