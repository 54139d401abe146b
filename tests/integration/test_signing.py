"""From a draft to what is published: only a person decides, only the last draft passes, and what was signed is proved."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import stat
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from etl import load, steps
from etl.approval.record_signing import is_signed_record, sign_record
from etl.approval.registry_entry import RegistryEntry
from etl.approval.signoff_question import SignoffQuestion, describe_question
from etl.catalog.loader import Catalogue
from etl.cli.commands import app
from etl.errors import MailError, StorageError, UsageError
from etl.model.vietnam_time import get_current_date
from etl.report.file_properties import read_file_properties
from etl.settings import Settings
from etl.warehouse import signoff_store
from etl.warehouse.signoff_store import Decision
from tests.conftest import StateMaker
from tests.integration.build import item
from tests.integration.published import home
from tests.mailbox import Mailbox

pytestmark = pytest.mark.integration

SCOPE, PERIOD, CADENCE, FORM = "tan-yen", "2024Q1", "quarter", "ty-commune-quarter"
TODAY = get_current_date().isoformat()
TOMORROW = (get_current_date() + dt.timedelta(days=1)).isoformat()
AT = f"{TOMORROW}T09:00:00+07:00"


class Office:
    """One scope's report of a quarter, drafted as often as units send."""

    def __init__(self, settings: Settings, loader: Engine, catalogue: Catalogue) -> None:
        self.settings, self.loader, self.catalogue = settings, loader, catalogue
        scope = catalogue.scopes[SCOPE]
        self.units = [u.code for u in catalogue.list_children(scope.area_unit, scope.child_level, catalogue_end())][:2]
        self.sent = 1  # by `draft_first`, whoever calls it

    def draft_first(self) -> None:
        """What every test begins with: one unit has sent its form, and the report is drafted."""
        self.sent = 0
        self.send(500)
        self.draft()

    def send(self, users: int, unit: int = 0) -> None:
        """A unit sends its form: of 1000 people, so many use the application."""
        self.sent += 1
        code = self.units[unit]
        cells = {(code, "pop_total"): "1000", (code, "telehealth_users"): str(users)}
        with self.loader.begin() as conn:
            given = item(conn, self.catalogue, FORM, code, PERIOD, cells, name=f"{code}_{self.sent}.xlsx")
            load.load_deliveries(conn, [given])

    def draft(self) -> list[Path]:
        return [Path(name) for name in steps.draft_reports(SCOPE, PERIOD, CADENCE)["documents"]]

    def ask(self, run: str = "run 1") -> list[dict[str, Any]]:
        return steps.request_signoffs([SCOPE], PERIOD, CADENCE, run)

    def open_questions(self) -> list[SignoffQuestion]:
        with self.loader.connect() as conn:
            return [describe_question(report) for report in signoff_store.fetch_open_questions(conn)]

    def rows(self, query: str) -> list[Any]:
        with self.loader.connect() as conn:
            return list(conn.execute(text(query)))


def catalogue_end() -> Any:
    from etl.model import Period

    return Period.parse(PERIOD).end


@pytest.fixture
def office(
    warehouse: Settings, loader: Engine, catalogue: Catalogue, begin_with: StateMaker, monkeypatch: pytest.MonkeyPatch
) -> Office:
    """With a draft, which `test_registration` begins with too."""
    monkeypatch.setenv("TONGKET_SIMULATED", "1")
    made = Office(warehouse, loader, catalogue)
    begin_with("office with a draft", made.draft_first)
    return made


def decide(report: int, decision: Decision, **words: str) -> dict[str, Any]:
    """What comes of a person's decision, or why nothing does."""
    number, date, signer, title = (words.pop(name, "") for name in ("number", "date", "signer", "title"))
    entry = RegistryEntry(number, date, signer, title.splitlines())
    at, reason = words.pop("at", AT), words.pop("reason", "")
    assert not words, words
    try:
        return steps.apply_decision(report, decision, "Nguyễn Thị A", at, reason, entry)
    except UsageError as error:
        return {"refused": str(error)}


def approve(report: int, **words: str) -> dict[str, Any]:
    done = decide(report, "approved", **words)
    assert "refused" not in done, done
    return done


