"""A published report with its files, as signing leaves it; and an office's own folder of settings."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine

from etl.model.registration import Registration
from etl.settings import PROJECT_ROOT, Settings
from etl.warehouse import journal, signoff_store

WORD, ANNEX = "kt-1693_2024Q1_bao-cao.docx", "kt-1693_2024Q1_phu-luc.xlsx"
OUTGOING = (WORD, ANNEX)
"""What leaves the house: all but the facts."""
FILES = {WORD: b"PK word " * 500, ANNEX: b"PK annex \r\n.\r\n" * 300, "facts.json": b"{}\n"}
SIGNED_ON = dt.date(2024, 4, 26)
SIGNED_AT = "2024-04-25T23:30:00+00:00"  # the 26th in Viet Nam


def home(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """A project folder whose catalogue a test may change; the settings point to it."""
    shutil.copytree(PROJECT_ROOT / "catalog", folder / "catalog")
    shutil.copytree(PROJECT_ROOT / "templates", folder / "templates")
    for name in ("sql", "expectations"):
        (folder / name).symlink_to(PROJECT_ROOT / name)
    patch.setenv("TONGKET_HOME", str(folder))
    return folder


def addresses(
    folder: Path, recipients: Mapping[str, str], units: Mapping[str, str] | None = None, **more: object
) -> None:
    """Writes e-mail addresses into contacts.yaml."""
    path = folder / "catalog" / "contacts.yaml"
    contacts = yaml.safe_load(path.read_text(encoding="utf-8"))
    for contact in contacts["recipients"]:
        contact["email"] = recipients.get(contact["id"], "")
    path.write_text(yaml.safe_dump({**contacts, "units": dict(units or {}), **more}, allow_unicode=True))


def publish(
    engine: Engine,
    settings: Settings,
    *,
    plan: str = "kt-1693",
    period: str = "2024Q1",
    files: Mapping[str, bytes] = FILES,
) -> Path:
    """Writes and records a signed report of Kon Tum; gives its folder."""
    name = f"reports/{period}/kon-tum/{plan}_quarter"
    hashes = {n: hashlib.sha256(data).hexdigest() for n, data in files.items()}
    (settings.outbox / name).mkdir(parents=True)
    for n, data in files.items():
        (settings.outbox / name / n).write_bytes(data)
    with engine.begin() as conn:
        number = journal.record_report(
            conn, journal.ReportRecord("kon-tum", plan, "quarter", period, "abc", "2024-04-20T08:00:00+07:00", hashes)
        )
        (document,) = signoff_store.fetch_documents(conn, report_id=number)
        signoff_store.record_decision(conn, document, "approved", "Y Bình", SIGNED_AT, "")
        given = Registration(number, SIGNED_ON, ("GIÁM ĐỐC",), "Y Bình")
        signoff_store.record_registration(conn, document, "kon-tum", "BC-SYT", given)
        signoff_store.record_publication(conn, document, name, hashes)
    return settings.outbox / name
