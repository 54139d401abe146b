"""Vietnamese text as it really arrives: TCVN3 and VNI letters, loose tone marks, stray spaces and signs.

Room: read. The rest of the room calls it; pure functions on text. It never decides on one cell alone: two letters
of an old charset look like other Vietnamese letters, so a guess per cell corrupts ("X· §¾k Hµ").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal

Charset = Literal["tcvn3", "vni"]
"""TCVN 5712:1993 VN3 ("ABC", fonts .Vn…) and VNI for Windows (fonts VNI-…), both seen through Latin-1."""
CHARSET_NAMES: Mapping[Charset, str] = {"tcvn3": "TCVN3 (ABC)", "vni": "VNI"}

_TONES = "\u0300\u0301\u0309\u0303\u0323"  # grave, acute, hook, tilde, dot below
_INVISIBLE = dict.fromkeys(
    [0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x206A), 0xFEFF]
)
_SIGNS = (
    {ord(c): "'" for c in "’‘‛ʼ`´′＇"}
    | {ord(c): '"' for c in "“”„″＂"}
    | {ord(c): "-" for c in "‐‑‒–—―−－"}
    | {ord("Ð"): "Đ", ord("ð"): "đ"}  # the Icelandic letter looks the same and is typed for it
)
_FULL_WIDTH = {0xFF10 + i: str(i) for i in range(10)} | {
    ord(a): b for a, b in zip("．，％（）＋＊～＜＞：／？", ".,%()+*~<>:/?", strict=True)
}
_FOLDED = _INVISIBLE | _SIGNS | _FULL_WIDTH
_DOTS = re.compile(r"\.{3,}")

# --- comparing ------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def normalize_text(text: str) -> str:
    """Text for comparing only: one form for what looks or reads the same.

    Composed Unicode, single spaces, no invisible characters, plain apostrophes, quotes and dashes, full-width
    digits made plain, the tone mark where "hòa, thúy, ủy" carry it, and i for a lone y ("tỷ lệ" is "tỉ lệ").
    Accents and case stay: folding those merges different places.
    """
    text = text.replace("`", "'")
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_FOLDED))
    if not text.isascii() or "y" in text or "Y" in text:
        text = _WORD.sub(_respell_syllable, text)
    return _DOTS.sub("…", " ".join(text.split()))


_WORD = re.compile(r"[^\W\d_]+")
_VOWELS = "aăâeêioôơuưy"
_PARTS = re.compile(
    rf"(?P<onset>qu|gi(?=[{_VOWELS}])|[^{_VOWELS}]*)(?P<vowels>[{_VOWELS}]+)(?P<coda>[^\W\d_{_VOWELS}]*)"
)
_LONE_Y = re.compile(r"(?:[hklmst]|qu)y")


def _respell_syllable(match: re.Match[str]) -> str:
    """A syllable with its tone mark on the letter where the older rule puts it; other words unchanged."""
    word = match[0]
    if word.isascii():
        return _replace_lone_y(word, word.lower())
    plain, tones = _split_tones(word)
    if len(tones) > 1 or len(plain) != len(word):
        return word
    if tones:
        place = _find_tone_index(plain.lower())
        if place is None:
            return word
        plain_i = _replace_lone_y(plain, plain.lower())
        return unicodedata.normalize("NFC", plain_i[: place + 1] + tones + plain_i[place + 1 :])
    return _replace_lone_y(word, word.lower())


def _replace_lone_y(word: str, lower: str) -> str:
    if _LONE_Y.fullmatch(lower):
        return word[:-1] + ("I" if word[-1] == "Y" else "i")
    return word


def _split_tones(word: str) -> tuple[str, str]:
    """(the word without its tone marks, the tone marks)."""
    apart = unicodedata.normalize("NFD", word)
    tones = "".join(c for c in apart if c in _TONES)
    return unicodedata.normalize("NFC", "".join(c for c in apart if c not in _TONES)), tones


def _find_tone_index(plain: str) -> int | None:
    """Index of the letter that carries the tone; None where the word is no Vietnamese syllable."""
    parts = _PARTS.fullmatch(plain)
    if parts is None:
        return None
    vowels, start = parts["vowels"], parts.start("vowels")
    marked = [i for i, c in enumerate(vowels) if c in "ăâêôơ" or (c == "ư" and "ơ" not in vowels)]
    if marked:
        return start + marked[-1]
    if parts["coda"]:
        return start + len(vowels) - 1
    return start + (1 if len(vowels) > 2 else 0)


# --- the two charsets -------------------------------------------------------------------------------

_LETTERS = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
_CAPITALS = "ĂÂĐÊÔƠƯ"
_TCVN3_BYTES = bytes.fromhex(
    "b5b8b6b7b9a8bbbebcbdc6a9c7cac8c9cbaeccd0cecfd1aad2d5d3d4d6d7ddd8dcdedfe3e1e2e4"
    "abe5e8e6e7e9aceaedebeceeeff3f1f2f4adf5f8f6f7f9fafdfbfcfe"  # as _LETTERS
    "a1a2a7a3a4a5a6"  # as _CAPITALS: the only capitals that TCVN3 has
)
_TCVN3 = dict(zip(_TCVN3_BYTES.decode("latin-1"), _LETTERS + _CAPITALS, strict=True))
_TCVN3_TABLE = str.maketrans(_TCVN3)
_MINUS_FOR_U = re.compile(r"(?<=[^\W\d_])\u2212|\u2212(?=[^\W\d_])")  # what printing makes of the soft hyphen

# A VNI letter is its base followed by a mark; six letters have codes of their own.
_VNI_MARKS = dict(zip("øùûõï", "\u0300\u0301\u0309\u0303\u0323", strict=True))
_VNI_BREVE = dict(zip("êèéúüë", "ăằắẳẵặ", strict=True))
_VNI_HAT = dict(zip("âàáåãä", ("\u0302" + tone for tone in ("", *_TONES)), strict=True))
_VNI_SINGLE = dict(zip("ìíæóòîñôö", "ìíỉĩịỵđơư", strict=True))


def _build_vni_table() -> dict[str, str]:
    table = dict(_VNI_SINGLE)
    for base, letter in zip("aeouyôö", "aeouyơư", strict=True):
        table |= {base + mark: letter + tone for mark, tone in _VNI_MARKS.items()}
    for base in "aeo":
        table |= {base + mark: base + tone for mark, tone in _VNI_HAT.items()}
    table |= {"a" + mark: letter for mark, letter in _VNI_BREVE.items()}
    composed = {old: unicodedata.normalize("NFC", new) for old, new in table.items()}
    capitals = {old.upper(): new.upper() for old, new in composed.items()}
    mixed = {old[0].upper() + old[1:]: new.upper() for old, new in composed.items() if len(old) == 2}
    return composed | mixed | capitals


_VNI = _build_vni_table()
_VNI_PATTERN = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))
_MODERN = re.compile("[ăđĩũơưĂĐĨŨƠƯ\u1ea0-\u1ef9]")
_CAPS_WORD = re.compile(r"[^\W\d_]+")


def convert_charset(text: str, charset: str, font: str = "") -> str:
    """Text of an old charset in Unicode. What already holds Unicode's own Vietnamese letters stays as it is.

    TCVN3 has no accented capitals: a font whose name ends in H draws small letters as capitals, so `font` decides;
    without it a word whose plain letters (two at least) are all capitals becomes capitals.
    """
    text = unicodedata.normalize("NFC", text)
    if text.isascii() or _MODERN.search(text):
        return text.upper() if charset == "tcvn3" and _is_capital_font(font) else text
    if charset == "vni":
        return _VNI_PATTERN.sub(lambda m: _VNI[m[0]], text)
    changed = _MINUS_FOR_U.sub("\u00ad", text).translate(_TCVN3_TABLE)
    return changed.upper() if _is_capital_font(font) else _CAPS_WORD.sub(_capitalize_word, changed)


def _is_capital_font(font: str) -> bool:
    return font.casefold().startswith(".vn") and font.endswith("H")


def _capitalize_word(match: re.Match[str]) -> str:
    plain = [c for c in match[0] if c.isascii()]
    return match[0].upper() if len(plain) > 1 and all(c.isupper() for c in plain) else match[0]


# --- deciding -----------------------------------------------------------------------------------------

_ONSET = r"(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnpqrstvx])?"
_RIME = (
    r"(?:a(?:[ioumnpty]|ch?|ng|nh)?|ă(?:[cmnpt]|ng)|â(?:[uycmnpt]|ng)|e(?:[ocmnpt]|ng)?|ê(?:[umnpt]|ch|nh)?"
    r"|i(?:[aumnpt]|ch|nh|ê(?:[cmnptu]|ng))?|o(?:[icmnpt]|ng|a(?:[iyomnpt]|ch?|ng|nh)?|ă(?:[cmnt]|ng)|e[not]?)?"
    r"|ô(?:[icmnpt]|ng)?|ơ[imnpt]?|u(?:[icmnptaêơ]|ng|â(?:[ynt]|ng)|ê(?:ch|nh)|y(?:a|u|t|p|nh|ê[nt])?|ô(?:[cimnt]|ng))?"
    r"|ư(?:[iucmnta]|ng|ơ(?:[cimnptu]|ng))?|y(?:ê(?:[ntmu]|ng))?)"
)
_SYLLABLE = re.compile(f"{_ONSET}(?P<rime>{_RIME})")
_STOPPED = ("c", "ch", "p", "t")
_SPLIT = re.compile(r"[\s!-@\[-`{-~]+")
_SAME = {"tcvn3": re.compile("[A-Za-zý]+"), "vni": re.compile("[A-Za-zìíÌÍ]+")}  # old and new letters alike
_CHARSETS: tuple[Charset, ...] = ("tcvn3", "vni")
_FEWEST_WORDS = 3
_MOST_MODERN, _LEAST_FITTING = 0.1, 0.7
"""Shares of the distinct accented words of a workbook: Unicode's own letters at most, words that fit at least.
Set on the sentences of the tests: old text fits to 75 % and more (names such as Đắk, Plei are no syllables of the
table) and reads as Unicode to some 15 %; text in Unicode never fits twice as often as it reads as it stands."""


def find_charset(texts: Iterable[object], fonts: Iterable[str] = ()) -> Charset | None:
    """The old charset of a workbook's own texts, or None. Give it what the sender wrote, all of it.

    A font name (.VnTime, VNI-Times) decides where the words do not say otherwise; without one, at least three
    different accented words must be Vietnamese syllables in the old charset and mostly none as they stand.
    """
    words = _list_accented_words(texts)
    modern = sum(1 for word in words if _MODERN.search(word))
    if modern > _MOST_MODERN * len(words):
        return None
    named = {charset for font in fonts if (charset := find_font_charset(font))}
    evidence = {charset: _count_evidence(words, charset) for charset in _CHARSETS}
    for charset, (total, fits, as_is) in evidence.items():
        if named == {charset} and not modern and fits >= max(total / 2, as_is, 1):
            return charset
    best = max(_CHARSETS, key=lambda charset: evidence[charset][1])
    total, fits, as_is = evidence[best]
    sure = total >= _FEWEST_WORDS and fits >= _LEAST_FITTING * total and fits >= 2 * as_is
    return best if sure and all(evidence[c][1] < fits for c in _CHARSETS if c != best) else None


def _count_evidence(words: Iterable[str], charset: Charset) -> tuple[int, int, int]:
    """(words that can tell, those that are syllables once converted, those that are syllables as they stand)."""
    telling = [word for word in words if not _SAME[charset].fullmatch(word)]
    fits = sum(1 for word in telling if (new := convert_charset(word, charset)) != word and _is_syllable(new))
    return len(telling), fits, sum(1 for word in telling if _is_syllable(word))


def has_modern_letters(text: str) -> bool:
    """Whether a text holds any of the Vietnamese letters that only Unicode has."""
    return _MODERN.search(text) is not None


def find_font_charset(font: str) -> Charset | None:
    """The old charset that a font of this name draws."""
    name = font.strip().casefold()
    if name.startswith(".vn"):
        return "tcvn3"
    return "vni" if name.startswith(("vni-", "vni ")) else None


def _list_accented_words(texts: Iterable[object]) -> set[str]:
    """The distinct words with anything beyond ASCII in them."""
    found: set[str] = set()
    for text in {text for text in texts if isinstance(text, str) and not text.isascii()}:
        found.update(word.strip("“”‘’…–—•") for word in _SPLIT.split(unicodedata.normalize("NFC", text)))
    return {word for word in found if len(word) > 1 and not word.isascii()}


@lru_cache(maxsize=8192)
def _is_syllable(word: str) -> bool:
    plain, tones = _split_tones(word.lower())
    match = _SYLLABLE.fullmatch(plain)
    if match is None or len(tones) > 1:
        return False
    return not match["rime"].endswith(_STOPPED) or tones in ("\u0301", "\u0323")
