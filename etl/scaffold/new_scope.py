"""A scope for a province: its units before and since the last reorganisation, its office, reports and recipients.

Room: scaffold. From the nation's units and the office's templates (`templates/catalog/`); what no source says is listed
for a person to decide, and what a source leaves open is marked in the files, which `catalogue check` then refuses.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from etl.catalog import Catalogue, models
from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.centres import CENTRES
from etl.catalog.contacts import CONTACTS, Contacts
from etl.catalog.marked_files import UNDECIDED_TAG
from etl.catalog.nation import Nation
from etl.errors import UsageError
from etl.scaffold.catalogue_change import AddedLine, CatalogueChange
from etl.scaffold.file_templates import fill_file_template

_UNIT_COLUMNS = ("code", "name", "level", "type", "parent", "valid_from", "valid_to", "legal_basis", "aliases")
_SUCCESSION_COLUMNS = ("old_code", "old_valid_to", "new_code", "new_valid_from", "kind", "legal_basis")
_STROKED_D = {0x111: "d"}  # no accent that could be taken off


@dataclass(frozen=True)
class ScopeDraft:
    """A scope to be written. `to_confirm`: units of which a source leaves something open, with what that is."""

    scope_id: str
    change: CatalogueChange
    communes: int
    former_units: int
    split_communes: int
    to_confirm: tuple[tuple[models.NationUnit, str], ...]


def draft_scope(
    catalogue: Catalogue, nation: Nation, templates: Path, province_code: str, year: int, scope_id: str = ""
) -> ScopeDraft:
    """The files of a new scope, from the first period of a year on.

    Args:
        catalogue: What is there already.
        nation: Where the units come from.
        templates: The office's folder of templates.
        province_code: The province's code of today.
        year: The first year for which forms are issued: its first quarter, as flows are counted from January.
        scope_id: The scope's name, made from the province's if empty.

    Raises:
        UsageError: there is no such province, it is in the catalogue already, or the year is before its first.
    """
    province = nation.find_province(province_code)
    if province is None:
        known = ", ".join(f"{u.code} {u.name}" for u in nation.units if u.level == "province")
        raise UsageError(f"no province {province_code!r}", where="--province", fix=f"use one of: {known}")
    if year < nation.first_day.year:
        fix = f"give {nation.first_day.year} or later"
        raise UsageError(f"{province.name} begins on {nation.first_day}", where="--from-year", fix=fix)
    name = _strip_type(province)
    chosen = scope_id or _build_slug(name)
    new, old, moves = _select_units(nation, province)
    root = catalogue.root
    listed = new[1:] if _has_nation_scope(catalogue, nation) else new
    recipient, issuer = (
        _fill_template(templates, name, nation, province, chosen, year).splitlines()[-1]
        for name in ("contact.yaml", "actor.yaml")
    )
    change = CatalogueChange(
        {
            root / "scopes" / f"{chosen}.yaml": _fill_template(templates, "scope.yaml", nation, province, chosen, year),
            root / "units" / chosen / "units.csv": _format_units(nation, listed, old),
            root / "units" / chosen / "successions.csv": _format_successions(nation, province, old, moves),
            root / "units" / chosen / CENTRES: _format_centres(nation, new),
        },
        (*_list_recipients(root / CONTACTS, recipient), AddedLine(root / "actors.yaml", "", issuer)),
    )
    return ScopeDraft(
        chosen,
        change,
        communes=len(new) - 1,
        former_units=len(old),
        split_communes=len({s.old_code for s in moves if s.kind == "part"}),
        to_confirm=tuple((unit, unit.to_confirm) for unit in new if unit.to_confirm),
    )


def _has_nation_scope(catalogue: Catalogue, nation: Nation) -> bool:
    """Whether a scope takes figures of every province, so that all of them are units of the catalogue already."""
    known = {unit.code for unit in catalogue.units if unit.is_valid_on(nation.first_day)}
    return all(unit.code in known for unit in nation.units if unit.level == "province")


def validate_new_units(catalogue: Catalogue, nation: Nation, draft: ScopeDraft, province_code: str) -> None:
    """Stops where the catalogue has the province or the scope already.

    Raises:
        UsageError: names what is there.
    """
    holders = [scope.id for scope in catalogue.scopes.values() if scope.area_unit == province_code]
    if holders or (catalogue.find_unit(province_code, nation.first_day) and not _has_nation_scope(catalogue, nation)):
        fix = f"edit scopes/{holders[-1]}.yaml" if holders else "add a scope for it by hand"
        raise UsageError(f"province {province_code} is in the catalogue already", where="--province", fix=fix)
    if draft.scope_id in catalogue.scopes:
        raise UsageError(f"scope {draft.scope_id!r} is there already", where="--id", fix="give another --id")


def _select_units(
    nation: Nation, province: models.NationUnit
) -> tuple[list[models.NationUnit], list[models.NationUnit], list[models.NationSuccession]]:
    """The province and its communes; all that they came from; how."""
    new = [province, *(u for u in nation.units if u.parent == province.code)]
    codes = {unit.code for unit in new[1:]}
    moves = [s for s in nation.successions if s.new_code in codes]
    parents = {unit.code: unit.parent for unit in nation.former_units}
    came: set[str] = set()
    level = {s.old_code for s in moves}
    while level:
        came |= level
        level = {parents[code] for code in level if parents[code] in parents}
    return new, [unit for unit in nation.former_units if unit.code in came], moves


def _format_units(nation: Nation, new: Iterable[models.NationUnit], old: Iterable[models.NationUnit]) -> str:
    source, last_day = nation.source, nation.first_day - timedelta(days=1)
    before = ((u, source.former_from, last_day.isoformat(), source.former_basis) for u in old)
    since = ((u, source.first_day, "", source.legal_basis) for u in new)
    rows = (
        (u.code, u.name, u.level, u.type, u.parent, first, last, basis, _format_aliases(u.name, source.spellings))
        for u, first, last, basis in (*before, *since)
    )
    return _format_csv(_UNIT_COLUMNS, rows)


def _format_successions(
    nation: Nation,
    province: models.NationUnit,
    old: Iterable[models.NationUnit],
    moves: Iterable[models.NationSuccession],
) -> str:
    """Whole provinces went into one, and communes as the nation's list says."""
    last_day, source = nation.first_day - timedelta(days=1), nation.source
    whole = [(unit.code, province.code, "whole") for unit in old if unit.level == "province"]
    rows = (
        (old_code, last_day, new_code, source.first_day, kind, source.legal_basis)
        for old_code, new_code, kind in (*whole, *((s.old_code, s.new_code, s.kind) for s in moves))
    )
    return _format_csv(_SUCCESSION_COLUMNS, rows)


