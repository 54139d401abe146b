"""Addresses and reminder days: strictly read, none shipped, and no part of what a report is computed from."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from etl.catalog import Catalogue, load_catalogue
from etl.catalog.catalogue_files import compute_tree_hash
from etl.catalog.contacts import load_contacts, load_reminders
from etl.catalog.obligations import list_obligations
from etl.errors import CatalogueError


def test_every_recipient_of_every_report_has_a_folder_of_its_own(catalogue: Catalogue) -> None:
    contacts = load_contacts(catalogue)
    for scope in catalogue.scopes.values():
        for report in scope.reports:
            names = (*report.recipients, *report.copies)
            found = [contacts.find_recipient(scope.id, name) for name in names]
            assert None not in found
            assert len({contact.id for contact in found if contact}) == len(names)


def test_no_address_is_shipped_and_all_of_it_is_configured(catalogue: Catalogue) -> None:
    contacts = load_contacts(catalogue)
    assert contacts.basis == load_reminders(catalogue.root).basis == "configured"
    assert {c.email for c in contacts.recipients} == {""} and contacts.units == {}


def test_each_unit_reports_to_one_scope_so_one_reminder_a_day_is_one(catalogue: Catalogue) -> None:
    scopes: dict[tuple[str, str], set[str]] = {}
    for scope in catalogue.scopes.values():
        for submission in scope.submissions:
            kind = catalogue.forms[submission.form].period_kind
            for period in catalogue.list_owed_periods(scope, kind):
                for _, _, unit in list_obligations(catalogue, scope, period):
                    scopes.setdefault((unit.code, period.key), set()).add(scope.id)
    assert {code: found for code, found in scopes.items() if len(found) > 1} == {}


def test_an_address_changes_no_hash(copied: Path) -> None:
    before = compute_tree_hash(copied)
    for name in ("contacts.yaml", "reminders.yaml"):
        (copied / name).write_text((copied / name).read_text(encoding="utf-8") + "# another\n", encoding="utf-8")
    assert compute_tree_hash(copied) == before
    (copied / "actors.yaml").write_text("# another\n", encoding="utf-8")
    assert compute_tree_hash(copied) != before


@pytest.mark.parametrize(
    ("change", "says", "where"),
    [
        (lambda c: c["recipients"][0].update(email="Bộ Y tế <a@b.vn>"), "email", "contacts.yaml"),
        (lambda c: c["recipients"][0].update(email="a@b"), "email", "contacts.yaml"),
        (lambda c: c.update(approvers={"ha-noi": ["a@b.vn"]}), "'ha-noi'", "contacts.yaml"),
        (lambda c: c.update(approvers={"tan-yen": ["a@b"]}), "approvers", "contacts.yaml"),
        (lambda c: c["recipients"][0].update(id="../bo-y-te"), "recipients.0.id", "contacts.yaml"),
        (lambda c: c["recipients"][0].update(mail="a@b.vn"), "recipients.0.mail", "contacts.yaml"),
        (lambda c: c["recipients"].append(c["recipients"][0]), "stands twice", "contacts.yaml"),
        (lambda c: c["recipients"].append({"id": "khac", "name": "Bộ Y tế"}), "meant by several", "recipients"),
        (lambda c: c["recipients"].pop(0), "not among the recipients", "recipients"),
        (lambda c: c["recipients"][0].update(scopes=["ha-noi"]), "not among the recipients", "recipients"),
        (
            lambda c: c["recipients"].append({"id": "x", "name": "X", "scopes": ["ha-noi"]}),
            "'ha-noi'",
            "contacts.yaml:{line}: x",
        ),
        (lambda c: c["units"].update({"999999": "a@b.vn"}), "'999999'", "units"),
        (lambda c: c.update(mail_within_days=0), "mail_within_days", "contacts.yaml"),
    ],
)
def test_a_mistake_stops_with_its_place(change: object, says: str, where: str, copied: Path) -> None:
    path = copied / "contacts.yaml"
    contacts = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(contacts)  # type: ignore[operator]
    text = yaml.safe_dump(contacts, allow_unicode=True)
    path.write_text(text, encoding="utf-8")
    line = text.partition("- ha-noi")[0].count("\n")  # of its key
    with pytest.raises(CatalogueError) as caught:
        load_contacts(load_catalogue(copied))
    assert says in caught.value.what and where.format(line=line) in caught.value.where


def test_reminder_days_are_days(copied: Path) -> None:
    (copied / "reminders.yaml").write_text("{basis: configured, source: x, before: [-1]}", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"before\.0"):
        load_reminders(copied)
