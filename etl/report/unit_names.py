"""How a unit is called within a sentence (NĐ 30/2020/NĐ-CP, Phụ lục II): ``huyện Đắk Tô``, but ``Quận 1``.

Room: report. Used by the fact builders for sentences; tables and heads keep the name as the catalogue has it.
"""

from __future__ import annotations

from collections.abc import Iterable

from etl.messages import Messages

_KINDS = ("Thành phố", "Thị trấn", "Thị xã", "Tỉnh", "Huyện", "Quận", "Phường", "Xã", "Đặc khu")


def format_unit_mention(wording: Messages, name: str) -> str:
    """An administrative unit with its kind in small letters, unless a number, a person or an event follows."""
    kind = next((kind for kind in _KINDS if name.startswith(f"{kind} ")), "")
    own = name[len(kind) + 1 :]
    named_after = {namesake.strip() for namesake in wording.texts["word.named_after"].split(",")}
    if kind and (own[:1].isdigit() or own in named_after):
        return name
    return name[:1].lower() + name[1:] if kind else name


def format_unit_kinds(kind: str, names: Iterable[str]) -> str:
    """What units are counted as, of which some are of a kind: ``xã, phường``; the kind alone of any others."""
    found = {one for name in names for one in _KINDS if name.startswith(f"{one} ")}
    if kind.capitalize() not in found:
        return kind
    return ", ".join([kind, *(one.lower() for one in reversed(_KINDS) if one in found and one != kind.capitalize())])


def format_unit_list(wording: Messages, names: list[str], separator: str = "; ") -> str:
    """Several units in a sentence."""
    return separator.join(format_unit_mention(wording, name) for name in names)
