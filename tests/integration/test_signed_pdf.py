"""A published PDF that comes back signed: recognised with its signers, dispatched; any other change of it refused."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from sqlalchemy import Engine
from typer.testing import CliRunner

from etl import steps
from etl.catalog.loader import Catalogue
from etl.cli.commands import PROVED, app
from etl.settings import Settings
from simulation.digital_signature import TestAuthority, create_test_authority, fill_test_fields, sign_test_pdf
from tests.conftest import StateMaker
from tests.integration.published import home
from tests.integration.test_registration import REGISTRY, find, sign, verified
from tests.integration.test_signing import PERIOD, SCOPE, TODAY, Office, published
from tests.report.conftest import needs_office

pytestmark = [pytest.mark.integration, pytest.mark.slow, needs_office, pytest.mark.usefixtures("with_pdf")]

PERSON, SEAL = "NguoiCoThamQuyen", "CoQuan"
LEADER, OFFICE = "Nguyễn Văn Bình", "UBND huyện Tân Yên"
FILLED = dict(zip(("SoVanBan", "NamKy", "ThangKy", "NgayKy"), ("05", *TODAY.split("-")), strict=True))


@pytest.fixture(scope="module")
def authority() -> TestAuthority:
    return create_test_authority()


@pytest.fixture
def office(
    warehouse: Settings,
    loader: Engine,
    catalogue: Catalogue,
    authority: TestAuthority,
    begin_with: StateMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    monkeypatch.setenv("TONGKET_SIMULATED", "1")
    warehouse.trust_roots.mkdir(parents=True)
    (warehouse.trust_roots / "ca.pem").write_bytes(authority.certificate)
    made = Office(warehouse, loader, catalogue)
    begin_with("office with a draft as PDF", made.draft_first)
    return made


def attach(report: int, path: Path, data: bytes, code: int = 0) -> dict[str, Any]:
    path.write_bytes(data)
    done = CliRunner().invoke(app, ["attach", str(report), str(path), "--by", "Văn thư C", "--json"])
    assert done.exit_code == code, done.output
    return dict(json.loads(done.stdout))


def append(data: bytes, change: Any) -> bytes:
    """The PDF with something appended to it that is no signature."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    change(writer)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def paint_over(writer: Any) -> None:
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    stream = writer.add_object(generic.StreamObject(stream_data=b"q 1 g 100 300 200 200 re f Q"))
    page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), stream])
    writer.update_container(page)


def add_note(writer: Any) -> None:
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    name, number = generic.NameObject, generic.NumberObject
    note = {"/Type": name("/Annot"), "/Subtype": name("/FreeText"), "/Contents": generic.TextStringObject("51%")}
    note["/Rect"] = generic.ArrayObject([number(n) for n in (100, 300, 300, 400)])
    entries = generic.DictionaryObject({name(key): value for key, value in note.items()})
    page["/Annots"] = generic.ArrayObject([*page.get("/Annots", ()), writer.add_object(entries)])
    writer.update_container(page)


def add_field_over_text(writer: Any) -> None:
    append_signature_field(writer, SigFieldSpec("Khac", box=(100, 300, 300, 400), on_page=0))


def test_both_orders_of_work_are_accepted_and_the_signers_named(
    office: Office, authority: TestAuthority, tmp_path: Path
) -> None:
    """The leader signs and the registry numbers with the seal; or the number is printed before anybody signs."""
    (question,) = office.ask()
    report = question["report"]
    plain = find(published(office, sign(report)), ".pdf")
    assert steps.dispatch_folders()["folders"] == [], "nothing leaves the house without a number"
    leader = sign_test_pdf(plain, authority, PERSON, LEADER, OFFICE)
    both = sign_test_pdf(leader, authority, SEAL, OFFICE, OFFICE, FILLED)
    found = verified(tmp_path / "a.pdf", both, 0)
    assert found["verdict"] == "signed_copy" and found["report"] == report
    assert [(s["field"], s["signer"], s["trusted"]) for s in found["signatures"]] == [
        (PERSON, LEADER, True),
        (SEAL, OFFICE, True),
    ]
    assert found["fields"] == FILLED and "tự khai" in found["says"]

    taken = attach(report, tmp_path / "a.pdf", both)
    assert taken["registration"]["number"] == "05" and taken["registration"]["signer"] == LEADER
    assert attach(report, tmp_path / "a.pdf", both) == taken, "the same again changes nothing"
    assert verified(tmp_path / "a.pdf", both, 0)["verdict"] == "signed"
    steps.dispatch_folders()
    given = office.settings.outbox / f"reports/{PERIOD}/{SCOPE}/gui/ubnd-tinh-bac-giang/ty-ct25_quarter"
    (paper,) = given.glob("*.pdf")
    assert paper.name.endswith("_da-ky.pdf") and paper.read_bytes() == both
    assert not list(given.glob("*_facts.json"))
    assert [s["signer"] for s in verified(paper, both, 0)["signatures"]] == [LEADER, OFFICE]
    (public,) = (office.settings.outbox / "reports").glob("khoa-cong-khai_*.pem")
    away = ("--offline", "--key", str(public))
    proved = verified(paper, both, 0, *away)
    assert (proved["source"], proved["verdict"]) == ("record", "signed_copy")
    assert [s["signer"] for s in proved["signatures"]] == [LEADER, OFFICE] and proved["fields"] == FILLED
    for other in (
        append(both, paint_over),
        append(both, add_note),
        both + b"\n%%EOF",
        plain[:-1] + b" " + both[len(plain) :],
    ):
        assert verified(paper, other, 1, *away)["verdict"] == "altered", "nothing else is taken for it"

    office.send(700)
    office.draft()
    (correction,) = office.ask("run 2")
    numbered = find(published(office, sign(correction["report"], "--number", "06", *REGISTRY[2:])), ".pdf")
    with pikepdf.open(io.BytesIO(numbered)) as pdf:
        assert {str(field.T) for field in pdf.Root.AcroForm.Fields} == {PERSON, SEAL}
    copy = sign_test_pdf(numbered, authority, PERSON, LEADER, OFFICE)
    assert attach(correction["report"], tmp_path / "b.pdf", copy)["registration"]["number"] == "06"


