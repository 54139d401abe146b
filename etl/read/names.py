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

from etl.catalog import models as m
from etl.read.legacy import normal

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
class Match:
    """The code of the one unit that a name surely means, or empty and the names that it may have meant."""

    code: str = ""
    suggestions: tuple[str, ...] = ()


def match(text: str, candidates: Sequence[m.Unit]) -> Match:
    """The unit among candidates that a text names, with or without its type in front.

    A type that contradicts ("Xã Đắk Hà" where only the town Đắk Hà is) is not certain; nor is a bare name that
    two candidates share.
    """
    kind, bare = _split(text)
    if not bare:
        return Match()
    same = [unit for unit in candidates if (kind, bare) in _keys(unit) or (not kind and _bears(unit, bare))]
    if len({unit.code for unit in same}) == 1:
        return Match(same[0].code)
    return Match(suggestions=tuple(unit.name for unit in same) or _suggestions(bare, candidates))


def _bears(unit: m.Unit, bare: str) -> bool:
    return any(bare == name for _, name in _keys(unit))


@lru_cache(maxsize=4096)
def _split(text: str) -> tuple[str, str]:
    """(type or empty, the name without it), both in comparing form."""
    key = _APOSTROPHE.sub("'", _NUMBERING.sub("", normal(text).casefold())).strip(" .,;:-*")
    found = _PREFIX.match(key)
    return (_TYPES[found[1]], key[found.end() :]) if found else ("", key)


def _keys(unit: m.Unit) -> frozenset[tuple[str, str]]:
    return _all_keys(unit.name, unit.aliases)


@lru_cache(maxsize=4096)
def _all_keys(name: str, aliases: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    return frozenset(map(_split, (name, *aliases)))


def _suggestions(bare: str, candidates: Sequence[m.Unit]) -> tuple[str, ...]:
    """The nearest names without accents: equal first, then alike; never more than three."""
    wanted = _folded(bare)
    near: dict[str, float] = {}
    for unit in candidates:
        likeness = max(SequenceMatcher(None, wanted, _folded(name)).ratio() for _, name in _keys(unit))
        if likeness >= _CLOSE:
            near[unit.name] = likeness
    return tuple(sorted(near, key=lambda name: -near[name])[:_MOST_SUGGESTIONS])


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.replace("đ", "d"))
    return "".join(c for c in apart if not unicodedata.combining(c))
