"""Two reports on one plan and cadence, each to recipients of its own: neither takes the other's place anywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from etl import steps
from etl.catalog import load_catalogue
from etl.catalog.loader import list_catalogue_problems
from etl.errors import UsageError
from etl.lineage.number_trace import trace_number
from etl.page.page_app import build_page_app
from etl.page.page_login import PageUser
from etl.settings import Settings
from tests.integration.published import home
from tests.integration.test_signing import PERIOD, SCOPE, TODAY, Office, approve, decide
from tests.report.samples import open_word

pytestmark = pytest.mark.integration

ONE = "  - {plan: ty-ct25, cadence: quarter, recipients: [Ủy ban nhân dân tỉnh Bắc Giang, Huyện ủy Tân Yên],"
OTHERS = {"ubnd": "Ủy ban nhân dân tỉnh Bắc Giang", "so": "Sở Y tế"}
PRINTED = {"ubnd": "Ủy ban nhân dân thành phố Bắc Ninh", "so": "Sở Y tế"}  # as they are called on the day of the draft


def split_report(catalog: Path, *audiences: str) -> None:
    """A report to each recipient of the quarter's report, for an audience each; without one where it is empty."""
    path = catalog / "scopes" / f"{SCOPE}.yaml"
    text = path.read_text(encoding="utf-8")
    rest = next(line for line in text.splitlines() if line.startswith(ONE)).removeprefix(ONE)
    kept = rest.replace(' copies: ["Sở Y tế (báo cáo)"],', "")
    lines = [
        f"  - {{plan: ty-ct25, cadence: quarter,{f' audience: {name},' if name else ''} recipients: [{to}],{kept}"
        for name, to in zip(audiences, OTHERS.values(), strict=True)
    ]
    path.write_text(text.replace(ONE + rest, "\n".join(lines)), encoding="utf-8")
    contacts = catalog / "contacts.yaml"
    known, printed = contacts.read_text(encoding="utf-8"), 'printed: ["Sở Y tế (báo cáo)"], scopes: [tan-yen]'
    assert printed in known
    contacts.write_text(
        known.replace(printed, 'printed: ["Sở Y tế", "Sở Y tế (báo cáo)"], scopes: [tan-yen]'), encoding="utf-8"
    )