def published(office: Office, done: dict[str, Any]) -> dict[str, bytes]:
    folder = office.settings.outbox / done["folder"]
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- approved ----------------------------------------------------------------------------------------------


def test_a_draft_stays_while_nothing_that_it_prints_changes(office: Office) -> None:
    def recorded() -> int:
        return len(office.rows("SELECT 1 FROM ops.report"))

    before = {path: path.read_bytes() for path in office.draft()}
    drafts = recorded()
    with office.loader.begin() as conn:  # a later quarter: another snapshot, of which this report tells nothing
        cells = {(office.units[0], "pop_total"): "1100"}
        load.load_deliveries(
            conn, [item(conn, office.catalogue, FORM, office.units[0], "2024Q2", cells, name="later.xlsx")]
        )
    assert {path: path.read_bytes() for path in office.draft()} == before
    assert recorded() == drafts
    office.send(700)
    assert {path: path.read_bytes() for path in office.draft()} != before
    assert recorded() == drafts + 1


def test_what_is_approved_is_published_with_who_when_hash_and_snapshot(office: Office) -> None:
    (question,) = office.ask()
    done = approve(question["report"])
    files = published(office, done)
    assert done["folder"] == f"reports/{PERIOD}/{SCOPE}/ty-ct25_quarter"
    assert set(files) == set(done["files"])
    sidecar = json.loads(files["chung-thuc.json"])
    assert sidecar["approved"] == {"by": "Nguyễn Thị A", "at": AT}
    assert sidecar["report"] == question["report"] and sidecar["simulated"] is True
    (row,) = office.rows("SELECT * FROM ops.sign_off")
    assert (row.decision, row.decided_by, row.snapshot_id) == ("approved", "Nguyễn Thị A", sidecar["snapshot"]["id"])
    for name, sha256 in row.files.items():
        assert sidecar["files"][name]["draft"] == sha256
        marks = read_file_properties(name, files[name])
        if name.endswith((".docx", ".xlsx")):
            assert marks["TongketApprovedBy"] == "Nguyễn Thị A" and marks["TongketApprovedAt"] == AT
            assert marks["TongketDraftSha256"] == sha256
            assert marks["TongketSnapshot"] == sidecar["snapshot"]["id"]


def test_nothing_that_is_seen_changes_by_publishing(office: Office) -> None:
    (question,) = office.ask()
    files = published(office, approve(question["report"]))
    for draft in office.draft():
        if draft.suffix in {".docx", ".xlsx"}:
            before, after = zipfile.ZipFile(draft), zipfile.ZipFile(_file(office, draft.name))
            added = set(after.namelist()) - set(before.namelist())
            assert added == {"docProps/custom.xml"}
            changed = {name for name in before.namelist() if before.read(name) != after.read(name)}
            assert changed == {"[Content_Types].xml", "_rels/.rels"}
        if draft.suffix == ".json":
            assert files[draft.name] == draft.read_bytes()


def _file(office: Office, name: str) -> Path:
    return office.settings.outbox / "reports" / PERIOD / SCOPE / "ty-ct25_quarter" / name


def test_publishing_twice_changes_nothing(office: Office) -> None:
    (question,) = office.ask()
    first = approve(question["report"])
    files = published(office, first)
    assert approve(question["report"], at=f"{TOMORROW}T10:00:00+07:00") == first
    assert published(office, first) == files
    counts = "SELECT (SELECT count(*) FROM ops.sign_off), (SELECT count(*) FROM ops.publication)"
    assert office.rows(counts) == [(1, 1)]


def test_a_folder_left_by_a_run_that_broke_off_is_replaced(office: Office) -> None:
    (question,) = office.ask()
    left = _file(office, "half.docx")
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    files = published(office, approve(question["report"]))
    assert "half.docx" not in files
    assert not [p for p in left.parent.parent.iterdir() if p.name.startswith(".tmp")]


def test_what_cannot_be_written_is_neither_published_nor_recorded(office: Office) -> None:
    (question,) = office.ask()
    blocked = office.settings.outbox / "reports"
    blocked.write_bytes(b"a file where a folder should be")
    with pytest.raises(StorageError, match=r"Not a directory|File exists"):
        decide(question["report"], "approved")
    assert office.rows("SELECT * FROM ops.sign_off") == []
    blocked.unlink()
    assert approve(question["report"])["decision"] == "approved"


