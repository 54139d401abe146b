"""Which office issues a document on a day, out of whose register: the one that exists then and stands at its head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from etl.approval.registry_entry import RegistryEntry, parse_registry_entry
from etl.catalog import Catalogue
from etl.catalog.models.scopes import Office
from etl.errors import RefusalError
from etl.model.registration import Registration
from etl.model.vietnam_time import parse_vietnam_day
from etl.warehouse.signoff_store import SignableDocument


@dataclass(frozen=True)
class Issue:
    """What the registry gives, read. `register` is the scope whose own office issues the document, by `symbol`."""

    register: str
    symbol: str
    registration: Registration | None


def read_issue(
    catalogue: Catalogue,
    document: SignableDocument,
    entry: RegistryEntry | None,
    at: str,
    authority: Sequence[str] = (),
) -> Issue:
    """The registry's part of a document decided on at a moment; without a date in it, that of the day itself.

    `authority` is what stands above the signature already, where that is not the office's own.

    Raises:
        RefusalError: number, date or signer are wrong; no office issues the scope's reports on the date, or it is
            another than the one at the document's head.
    """
    scope, today = catalogue.get_scope(document.scope), parse_vietnam_day(at)
    drafted = parse_vietnam_day(document.known_at)
    printed = catalogue.get_office(scope, drafted)
    given = parse_registry_entry(entry, authority or printed.authority, drafted, today) if entry else None
    day = given.signed_on if given and given.signed_on else today
    issuing = catalogue.find_issuing_scope(scope, day)
    office = issuing.find_office(day) if issuing else None
    if issuing is None or office is None:
        raise _build_no_office_error(catalogue, document, day)
    if _list_printed(office) != _list_printed(printed):
        raise RefusalError(
            f"the document names {printed.name}, {_join_lines(printed)}; on {day} it is {office.name}, "
            f"{_join_lines(office)}: nothing was published",
            message="office_changed",
            where=f"{catalogue.root / 'scopes' / issuing.id}.yaml: offices",
            fix="draft the report again and decide on that draft",
            printed=f"{printed.name}, {_join_lines(printed)}",
            office=f"{office.name}, {_join_lines(office)}",
            date=f"{day:%d/%m/%Y}",
        )
    return Issue(issuing.id, office.symbol, given)


def _list_printed(office: Office) -> tuple[str, ...]:
    """What stands of an office in its documents, but for who signs."""
    return office.name, office.parent_body, office.body, office.place, office.symbol


def _join_lines(office: Office) -> str:
    """The head's lines in one."""
    return " ".join(f"{office.parent_body} {office.body}".split())


def _build_no_office_error(catalogue: Catalogue, document: SignableDocument, day: date) -> RefusalError:
    scope = catalogue.get_scope(document.scope)
    last = scope.offices[-1]
    awaited = last.awaits
    return RefusalError(
        f"no office issues reports of {scope.id} on {day}: {last.name} ended on {last.valid_to}",
        message="no_office_awaited" if awaited else "no_office",
        where=f"{catalogue.root / 'scopes' / scope.id}.yaml: offices",
        fix=f"it stays a draft until {awaited or 'the authority above'} decides; then add the office named",
        date=f"{day:%d/%m/%Y}",
        area=scope.name,
        **({"awaited": awaited} if awaited else {}),
    )
