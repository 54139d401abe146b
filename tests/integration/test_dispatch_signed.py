"""From the signature to the recipients: what a person approved is what each of them gets, and a correction too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from etl import steps
from etl.catalog.loader import Catalogue
from etl.cli.commands import app
from etl.settings import Settings
from tests.integration.published import addresses, home
from tests.integration.test_signing import PERIOD, SCOPE, TODAY, Office, approve
from tests.mailbox import Mailbox

pytestmark = pytest.mark.integration

RECIPIENTS = {"ubnd-tinh-bac-giang", "so-y-te-bac-giang"}  # Huyện ủy has ended by the day of the report


@pytest.fixture
def office(
    warehouse: Settings,
    loader: Engine,
    catalogue: Catalogue,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Office]:
    """Tân Yên, with one report signed; the province has an address."""
    monkeypatch.setenv("TONGKET_SIMULATED", "1")
    addresses(home(tmp_path / "home", monkeypatch), {"ubnd-tinh-bac-giang": "van.phong@ubnd.test"})
    made = Office(warehouse, loader, catalogue)
    made.draft_first()
    (question,) = made.ask()
    approve(question["report"], number="05", date=TODAY, signer="Trần Văn B")
    yield made


def _given(office: Office, document: str) -> dict[str, Path]:
    return {
        path.parent.name: path for path in office.settings.outbox.glob(f"reports/{PERIOD}/{SCOPE}/gui/*/{document}")
    }


def test_each_recipient_holds_the_signed_files_and_can_prove_it(office: Office) -> None:
    steps.dispatch_folders()
    given = _given(office, "ty-ct25_quarter")
    assert set(given) == RECIPIENTS, "those it is addressed to, and those it is copied to"
    published = office.settings.outbox / f"reports/{PERIOD}/{SCOPE}/ty-ct25_quarter"
    signed = {path.name: path.read_bytes() for path in published.iterdir() if "_facts" not in path.name}
    for folder in given.values():
        assert {p.name: p.read_bytes() for p in folder.iterdir() if p.name != "manifest.json"} == signed
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert (manifest["signed_by"], manifest["number"], manifest["note"]) == ("Trần Văn B", 5, "SỐ LIỆU MÔ PHỎNG")
        (word,) = folder.glob("*.docx")
        assert CliRunner().invoke(app, ["verify", str(word), "--offline"]).exit_code == 0


@pytest.mark.usefixtures("with_pdf")
def test_a_correction_follows_its_report(office: Office) -> None:
    box = Mailbox()
    with box.open():
        steps.dispatch_folders()
        steps.dispatch_mail(box.post)
        office.send(640)
        office.draft()
        (correction,) = office.ask("run 2")
        approve(correction["report"], number="06", date=TODAY, signer="Trần Văn B")
        done = steps.dispatch_folders()
        steps.dispatch_mail(box.post)
    assert {Path(folder).name for folder in done["folders"]} == {"ty-ct25_quarter_thay-the-1"}
    assert set(_given(office, "ty-ct25_quarter")) == set(_given(office, "ty-ct25_quarter_thay-the-1")) == RECIPIENTS
    report, corrected = box.messages
    assert report["Subject"].startswith("[SỐ LIỆU MÔ PHỎNG] Sở Y tế: Báo cáo kết quả")
    assert corrected["Subject"].startswith("[SỐ LIỆU MÔ PHỎNG] Sở Y tế: Thay thế số liệu Báo cáo")
    assert report["Message-ID"] != corrected["Message-ID"]
    names = [[str(part.get_filename()) for part in message.iter_attachments()] for message in box.messages]
    assert [{Path(name).suffix for name in attached} for attached in names] == [{".pdf", ".xlsx"}, {".pdf"}]


def test_the_shell_dispatches_and_names_what_waits(office: Office) -> None:
    done = json.loads(CliRunner().invoke(app, ["dispatch", "--json"]).stdout)
    assert len(done["folders"]) == len(RECIPIENTS)
    (waiting,) = done["mail"]
    assert (waiting["step"], waiting["address"]) == ("waiting", "van.phong@ubnd.test")
    for wrong in (["--arrived", "<a@b>", "--not-arrived", "<a@b>"], ["--arrived", "<a@b>"]):
        assert CliRunner().invoke(app, ["dispatch", *wrong]).exit_code == 2


@pytest.mark.usefixtures("warehouse")
def test_the_shell_reminds() -> None:
    done = json.loads(CliRunner().invoke(app, ["remind", "--scope", SCOPE, "--day", "2024-04-18", "--json"]).stdout)
    assert done["day"] == "2024-04-18" and "day off" in done["skipped"]