@pytest.fixture
def office(warehouse: Settings, loader: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Tân Yên with a draft for the province, and one for Sở Y tế."""
    monkeypatch.setenv("TONGKET_SIMULATED", "1")
    split_report(home(tmp_path / "home", monkeypatch) / "catalog", *OTHERS)
    made = Office(warehouse, loader, load_catalogue(tmp_path / "home" / "catalog"))
    made.draft_first()
    return made


def _list_given(office: Office) -> set[tuple[str, str]]:
    """(recipient, document) of all that went out."""
    given = office.settings.outbox.glob(f"reports/{PERIOD}/{SCOPE}/gui/*/*")
    return {(path.parent.name, path.name) for path in given}


def test_each_is_drafted_asked_about_sent_and_replaced_by_itself(office: Office) -> None:
    drafts = office.draft()
    words = {path.name: path for path in drafts if path.suffix == ".docx"}
    assert set(words) == {f"ty-ct25_{PERIOD}_{name}_bao-cao.docx" for name in OTHERS}
    heads = [json.loads(path.read_bytes())["head"] for path in drafts if path.name.endswith("_facts.json")]
    assert {head["audience"]: head["recipients"] for head in heads} == {name: [to] for name, to in PRINTED.items()}
    for name, to in PRINTED.items():
        body = open_word(words[f"ty-ct25_{PERIOD}_{name}_bao-cao.docx"].read_bytes()).element.body
        opening = "".join(body.itertext()).partition("Kính gửi:")[2].lstrip()
        assert opening.startswith(to)
    assert office.rows("SELECT count(*) FROM ops.report") == [(2,)], "drafted again, they are the same drafts"

    questions = office.ask()
    assert [f"(gửi {to})" in q["subject"] for q, to in zip(questions, PRINTED.values(), strict=True)] == [True, True]
    first, second = (q["report"] for q in questions)
    assert approve(first, number="05", date=TODAY, signer="A")["folder"].endswith("/ty-ct25_quarter_ubnd")
    assert [q.report for q in office.open_questions()] == [second]
    steps.dispatch_folders()
    first_sent = {("ubnd-tinh-bac-giang", "ty-ct25_quarter_ubnd")}
    assert _list_given(office) == first_sent
    approve(second, number="06", date=TODAY, signer="A")
    steps.dispatch_folders()
    both_sent = first_sent | {("so-y-te-bac-giang", "ty-ct25_quarter_so")}
    assert _list_given(office) == both_sent

    office.send(640)
    office.draft()
    asked = office.ask("run 2")
    assert len(asked) == 2
    done = approve(asked[1]["report"], number="07", date=TODAY, signer="A")
    assert done["folder"].endswith("/ty-ct25_quarter_so_thay-the-1")
    steps.dispatch_folders()
    assert _list_given(office) - both_sent == {("so-y-te-bac-giang", "ty-ct25_quarter_so_thay-the-1")}
    assert [q.report for q in office.open_questions()] == [asked[0]["report"]], "the other's waits"


def test_what_was_drafted_for_all_is_not_published_when_each_has_a_report(
    warehouse: Settings, loader: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = home(tmp_path / "home", monkeypatch) / "catalog"
    made = Office(warehouse, loader, load_catalogue(catalog))
    made.draft_first()
    (whole,) = made.ask()
    split_report(catalog, *OTHERS)
    assert "no longer writes the report ty-ct25_quarter:" in decide(whole["report"], "approved")["refused"]
    assert made.rows("SELECT count(*) FROM ops.sign_off") == [(0,)]
    made.draft()
    assert len(made.ask("run 2")) == len(OTHERS)


def test_page_and_shell_say_which(office: Office) -> None:
    whole = FastAPI()
    whole.mount("/tongket", build_page_app(lambda: PageUser("a", lambda _: True), "zq" * 20))
    with TestClient(whole, base_url="http://testserver/tongket/") as client:
        listed = client.get("documents?shown=all").text
    assert all(f"(gửi {to})" in listed for to in PRINTED.values())
    office.draft()
    (first, one), (second, other) = office.rows("SELECT report_id, audience FROM ops.report ORDER BY 1")
    both = rf"several reports: {first} \(.*_{one}\), {second} \(.*_{other}\)"
    with pytest.raises(UsageError, match=both):
        trace_number(f"ty-ct25:quarter:{PERIOD}", "telehealth")
    for name, number in (
        (f"ty-ct25:quarter:{PERIOD}:{other}", second),
        (f"{SCOPE}:ty-ct25:quarter:{PERIOD}:{one}", first),
    ):
        assert trace_number(name, "telehealth")["report"]["id"] == number
    annexes = [path for path in office.draft() if path.suffix == ".xlsx"]
    assert len({path.read_bytes() for path in annexes}) == 1, "it prints no recipient"
    with pytest.raises(UsageError, match=both):
        steps.sign_document(str(annexes[0]), "A")
    said = steps.verify_file(annexes[1])
    assert (said["verdict"], said["report"]) == ("draft", second)
    assert [(also["report"], also["audience"]) for also in said["also"]] == [(first, one)]


@pytest.mark.parametrize(
    ("audiences", "said"),
    [
        (("", ""), "would replace the first"),
        (("", "so"), "would replace the first"),
        (("so", ""), "would replace the first"),
        (("so", "so"), "would replace the first"),
        (("so", "../x"), "audience"),
        (("so", "So"), "audience"),
        (("so", "so_thay-the-1"), "audience"),
        (tuple(OTHERS), None),
    ],
)
def test_reports_without_a_name_of_their_own_are_refused(
    audiences: tuple[str, str], said: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = home(tmp_path / "home", monkeypatch) / "catalog"
    split_report(catalog, *audiences)
    found = [f"{p.where} {p.what}" for p in list_catalogue_problems(catalog)]
    assert [said in text for text in found] == [True] if said else found == []


def test_a_recipient_of_two_reports_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = home(tmp_path / "home", monkeypatch) / "catalog"
    split_report(catalog, *OTHERS)
    path = catalog / "scopes" / f"{SCOPE}.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f"recipients: [{OTHERS['so']}]", f"recipients: [{OTHERS['ubnd']}]"), encoding="utf-8")
    (found,) = list_catalogue_problems(catalog)
    assert "addressed by two reports" in found.what
    assert "audience: so" in path.read_text(encoding="utf-8").splitlines()[found.line - 1]
