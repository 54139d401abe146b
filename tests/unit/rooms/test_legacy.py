from __future__ import annotations

import unicodedata

import pytest

from etl.catalog import Catalogue
from etl.read.vietnamese_text import convert_charset, find_charset, normalize_text
from etl.read.workbook_reader import read_workbook
from tests import hostile
from tests.builders import Workbook

TCVN3 = ["Sè gi\u00adêng bÖnh n¨m 2008", "Tæng sè", "TØnh Kon Tum", "X· §¾k Hµ", "B¸o c¸o c«ng t¸c y tÕ quý III"]
VNI = ["Daân soá trung bình", "Toång soá", "Tænh Kon Tum", "Baùo caùo coâng taùc y teá", "Ngöôøi coù theû"]
UNICODE = ["Số giường bệnh năm 2008", "Tổng số", "Tỉnh Kon Tum", "Xã Đắk Hà", "Báo cáo công tác y tế quý III"]


@pytest.mark.parametrize(
    ("text", "charset", "font", "read"),
    [
        (TCVN3[0], "tcvn3", "", UNICODE[0]), (TCVN3[1], "tcvn3", ".VnTime", UNICODE[1]),
        (TCVN3[2], "tcvn3", "", UNICODE[2]), (TCVN3[3], "tcvn3", "", UNICODE[3]), (TCVN3[4], "tcvn3", "", UNICODE[4]),
        ("Sè gi−êng", "tcvn3", "", "Số giường"), ("sè l\u00adîng", "tcvn3", ".VnTimeH", "SỐ LƯỢNG"),
        ("so", "tcvn3", ".VnArialH", "SO"), ("TæNG", "tcvn3", "", "TỔNG"), ("-5 − 3", "tcvn3", "", "-5 − 3"),
        (VNI[0], "vni", "", "Dân số trung bình"), (VNI[4], "vni", "VNI-Times", "Người có thẻ"),
        ("NGÖÔØI", "vni", "", "NGƯỜI"), ("Aáp Ñöùc", "vni", "", "Ấp Đức"), ("Xã Đắk Hà", "tcvn3", "", "Xã Đắk Hà"),
        ("Kon Tum", "vni", "", "Kon Tum"), (unicodedata.normalize("NFD", VNI[0]), "vni", "", "Dân số trung bình"),
    ],
)  # fmt: skip
def test_old_text_is_converted_with_a_fixed_table(text: str, charset: str, font: str, read: str) -> None:
    assert convert_charset(text, charset, font) == read


@pytest.mark.parametrize(
    ("texts", "fonts", "charset"),
    [
        (TCVN3, (), "tcvn3"), (VNI, (), "vni"), (TCVN3[1:3], (), "tcvn3"), (UNICODE, (), None),
        (UNICODE, (".VnTime",), None), (["Tổng", *TCVN3], (".VnTime",), "tcvn3"), (["Tæng"], (), None),
        (["sè"], (".VnTime",), "tcvn3"), (["Toång"], ("VNI-Times", "Arial"), "vni"), ([], (".VnTime",), None),
        (["Total", "12", None, 3.0], (".VnTime",), None), (["café", "naïve", "Müller", "São Paulo", "déjà vu"], (), None),
        (["25 °C", "3 m²", "½", "5 × 3", "§ 4", "©"], (), None),
        ([unicodedata.normalize("NFD", t) for t in UNICODE], (), None), (["Xã Hà Mòn", "có", "không", "già"], (), None),
        ([*UNICODE, *TCVN3], (), None),
    ],
)  # fmt: skip
def test_the_charset_is_that_of_the_whole_workbook(
    texts: list[object], fonts: tuple[str, ...], charset: str | None
) -> None:
    assert find_charset(texts, fonts) == charset


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"), ("uỷ", "ủy"), ("thuý", "thúy"), ("khoẻ", "khỏe"), ("HOÀ BÌNH", "HÒA BÌNH"), ("hòan", "hoàn"),
        ("tỷ lệ", "tỉ lệ"), ("kỹ sư", "kĩ sư"), ("quý", "quí"), ("Ya Ly", "Ya Li"), ("Ia H’Drai", "Ia H'Drai"),
        ("a\u00a0 b\t", "a b"), ("Tổng\u200b số\ufeff", "Tổng số"), ("a–b", "a-b"), ("Ðắk", "Đắk"), ("...", "…"),
        ("１２，５％", "12,5%"), (unicodedata.normalize("NFD", "Số giường bệnh"), "Số giường bệnh"),
    ],
)  # fmt: skip
def test_what_reads_the_same_compares_the_same(one: str, other: str) -> None:
    assert normalize_text(one) == normalize_text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Đắk", "Đăk"), ("Ngọc", "Ngọk"), ("Vĩnh Thanh", "Vĩnh Thạnh"), ("Nam", "Năm"), ("má", "mà"), ("Xã", "xã"), ("ly", "lỳ")],
)  # fmt: skip
def test_what_reads_differently_does_not(one: str, other: str) -> None:
    assert normalize_text(one) != normalize_text(other)


@pytest.mark.parametrize(
    "text", ["Phúc Hòa", "người", "tuyến", "nghĩa", "già", "gì", "quyền", "ngoài", "khuỷu", "rượu", "Plông"]
)
def test_usual_spelling_is_its_own_form(text: str) -> None:
    assert normalize_text(text) == text


# --- old words in a form that is in Unicode -------------------------------------------------------------------


def _pasted(catalogue: Catalogue, words: str, font: str) -> tuple[list[str], list[str]]:
    """(codes of the findings, every text that was read) of a workbook with such a note, perhaps in such a font."""
    data = (
        Workbook(catalogue, "kt-district-quarter", "612", "2024Q3")
        .filled()
        .with_element("note.1.difficulty", words, 0)
        .bytes()
    )
    if font:
        named = f'<font><name val="{font}"/></font>'.encode()
        data = hostile.changed(data, "xl/styles.xml", lambda text: text.replace(b"</fonts>", named + b"</fonts>", 1))
    raw = read_workbook(data, catalogue)
    said = [cell[2] for sheet in raw.cells for cell in sheet or () if cell[2]]
    return [t.code for t in raw.findings], said


@pytest.mark.parametrize(
    ("words", "font", "codes", "read"),
    [
        (TCVN3[0] + ", " + TCVN3[4], "", ["S31"], TCVN3[0] + ", " + TCVN3[4]),
        (TCVN3[4], ".VnTime", ["S26"], UNICODE[4]),
        (VNI[4] + " " + VNI[3], "", ["S31"], VNI[4] + " " + VNI[3]),
        (VNI[3], "VNI-Times", ["S26"], UNICODE[4].removesuffix(" quý III")),
        ("Xã Hà Mòn có già làng không?", ".VnTime", [], "Xã Hà Mòn có già làng không?"),
        (UNICODE[4], ".VnTime", [], UNICODE[4]),
        ("naïve café, déjà vu", "", [], "naïve café, déjà vu"),
    ],
)  # fmt: skip
def test_old_words_in_a_form_in_unicode(
    words: str, font: str, codes: list[str], read: str, catalogue: Catalogue
) -> None:
    """Converted where a font says so too; where only the words do, they stay and the sender is asked."""
    found, said = _pasted(catalogue, words, font)
    assert (found, read in said) == (codes, True)