# --- sent back, or nobody ------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["", " \n"])
def test_sent_back_without_a_reason_decides_nothing(office: Office, reason: str) -> None:
    (question,) = office.ask()
    done = decide(question["report"], "sent_back", reason=reason)
    assert "without a reason" in done["refused"]
    assert office.rows("SELECT * FROM ops.sign_off") == []


def test_a_draft_sent_back_is_not_published_and_the_next_one_says_why(office: Office) -> None:
    (question,) = office.ask()
    kept = "Thiếu nguyên nhân"
    done = decide(question["report"], "sent_back", reason=f" {kept} ")
    assert (done["decision"], done["reason"], done["folder"]) == ("sent_back", kept, "")
    assert not (office.settings.outbox / "reports").exists()
    assert office.ask("run 2") == [], "decided"
    office.send(510)
    office.draft()
    (again,) = office.ask("run 3")
    assert again["report"] != question["report"]
    (told,) = office.open_questions()
    assert told.report == again["report"] and kept in told.lines[-1] and "Nguyễn Thị A" in told.lines[-1]


def test_a_decision_without_a_person_decides_nothing(office: Office) -> None:
    (question,) = office.ask()
    with pytest.raises(UsageError, match="needs a name"):
        steps.sign_document(str(question["report"]), " ")
    assert office.rows("SELECT * FROM ops.sign_off") == []


def test_what_is_published_cannot_be_sent_back(office: Office) -> None:
    (question,) = office.ask()
    approve(question["report"])
    refused = decide(question["report"], "sent_back", reason="Nhầm")
    assert "approved already" in refused["refused"]


# --- asked once ----------------------------------------------------------------------------------------------


def test_a_document_is_asked_about_once(office: Office) -> None:
    (question,) = office.ask("run 1")
    assert office.ask("run 2") == []
    assert office.draft() and office.ask("run 2") == [], "the same draft written again"
    assert office.ask("run 1") == [question], "the same run, cleared"
    assert [q.report for q in office.open_questions()] == [question["report"]]


def test_a_question_whose_draft_was_replaced_is_withdrawn_by_itself(office: Office) -> None:
    (question,) = office.ask("run 1")
    office.send(600)
    office.draft()
    assert office.open_questions() == [], "nobody asked about the newer one yet"
    (newer,) = office.ask("run 2")
    assert [q.report for q in office.open_questions()] == [newer["report"]] != [question["report"]]
    approve(newer["report"])
    assert office.open_questions() == []


def test_what_was_sent_back_by_mistake_may_still_be_approved(office: Office) -> None:
    (question,) = office.ask("run 1")
    decide(question["report"], "sent_back", reason="Nhầm")
    assert office.ask("run 1") == office.open_questions() == []
    assert approve(question["report"])["decision"] == "approved"
    assert [row.decision for row in office.rows("SELECT decision FROM ops.sign_off ORDER BY sign_off_id")] == [
        "sent_back",
        "approved",
    ]


def test_people_are_told_what_they_decide_on_in_ten_lines(office: Office) -> None:
    (asked,) = office.ask()
    (question,) = office.open_questions()
    assert asked["subject"] == question.subject
    for named in (question.subject, question.about):
        assert "quý I năm 2024" in named and "Tân Yên" in named
    assert 3 <= len(question.lines) <= 8
    said = "\n".join((question.subject, question.about, *question.lines))
    for row in office.rows("SELECT files, snapshot_id FROM ops.report"):
        assert not any(name in said or sha256 in said for name, sha256 in row.files.items())
        assert row.snapshot_id[:8] not in said
    assert str(office.settings.var) not in said
    assert "chỉ tiêu" in said and "hưa gửi báo cáo" in said and "cảnh báo" in said
    assert "Trước khi ký: Kế hoạch giao Ủy ban nhân dân huyện Tân Yên báo cáo; việc Sở Y tế lập báo cáo này" in said