def replace_digit(data: bytes, at: int) -> bytes:
    return data[:at] + (b"2" if data[at : at + 1] == b"1" else b"1") + data[at + 1 :]


def test_any_other_change_of_a_signed_pdf_is_refused(office: Office, authority: TestAuthority, tmp_path: Path) -> None:
    (question,) = office.ask()
    plain = find(published(office, sign(question["report"], *REGISTRY)), ".pdf")

    def signed(data: bytes) -> bytes:
        return sign_test_pdf(data, authority, PERSON, LEADER, OFFICE)

    good = signed(plain)
    other = create_test_authority("CA khác")
    changed = {
        "painted over, then signed": signed(append(plain, paint_over)),
        "painted over after signing": append(good, paint_over),
        "a note, then signed": signed(append(plain, add_note)),
        "a field over the text, then signed": signed(append(plain, add_field_over_text)),
        "a field over the text, signed": sign_test_pdf(
            append(plain, add_field_over_text), authority, "Khac", LEADER, OFFICE
        ),
        "a note that nobody signed": append(plain, add_note),
        "bytes appended": good + b"\n% more\n",
        "a byte of the signature": replace_digit(good, good.index(b"/Contents <", len(plain)) + 1000),
        "a byte beside the signature, in its place": replace_digit(good, good.rindex(b"00>") + 1),
        "cut off": good[: len(good) - 900],
    }
    for what, data in changed.items():
        assert verified(tmp_path / "a.pdf", data, 1)["verdict"] == "altered", what
        assert "error" in attach(question["report"], tmp_path / "a.pdf", data, 2), what
    told = set()
    for eighth in range(1, 8):  # fonts, pictures, the tree of headings: not every byte is painted
        at = len(plain) * eighth // 8
        flipped = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
        told.add(verified(tmp_path / "a.pdf", flipped, 1)["verdict"])
    assert told & {"altered", "unknown"} and not told & PROVED
    stranger = sign_test_pdf(plain, other, PERSON, LEADER, OFFICE)
    assert verified(tmp_path / "a.pdf", stranger, 0)["signatures"][0]["trusted"] is False
    assert "no certificate" in attach(question["report"], tmp_path / "a.pdf", stranger, 2)["error"]["what"]
    assert office.rows("SELECT 1 FROM ops.signed_copy") == []


def test_a_number_changed_after_the_seal_is_refused(office: Office, authority: TestAuthority, tmp_path: Path) -> None:
    (question,) = office.ask()
    plain = find(published(office, sign(question["report"])), ".pdf")
    sealed = sign_test_pdf(plain, authority, SEAL, OFFICE, OFFICE, FILLED)
    later = append(sealed, lambda writer: fill_test_fields(writer, {"SoVanBan": "06"}))
    assert "after it" in verified(tmp_path / "a.pdf", later, 1)["reason"]