def _format_centres(nation: Nation, new: Iterable[models.NationUnit]) -> str:
    rows = ((u.code, u.lat, u.lon, nation.source.centres) for u in new if u.lat is not None)
    return _format_csv(("code", "lat", "lon", "source"), rows)


def _format_csv(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _format_aliases(name: str, spellings: Iterable[tuple[str, str]]) -> str:
    """The name in each other spelling that official lists mix with its own; tones, i and y are the reader's affair."""
    pairs = [pair for one, other in spellings for pair in ((one, other), (other, one))]
    return "|".join(name.replace(one, other) for one, other in pairs if one in name)


def _list_recipients(path: Path, line: str) -> tuple[AddedLine, ...]:
    """The line for the recipient that the province adds, unless the contacts have it in other words."""
    contacts = CatalogueReader().read_entry(path, Contacts)
    known = {contact.name for contact in contacts.recipients} if contacts else set()
    is_known = any(f"name: {name}," in line for name in known)
    return () if is_known and line not in path.read_text(encoding="utf-8") else (AddedLine(path, "recipients", line),)


def _fill_template(
    templates: Path, file: str, nation: Nation, province: models.NationUnit, scope_id: str, year: int
) -> str:
    first_quarter = 1 + (nation.first_day.month - 1) // 3 if year == nation.first_day.year else 1
    return fill_file_template(
        templates,
        file,
        id=scope_id,
        code=province.code,
        name=province.name,
        name_inside=province.name[:1].lower() + province.name[1:],
        name_upper=province.name.upper(),
        slug=_build_slug(province.name),
        place=_strip_type(province),
        proposal=f"{UNDECIDED_TAG} " if province.to_confirm else "",
        first_day=nation.first_day.isoformat(),
        first_quarter=f"{year}Q{first_quarter}",
        first_year=year,
    )


def _strip_type(unit: models.NationUnit) -> str:
    return unit.name.removeprefix(unit.type).strip()


def _build_slug(name: str) -> str:
    """``Thành phố Cần Thơ`` is ``thanh-pho-can-tho``."""
    apart = unicodedata.normalize("NFD", name.casefold().translate(_STROKED_D))
    plain = "".join(c if c.isalnum() else "-" for c in apart if not unicodedata.combining(c))
    return "-".join(part for part in plain.split("-") if part)
