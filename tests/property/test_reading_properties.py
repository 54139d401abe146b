"""Reading text: what is written in any of the ways the room knows reads as what it was written from."""

from __future__ import annotations

import unicodedata
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from etl.catalog import Catalogue
from etl.model import CellState, ElementKind
from etl.read import vietnamese_text
from etl.read.unit_matching import match_unit
from etl.read.values import INVALID, NumberStyle, find_number_style, parse_value
from etl.read.vietnamese_text import convert_charset, find_charset, normalize_text

LOWER = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
LETTERS = LOWER + LOWER.upper()
TONES = dict(zip("\u0300\u0301\u0309\u0303\u0323", ("øàèì", "ùáéí", "ûåúæ", "õãüó", "ïäëò"), strict=True))
SYLLABLES = ("Tổng", "số", "người", "bệnh", "xã", "Đắk", "Hà", "quý", "có", "không", "trạm", "già", "hãy", "đủ", "tỉnh")
BEFORE = date(2025, 6, 30)

decimals = st.decimals(min_value=-(10**9), max_value=10**9, places=3).filter(lambda d: len(d.as_tuple().digits) <= 15)


def test_there_are_134_letters() -> None:
    assert len(set(LETTERS)) == 134


def grouped(number: Decimal, group: str, decimal: str) -> str:
    text = f"{number:,f}".translate(str.maketrans({",": group, ".": decimal}))
    return text.rstrip("0").rstrip(decimal) if decimal in text else text


@given(
    number=decimals,
    group=st.sampled_from([".", " ", "\u00a0", "\u202f", "'", "’", ""]),
    minus=st.sampled_from(["-", "−", "–"]),
    around=st.sampled_from(
        ["{}", " {} ", "{} người", "{}*", "{} (1)", "{}\u200b", "'{}", "{} người (2)", "\u00a0{}", "{}¹ "]
    ),
    wide=st.booleans(),
    composed=st.booleans(),
)
def test_a_number_written_the_vietnamese_way_is_that_number_or_a_finding(
    number: Decimal, group: str, minus: str, around: str, wide: bool, composed: bool
) -> None:
    text = around.format(grouped(number, group, ",").replace("-", minus))
    if wide:
        text = text.translate({ord(c): chr(ord(c) + 0xFEE0) for c in "0123456789,"})
    text = unicodedata.normalize("NFC" if composed else "NFD", text)
    for style in NumberStyle:
        state, found, _, _ = parse_value(text, ElementKind.FLOW, {}, style, unit="người")
        if style is NumberStyle.VIETNAMESE_PROVEN:
            assert found == float(number) and state in ("value", "zero")
        elif style not in (NumberStyle.US, NumberStyle.US_GROUPS):
            assert found == float(number) or state == "invalid_ambiguous"


@given(st.lists(decimals, min_size=1, max_size=8), st.booleans())
def test_a_column_of_one_habit_is_never_read_as_the_other(numbers: list[Decimal], american: bool) -> None:
    group, decimal = (",", ".") if american else (".", ",")
    texts = [grouped(n, group, decimal) for n in numbers]
    style = find_number_style(texts)
    found = [parse_value(text, ElementKind.FLOW, {}, style) for text in texts]
    if american and style not in (NumberStyle.US, NumberStyle.US_GROUPS):
        # Nothing proves the habit: whole numbers below a thousand say the same in both; "1.5" alone is thousands.
        assert style is not NumberStyle.VIETNAMESE_PROVEN
        return
    for number, (state, value, _, _) in zip(numbers, found, strict=True):
        assert value == float(number) or state == "invalid_ambiguous"


@given(st.text(max_size=30), st.sampled_from(list(ElementKind)), st.sampled_from(list(NumberStyle)))
def test_any_text_is_a_known_state(text: str, kind: ElementKind, style: NumberStyle) -> None:
    state, number, _, _ = parse_value(text, kind, {}, style, unit="người")
    assert state in INVALID | set(CellState)
    assert number is None or state in ("value", "zero")


@given(st.dates(date(2000, 1, 1), date(2049, 12, 31)), st.integers(0, 7))
def test_a_day_written_in_full_is_that_day(day: date, guise: int) -> None:
    d, m, y = day.day, day.month, day.year
    written = [
        f"{d}/{m}/{y}", f"{d:02}/{m:02}/{y}", f"{d}-{m}-{y}", f"{d:02}.{m}.{y}", day.isoformat(),
        f"ngày {d:02} tháng {m:02} năm {y}", f"{y}/{m}/{d}", f"Ngày {d} tháng {m}, {y}",
    ][guise]  # fmt: skip
    assert parse_value(written, ElementKind.DATE, {})[2] == day.isoformat()
    for text in (f"{d}/{m}/{y % 100:02}", f"{m}/{y}", f"{m}/{d}/{y}" if d > 12 else f"{m}/{y}"):
        assert parse_value(text, ElementKind.DATE, {})[0] in INVALID