def test_who_decides_is_told_by_mail_once_while_the_document_waits(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, mailbox = "https://vi-du.test/tongket", Mailbox("451 busy")
    post = mailbox.post
    contacts = home(tmp_path / "home", monkeypatch) / "catalog" / "contacts.yaml"
    with mailbox.open():
        office.ask()
        assert "nobody is told" in steps.mail_questions(post, page)["skipped"]
        named = f"approvers: {{{SCOPE}: [a@vi-du.test, b@vi-du.test], kon-tum: [c@vi-du.test]}}"
        contacts.write_text(contacts.read_text(encoding="utf-8").replace("approvers: {}", named), encoding="utf-8")
        assert "nobody is told" in steps.mail_questions(None, page)["skipped"]
        with pytest.raises(MailError):
            steps.mail_questions(post, page)
        for _ in range(2):
            steps.mail_questions(post, page)
        assert sorted(mailbox.to) == ["a@vi-du.test", "b@vi-du.test"], "once each, though the mail failed at first"
        (drafted,) = office.settings.outbox.glob("drafts/*/*/*facts.json")
        kept = drafted.read_bytes()
        drafted.write_text("{}")
        with pytest.raises(StorageError, match="1 questions were not written"):
            steps.mail_questions(post, page)
        drafted.write_bytes(kept)
        office.send(600)
        office.draft()
        assert steps.mail_questions(post, page) == {"sent": []}, "replaced, and not asked about yet"
    (question,) = {message["Subject"]: message for message in mailbox.messages}.values()
    (waiting,) = office.rows("SELECT report_id FROM ops.sign_off_question")
    assert "SỐ LIỆU MÔ PHỎNG" in question["Subject"] and "quý I năm 2024" in question["Subject"]
    assert f"{page}/documents/{waiting.report_id}\n" in question.get_content().replace("\r\n", "\n")


# --- stale ---------------------------------------------------------------------------------------------------


def test_a_draft_that_was_replaced_is_never_published(office: Office) -> None:
    (question,) = office.ask()
    office.send(600)
    office.draft()
    refused = decide(question["report"], "approved")["refused"]
    assert "replaced by a newer one" in refused
    assert office.rows("SELECT * FROM ops.sign_off") == []
    assert not (office.settings.outbox / "reports").exists()
    (newer,) = office.ask("run 2")
    assert approve(newer["report"])["report"] == newer["report"]


def test_a_draft_older_than_its_figures_is_never_published(office: Office) -> None:
    (question,) = office.ask()
    office.send(600)
    loaded = decide(question["report"], "approved")["refused"]
    assert steps.list_periods_to_compute([]) == [PERIOD]
    steps.compute_attainment(SCOPE, PERIOD)
    computed = decide(question["report"], "approved")["refused"]
    assert "figures or catalogue have changed" in loaded and "figures or catalogue have changed" in computed
    assert office.rows("SELECT * FROM ops.sign_off") == [] and not (office.settings.outbox / "reports").exists()
    office.draft()
    (newer,) = office.ask("run 2")
    assert approve(newer["report"])["decision"] == "approved"


def test_a_draft_older_than_its_catalogue_is_never_published(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (question,) = office.ask()
    plan = home(tmp_path / "home", monkeypatch) / "catalog" / "plans" / "ty-ct25.yaml"
    before = '"trên 40%", operator: ">", value: 40'
    assert before in plan.read_text(encoding="utf-8")
    plan.write_text(plan.read_text(encoding="utf-8").replace(before, before.replace("40", "45")), encoding="utf-8")
    assert steps.receive_deliveries()["received"] == 0
    assert steps.list_periods_to_compute([]) == [PERIOD], "within one run of the amendment, with an empty inbox"
    refused = decide(question["report"], "approved")["refused"]
    assert "figures or catalogue have changed" in refused
    office.draft()
    (newer,) = office.ask("run 2")
    assert newer["report"] != question["report"] and approve(newer["report"])["decision"] == "approved"
    assert steps.list_periods_to_compute([]) == []


def test_what_was_computed_and_not_drafted_is_announced_until_it_is(office: Office) -> None:
    """Whether its event was lost or the run that drafts it was killed; and a draft that stands is looked at once."""

    def announced() -> bool:
        return PERIOD in steps.list_periods_to_compute([])

    assert not announced()
    for period, drafts in ((PERIOD, 2), ("2024Q2", 2)):
        with office.loader.begin() as conn:
            cells = {(office.units[0], "pop_total"): "1100"}
            sent = item(conn, office.catalogue, FORM, office.units[0], period, cells, name="later.xlsx")
            load.load_deliveries(conn, [sent])
        steps.compute_attainment(SCOPE, PERIOD)
        assert announced() and announced()
        for _ in range(2):
            office.draft()
            assert not announced()
        assert len(office.rows("SELECT * FROM ops.report")) == drafts, "the second prints what the first did"


def test_a_period_is_not_announced_twice_while_its_runs_may_go_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def announced(minutes: int) -> bool:
        monkeypatch.setenv("TONGKET_REANNOUNCE_MINUTES", str(minutes))
        return "2024Q2" in steps.announce_periods([])

    with office.loader.begin() as conn:
        cells = {(office.units[0], "pop_total"): "1100"}
        load.load_deliveries(conn, [item(conn, office.catalogue, FORM, office.units[0], "2024Q2", cells)])
    assert announced(30), "the event of its loading was lost"
    assert not announced(30)
    assert announced(0), "the time is over and it is still stale"
    assert steps.announce_periods([{"periods": ["2024Q2"]}]) == ["2024Q2"], "what was loaded now never waits"
    steps.compute_attainment(SCOPE, "2024Q2")
    assert not announced(30), "its report may be under way"
    assert announced(0), "computed and never drafted"


def test_a_scope_that_is_not_run_here_is_never_announced(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.send(600)
    monkeypatch.setenv("TONGKET_SCOPES", "kon-tum")
    assert steps.list_periods_to_compute([]) == []


def test_a_draft_whose_file_was_changed_is_never_published(office: Office) -> None:
    (question,) = office.ask()
    word = next(path for path in office.draft() if path.suffix == ".docx")
    word.write_bytes(word.read_bytes() + b" ")
    refused = decide(question["report"], "approved")["refused"]
    assert word.name in refused and "not as it was written" in refused
    assert not (office.settings.outbox / "reports").exists()


# --- corrections ---------------------------------------------------------------------------------------------


def test_a_changed_number_raises_a_correction_and_the_first_report_stays(office: Office) -> None:
    (question,) = office.ask()
    first = approve(question["report"])
    before = published(office, first)
    office.send(640)
    office.draft()
    (correction,) = office.ask("run 2")
    assert "báo cáo thay thế" in correction["subject"]
    done = approve(correction["report"])
    assert done["kind"] == "correction" and done["folder"].endswith("ty-ct25_quarter_thay-the-1")
    assert published(office, first) == before
    files = published(office, done)
    facts = json.loads(next(data for name, data in files.items() if name.endswith("_facts.json")))
    row = next(r for r in facts["rows"] if r["unit"] == office.units[0])
    assert row["before"].startswith("50") and row["after"].startswith("64")
    assert facts["corrects"]["report"] == question["report"]
    assert any("lần 2" in cause for cause in facts["causes"])
    word = next(data for name, data in files.items() if name.endswith(".docx"))
    import io

    said = zipfile.ZipFile(io.BytesIO(word)).read("word/document.xml").decode()
    assert row["before"] in said and row["after"] in said and "{{" not in said
    assert office.ask("run 3") == [], "nothing has changed since"


def test_other_bytes_with_the_same_numbers_raise_nothing(office: Office) -> None:
    (question,) = office.ask()
    approve(question["report"])
    office.send(500)
    word = next(path for path in office.draft() if path.suffix == ".docx")
    assert word.read_bytes() != b""
    assert len(office.rows("SELECT * FROM ops.report")) == 2, "drafted again, at another snapshot"
    assert office.ask("run 2") == []


def test_a_correction_is_itself_corrected_and_one_that_was_overtaken_is_not_published(office: Office) -> None:
    (question,) = office.ask()
    approve(question["report"])
    office.send(640)
    office.draft()
    (first,) = office.ask("run 2")
    office.send(500)
    office.draft()
    assert office.ask("run 3") == [], "the numbers are again as they were printed"
    assert "figures have changed since" in decide(first["report"], "approved")["refused"]
    office.send(700)
    office.draft()
    (second,) = office.ask("run 4")
    approve(second["report"])
    office.send(710)
    office.draft()
    (third,) = office.ask("run 5")
    done = approve(third["report"])
    assert done["folder"].endswith("_thay-the-2")
    facts = json.loads(next(d for n, d in published(office, done).items() if n.endswith("_facts.json")))
    assert next(r for r in facts["rows"] if r["unit"] == office.units[0])["before"].startswith("70")
    assert facts["corrects"]["report"] == question["report"]


def test_the_same_correction_is_drafted_once(office: Office) -> None:
    (question,) = office.ask()
    approve(question["report"])
    office.send(640)
    office.draft()
    (first,) = office.ask("run 2")
    office.send(640)
    office.draft()
    assert office.ask("run 3") == []
    assert approve(first["report"])["kind"] == "correction"


# --- verify --------------------------------------------------------------------------------------------------


def verified(*arguments: str, code: int) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["verify", *arguments, "--json"])
    assert done.exit_code == code, done.output
    return dict(json.loads(done.stdout))


def test_every_published_file_is_proved_and_nothing_else(office: Office, tmp_path: Path) -> None:
    (question,) = office.ask()
    drafts = office.draft()
    for path in drafts:
        assert verified(str(path), code=1)["says"] == "Bản nháp, chưa ký."
    done = approve(question["report"])
    for name in published(office, done):
        found = verified(str(_file(office, name)), code=0)
        assert found["source"] == "warehouse"
        assert found["approved"] == {"by": "Nguyễn Thị A", "at": AT} and found["report"] == question["report"]
    word = _file(office, next(p.name for p in drafts if p.suffix == ".docx"))
    altered = tmp_path / word.name
    with zipfile.ZipFile(word) as source, zipfile.ZipFile(altered, "w") as target:
        for info in source.infolist():
            data = source.read(info)
            target.writestr(info, data.replace(b"50", b"51") if info.filename == "word/document.xml" else data)
    found = verified(str(altered), code=1)
    assert found["says"].startswith("Nội dung đã bị thay đổi so với bản đã phát hành")
    assert found["report"] == question["report"] and all(change["place"] for change in found["changes"])
    (tmp_path / "other.docx").write_bytes(b"no report")
    assert verified(str(tmp_path / "other.docx"), code=1)["verdict"] == "unknown"
    assert CliRunner().invoke(app, ["verify", str(tmp_path / "none.docx")]).exit_code == 2


def test_away_from_the_warehouse_the_record_beside_the_file_proves_it(office: Office, tmp_path: Path) -> None:
    (question,) = office.ask()
    drafts = office.draft()
    approve(question["report"])
    away = tmp_path / "away"
    shutil.copytree(_file(office, "x").parent, away)
    word = next(p for p in away.iterdir() if p.suffix == ".docx")
    found = verified(str(word), "--offline", code=0)
    assert (found["source"], found["approved"]["by"]) == ("record", "Nguyễn Thị A")
    (public,) = (office.settings.outbox / "reports").glob("khoa-cong-khai_*.pem")
    assert verified(str(word), "--offline", "--key", str(public), code=0)["verdict"] == "signed"
    shutil.copy(next(p for p in drafts if p.suffix == ".docx"), word)
    assert verified(str(word), "--offline", code=1)["verdict"] == "draft"
    with zipfile.ZipFile(next(p for p in away.iterdir() if p.suffix == ".xlsx"), "a") as annex:
        annex.writestr("added", b"")
    changed = next(p for p in away.iterdir() if p.suffix == ".xlsx")
    assert verified(str(changed), "--offline", code=1)["verdict"] == "altered"
    (away / "chung-thuc.json").unlink()
    assert CliRunner().invoke(app, ["verify", str(word), "--offline"]).exit_code == 2


def _forge(folder: Path, change: Any) -> Path:
    """A file of ours in a folder, and a record that says whatever was made of the true one."""
    word, record = folder / "bao-cao.docx", folder / "chung-thuc.json"
    word.write_bytes(b"forged")
    said = change(json.loads(record.read_text(encoding="utf-8")))
    said["files"] = {word.name: {"draft": "0" * 64, "published": hashlib.sha256(b"forged").hexdigest()}}
    record.write_text(json.dumps(said), encoding="utf-8")
    return word


@pytest.mark.parametrize("forged", ["unsigned", "of the true one", "with another key"])
def test_a_forged_record_proves_nothing(office: Office, tmp_path: Path, forged: str) -> None:
    (question,) = office.ask()
    approve(question["report"])
    away = tmp_path / "away"
    shutil.copytree(_file(office, "x").parent, away)

    def change(record: dict[str, Any]) -> dict[str, Any]:
        record["approved"]["by"] = "Bộ trưởng"
        if forged == "unsigned":
            del record["signature"]
        return record

    word = _forge(away, change)
    if forged == "with another key":
        other = replace(office.settings, var=tmp_path / "other")
        said = json.loads((away / "chung-thuc.json").read_text(encoding="utf-8"))
        (away / "chung-thuc.json").write_text(json.dumps(sign_record(other, said)), encoding="utf-8")
        assert is_signed_record(sign_record(other, said), other) is False, "a key that was never published"
    found = verified(str(word), "--offline", code=1)
    assert found["verdict"] == "unknown" and "Không xác minh được" in found["says"] and "approved" not in found


def test_keys_are_their_owners_alone_and_a_new_one_leaves_what_was_signed_proved(
    office: Office, tmp_path: Path
) -> None:
    (question,) = office.ask()
    first = office.settings.outbox / approve(question["report"])["folder"]
    private = office.settings.secrets / "signing.pem"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600 and stat.S_IMODE(private.parent.stat().st_mode) == 0o700
    private.rename(tmp_path / "put-away.pem")
    office.send(640)
    office.draft()
    (correction,) = office.ask("run 2")
    second = office.settings.outbox / approve(correction["report"])["folder"]
    used = [
        json.loads((f / "chung-thuc.json").read_text(encoding="utf-8"))["signature"]["key"] for f in (first, second)
    ]
    assert used[0] != used[1]
    kept = office.rows("SELECT key_id, public_key FROM ops.signing_key ORDER BY recorded_at")
    assert [row.key_id for row in kept] == used
    for folder, row in zip((first, second), kept, strict=True):
        word = next(folder.glob("*.docx"))
        public = office.settings.outbox / "reports" / f"khoa-cong-khai_{row.key_id[:16]}.pem"
        assert public.read_text(encoding="utf-8") == row.public_key
        assert verified(str(word), "--offline", code=0)["verdict"] == "signed"
        assert verified(str(word), "--offline", "--key", str(public), code=0)["verdict"] == "signed"
    assert verified(str(next(first.glob("*.docx"))), "--offline", "--key", str(public), code=1)["verdict"] == "unknown"
    wrong = CliRunner().invoke(app, ["verify", str(word), "--offline", "--key", str(word)])
    assert wrong.exit_code == 2 and "no Ed25519 public key" in wrong.output


def test_who_verifies_a_report_learns_of_its_corrections(office: Office) -> None:
    (question,) = office.ask()
    approve(question["report"])
    office.send(640)
    office.draft()
    (correction,) = office.ask("run 2")
    approve(correction["report"])
    found = verified(str(_file(office, "chung-thuc.json")), code=0)
    assert [c["report"] for c in found["corrected_by"]] == [correction["report"]]


# --- the shell, and the tables -------------------------------------------------------------------------------


def test_people_without_airflow_sign_from_the_shell(office: Office) -> None:
    word = next(path for path in office.draft() if path.suffix == ".docx")
    back = CliRunner().invoke(app, ["sign", str(word), "--by", "Trần B", "--send-back", "Sai tên huyện", "--json"])
    assert (json.loads(back.stdout)["decision"], json.loads(back.stdout)["reason"]) == ("sent_back", "Sai tên huyện")
    done = CliRunner().invoke(app, ["sign", str(word), "--by", "Trần B", "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout)["by"] == "Trần B"
    assert CliRunner().invoke(app, ["sign", "999", "--by", "Trần B"]).exit_code == 2
    assert CliRunner().invoke(app, ["sign", "nothing.docx", "--by", "Trần B"]).exit_code == 2


@pytest.mark.parametrize("table", ["sign_off", "sign_off_question", "publication"])
def test_nobody_rewrites_a_decision(office: Office, table: str, engine_as: Any) -> None:
    (question,) = office.ask()
    approve(question["report"])
    for change in (f"DELETE FROM ops.{table}", f"UPDATE ops.{table} SET recorded_at = now()"):
        with engine_as("owner").begin() as conn, pytest.raises(IntegrityError, match="append-only"):
            conn.execute(text(change))
