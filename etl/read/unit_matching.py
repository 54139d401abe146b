"""Which unit a printed name means, among the units that can stand there (the children of one parent).

Room: read. Certain only by the name itself or a documented alias of the catalogue; what is merely close is a
suggestion, because folding accents merges different places ("Vĩnh Thanh", "Vĩnh Thạnh").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from etl.catalog import models
from etl.read.vietnamese_text import normalize_text

_TYPES = {
    "xã": "xã", "x.": "xã", "phường": "phường", "p.": "phường", "p": "phường",
    "thị trấn": "thị trấn", "tt.": "thị trấn", "tt": "thị trấn", "thị xã": "thị xã", "tx.": "thị xã", "tx": "thị xã",
    "huyện": "huyện", "h.": "huyện", "quận": "quận", "q.": "quận", "thành phố": "thành phố", "tp.": "thành phố",
    "tp": "thành phố", "tỉnh": "tỉnh",
}  # fmt: skip
"""A type as written in front of a name → the type as the catalogue has it, in small letters."""
_PREFIX = re.compile("(" + "|".join(sorted(map(re.escape, _TYPES), key=len, reverse=True)) + r")(?:(?<=\.) ?| )(?=\w)")
_NUMBERING = re.compile(r"^(?:[0-9]+|[ivx]+)[.)] ?(?=\w)")
_APOSTROPHE = re.compile(" ?' ?")
_CLOSE, _MOST_SUGGESTIONS = 0.8, 3


@dataclass(frozen=True, slots=True)
class UnitMatch:
    """The code of the one unit that a name surely means, or empty and the names that it may have meant."""

    code: str = ""
    suggestions: tuple[str, ...] = ()


def match_unit(text: str, candidates: Sequence[models.Unit]) -> UnitMatch:
    """The unit among candidates that a text names, with or without its type in front.

    A type that contradicts ("Xã Đắk Hà" where only the town Đắk Hà is) is not certain; nor is a bare name that
    two candidates share.
    """
    _, bare = _split_unit_type(text)
    if not bare:
        return UnitMatch()
    same = list_bearers(text, candidates)
    if len({unit.code for unit in same}) == 1:
        return UnitMatch(same[0].code)
    return UnitMatch(suggestions=tuple(unit.name for unit in same) or _list_similar_names(bare, candidates))


def list_bearers(text: str, candidates: Sequence[models.Unit]) -> list[models.Unit]:
    """The candidates that bear a name, several where a name stands for more than one."""
    kind, bare = _split_unit_type(text)
    return [
        unit for unit in candidates if (kind, bare) in _list_name_keys(unit) or (not kind and _has_name(unit, bare))
    ]


def find_named_unit(text: str, units: Sequence[models.Unit]) -> str:
    """The code of the one unit, of any time, that a text names by itself or at its end; empty for none or several.

    An office before the name ("Trung tâm Y tế huyện Kon Rẫy") is left out; accents may be missing throughout.
    """
    direct = match_unit(text, units).code
    if direct:
        return direct
    key = normalize_text(text).casefold().strip(" .,;:-*")
    for fold in (str, _fold_accents):
        ends = {
            unit.code: max(len(name) for _, name in _list_name_keys(unit) if _is_last_name(fold(key), fold(name)))
            for unit in units
            if any(_is_last_name(fold(key), fold(name)) for _, name in _list_name_keys(unit))
        }
        longest = [code for code, length in ends.items() if length == max(ends.values())]
        if longest:
            return longest[0] if len(longest) == 1 else ""
    return ""


def _is_last_name(text: str, name: str) -> bool:
    return text.endswith(name) and not text.removesuffix(name)[-1:].isalnum()


def is_similar_name(text: str, unit: models.Unit) -> bool:
    """Whether a text may be a unit's name badly typed: without accents, or with a letter or two changed."""
    return unit.name in _list_similar_names(_split_unit_type(text)[1], (unit,))


def has_unit_type(text: str) -> bool:
    """Whether a text begins like the name of a unit ("Xã …")."""
    return bool(_split_unit_type(text)[0])


def _has_name(unit: models.Unit, bare: str) -> bool:
    return any(bare == name for _, name in _list_name_keys(unit))


@lru_cache(maxsize=4096)
def _split_unit_type(text: str) -> tuple[str, str]:
    """(type or empty, the name without it), both in comparing form."""
    key = _APOSTROPHE.sub("'", _NUMBERING.sub("", normalize_text(text).casefold())).strip(" .,;:-*")
    found = _PREFIX.match(key)
    return (_TYPES[found[1]], key[found.end() :]) if found else ("", key)


def _list_name_keys(unit: models.Unit) -> frozenset[tuple[str, str]]:
    return _build_name_keys(unit.name, unit.aliases)


@lru_cache(maxsize=4096)
def _build_name_keys(name: str, aliases: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    return frozenset(map(_split_unit_type, (name, *aliases)))


def _list_similar_names(bare: str, candidates: Sequence[models.Unit]) -> tuple[str, ...]:
    """The nearest names without accents: equal first, then alike; never more than three."""
    wanted = _fold_accents(bare)
    near: dict[str, float] = {}
    for unit in candidates:
        likeness = max(SequenceMatcher(None, wanted, _fold_accents(name)).ratio() for _, name in _list_name_keys(unit))
        if likeness >= _CLOSE:
            near[unit.name] = likeness
    return tuple(sorted(near, key=lambda name: -near[name])[:_MOST_SUGGESTIONS])


@lru_cache(maxsize=4096)
def _fold_accents(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.replace("đ", "d"))
    return "".join(c for c in apart if not unicodedata.combining(c))