# --- letters --------------------------------------------------------------------------------------------


def to_vni(letter: str) -> str:
    """A letter as a VNI keyboard makes it, from how the letter is built: base, shape, tone."""
    lower = letter.lower()
    single = {"đ": "ñ", "ì": "ì", "í": "í", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î", "ơ": "ô", "ư": "ö"}
    if lower not in single:
        base, *marks = unicodedata.normalize("NFD", lower)
        tone = next((mark for mark in marks if mark in TONES), "")
        shape = next((mark for mark in marks if mark not in TONES), "")
        stem = {"\u031b": {"o": "ô", "u": "ö"}.get(base, ""), "": base}.get(shape, base)
        column = {"\u0302": 1, "\u0306": 2}.get(shape, 0)
        lower = stem + (TONES[tone][column] if tone else {"\u0302": "â", "\u0306": "ê"}[shape])
        return lower.upper() if letter.isupper() else lower
    return single[lower].upper() if letter.isupper() else single[lower]


def to_tcvn3(letter: str) -> tuple[str, str]:
    """(the letter's code, the font it needs): capitals with a tone are small letters in a font that ends in H."""
    codes = {new: old for old, new in vietnamese_text._TCVN3.items()}
    return (codes[letter], ".VnTime") if letter in codes else (codes[letter.lower()], ".VnTimeH")


@given(st.text(LETTERS + "bcdghklmnpqrstvxaeiouyBCDGHKLMNPQRSTVXAEIOUY ", max_size=20))
def test_vni_comes_back_letter_for_letter(text: str) -> None:
    assert convert_charset("".join(to_vni(c) if c in LETTERS else c for c in text), "vni") == text


def test_all_letters_come_back_from_tcvn3() -> None:
    codes = set()
    for letter in LETTERS:
        code, font = to_tcvn3(letter)
        assert convert_charset(code, "tcvn3", font) == letter
        codes.add((code, font))
    assert len(codes) == 134


@given(st.text(LOWER + "bcdghklmnpqrstvxaeiouy ", max_size=20))
def test_tcvn3_comes_back_letter_for_letter(text: str) -> None:
    code = "".join(to_tcvn3(c)[0] if c in LETTERS else c for c in text)
    assert convert_charset(code, "tcvn3", ".VnTime") == text
    assert convert_charset(code, "tcvn3", ".VnTimeH") == text.upper()


@given(
    st.lists(st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=5).map(" ".join), max_size=12),
    st.sampled_from(["NFC", "NFD"]),
)
def test_unicode_text_is_never_taken_for_old_text(texts: list[str], form: str) -> None:
    assert find_charset([unicodedata.normalize(form, text) for text in texts]) is None  # type: ignore[arg-type]


@given(st.lists(st.text(st.characters(max_codepoint=127), max_size=40), max_size=20))
def test_plain_text_is_never_taken_for_old_text(texts: list[str]) -> None:
    assert find_charset(texts, (".VnTime", "VNI-Times")) is None
    assert find_charset(texts, (".VnTime",)) is None


@given(st.lists(st.sampled_from(SYLLABLES), min_size=5, max_size=30), st.sampled_from(["vni", "tcvn3"]))
def test_enough_old_text_is_recognised(words: list[str], charset: str) -> None:
    words += ["Tổng", "số", "người", "bệnh", "trạm", "không"]
    encode = to_vni if charset == "vni" else lambda c: to_tcvn3(c)[0]
    old = ["".join(encode(c) if c in LETTERS else c for c in word) for word in words]
    assert find_charset(old) == charset
    assert [convert_charset(word, charset) for word in old] == words


@given(st.text(max_size=40))
def test_the_comparing_form_is_its_own(text: str) -> None:
    assert normalize_text(normalize_text(text)) == normalize_text(text)


@given(st.sampled_from(SYLLABLES), st.sampled_from(["NFC", "NFD"]))
def test_composition_does_not_matter(word: str, form: str) -> None:
    assert normalize_text(unicodedata.normalize(form, word)) == normalize_text(word)  # type: ignore[arg-type]


@given(st.data())
def test_a_name_of_one_unit_is_never_certain_for_another(catalogue: Catalogue, data: st.DataObject) -> None:
    districts = catalogue.list_children("62", "district", BEFORE)
    units = catalogue.list_children(data.draw(st.sampled_from(districts)).code, "commune", BEFORE)
    unit = data.draw(st.sampled_from(units))
    name = list(data.draw(st.sampled_from((unit.name, *unit.aliases))))
    at = data.draw(st.integers(0, len(name) - 1))
    name[at] = data.draw(st.sampled_from("aăâeêioôơuưyàáảãạđdkc "))
    assert match_unit("".join(name), units).code in ("", unit.code)