def test_a_file_that_another_program_wrote_anew_gets_the_weaker_word(office: Office, tmp_path: Path) -> None:
    (question,) = office.ask()
    plain = find(published(office, sign(question["report"])), ".pdf")

    def rewrite(change: Any = lambda pdf: None) -> bytes:
        target = io.BytesIO()
        with pikepdf.open(io.BytesIO(plain)) as pdf:
            change(pdf)
            pdf.save(target, compress_streams=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return target.getvalue()

    def repaint(pdf: Any) -> None:
        page = pdf.pages[0]
        page.contents_add(pdf.make_stream(b"q 1 g 100 300 200 200 re f Q"))

    assert verified(tmp_path / "a.pdf", rewrite(), 1)["verdict"] == "same_pages"
    assert verified(tmp_path / "a.pdf", rewrite(repaint), 1)["verdict"] == "altered"


def test_the_published_pdf_is_an_archive_file_in_vietnamese_with_fields_of_its_own_font(office: Office) -> None:
    (question,) = office.ask()
    data = find(published(office, sign(question["report"])), ".pdf")
    with pikepdf.open(io.BytesIO(data)) as pdf:
        root = pdf.Root
        assert str(root.Lang) == "vi-VN" and root.MarkInfo.Marked and root.AcroForm.SigFlags == 3
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")
        fields = {str(field.T): field for field in root.AcroForm.Fields}
        assert set(fields) == {PERSON, SEAL, *FILLED}
        assert all("/V" not in field and field.F == 4 and "/N" in field.AP for field in fields.values())
        assert "/FontFile2" in root.AcroForm.DR.Font["/So"].FontDescriptor


def add_field_in_box(writer: Any) -> None:
    """As programs do that draw a field of their own where the signer points: smaller, and named otherwise."""
    fields = [reference.get_object() for reference in writer.root["/AcroForm"]["/Fields"]]
    (own,) = (field for field in fields if str(field["/T"]) == PERSON)
    left, bottom, right, top = (float(edge) for edge in own["/Rect"])
    pages = list(writer.root["/Pages"]["/Kids"])
    page = next(n for n, p in enumerate(pages) if p.idnum == own.raw_get("/P").idnum)
    box = (round(left) + 2, round(bottom) + 2, round(right) - 2, round(top) - 2)
    append_signature_field(writer, SigFieldSpec("Signature1", box=box, on_page=page))


def test_who_signed_is_told_by_the_place_and_the_number_is_the_documents(
    office: Office, authority: TestAuthority, tmp_path: Path
) -> None:
    """A copy without the leader, without the number once there is one, or with another number is not taken in."""
    (question,) = office.ask()
    report, path = question["report"], tmp_path / "a.pdf"
    plain = find(published(office, sign(report)), ".pdf")
    seal_alone = sign_test_pdf(plain, authority, SEAL, OFFICE, OFFICE, FILLED)
    assert PERSON in attach(report, path, seal_alone, 2)["error"]["what"]
    leader = sign_test_pdf(plain, authority, PERSON, LEADER, OFFICE)
    assert attach(report, path, leader)["unsigned"] == [SEAL], "taken in, and told what is missing"
    half = sign_test_pdf(leader, authority, SEAL, OFFICE, OFFICE, {"SoVanBan": "05"})
    assert "not all filled in" in attach(report, path, half, 2)["error"]["what"]
    both = sign_test_pdf(leader, authority, SEAL, OFFICE, OFFICE, FILLED)
    assert attach(report, path, both)["unsigned"] == []
    other = sign_test_pdf(leader, authority, SEAL, OFFICE, OFFICE, FILLED | {"SoVanBan": "06"})
    for copy in (other, leader):
        assert "does not bear the document's number 05" in attach(report, path, copy, 2)["error"]["what"]
    assert office.rows("SELECT count(*) FROM ops.signed_copy") == [(2,)]


def test_a_field_that_a_program_drew_within_the_place_is_the_leaders(
    office: Office, authority: TestAuthority, tmp_path: Path
) -> None:
    (question,) = office.ask()
    plain = find(published(office, sign(question["report"], *REGISTRY)), ".pdf")
    source = append(plain, add_field_in_box)
    own = sign_test_pdf(source, authority, "Signature1", LEADER, OFFICE)
    taken = attach(question["report"], tmp_path / "a.pdf", own)
    assert [(s["field"], s["place"]) for s in taken["signatures"]] == [("Signature1", PERSON)]


def test_an_office_that_signs_digitally_sends_nothing_before(
    office: Office, authority: TestAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (question,) = office.ask()
    report = question["report"]
    plain = find(published(office, sign(report, *REGISTRY)), ".pdf")
    contacts = home(tmp_path / "home", monkeypatch) / "catalog" / "contacts.yaml"
    text = contacts.read_text(encoding="utf-8")
    waits = f"signed_before_dispatch: {{{SCOPE}: [{PERSON}, {SEAL}]}}"
    contacts.write_text(text.replace("signed_before_dispatch: {}", waits), encoding="utf-8")
    leader = sign_test_pdf(plain, authority, PERSON, LEADER, OFFICE)
    for copy, missing in ((None, [PERSON, SEAL]), (leader, [SEAL])):
        if copy:
            attach(report, tmp_path / "a.pdf", copy)
        done = steps.dispatch_folders()
        assert done["folders"] == [] and [d["unsigned"] for d in done["unsigned"]] == [missing]
    attach(report, tmp_path / "a.pdf", sign_test_pdf(leader, authority, SEAL, OFFICE, OFFICE))
    done = steps.dispatch_folders()
    assert done["folders"] and "unsigned" not in done
    assert all(list((office.settings.outbox / folder).glob("*_da-ky.pdf")) for folder in done["folders"])
    assert steps.dispatch_folders()["folders"] == []
