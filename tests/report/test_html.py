"""The page for a phone: whole in itself, escaped, its slots checked like those of the Word template."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import pytest

from etl.errors import TemplateError
from etl.messages import load_messages
from etl.report.html import render_html_page
from tests.browser import DESK, PHONE, has_sideways_scroll, list_serious_faults, open_browser
from tests.report.conftest import TEMPLATES, Drafted
from tests.report.samples import read_page

VOID = {"meta", "link", "br", "img", "rect", "circle", "polyline", "path", "input", "hr"}


class _Shape(HTMLParser):
    """Elements and attributes, and whether every element that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def html(report: Drafted) -> str:
    return read_page(report.paths["page"].read_bytes())


def shape(text: str) -> _Shape:
    found = _Shape()
    found.feed(text)
    return found


def test_it_is_one_file_that_asks_for_nothing_from_elsewhere(report: Drafted) -> None:
    text = html(report)
    found = shape(text)
    assert found.open == []
    assert not {"script", "link", "iframe", "img", "object", "form"} & set(found.tags)
    assert not [value for name, value in found.attributes if name in {"src", "action"} or name.startswith("on")]
    assert all(value.startswith("#") for name, value in found.attributes if name == "href")
    addresses = set(re.findall(r"https?://[^\s\"'<]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert "@import" not in text
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in found.attributes


def test_it_is_vietnamese_fits_a_phone_and_prints(report: Drafted) -> None:
    text = html(report)
    assert text.startswith("<!DOCTYPE html>")
    assert '<html lang="vi">' in text
    assert 'content="width=device-width, initial-scale=1"' in text
    assert "@media print" in text
    assert "@media (max-width" in text


def test_what_a_unit_wrote_stays_text(report: Drafted) -> None:
    text = html(report)
    assert "&lt;b&gt;Vắc xin&lt;/b&gt; cung ứng {{ chậm }}" in text
    assert "<b>Vắc xin" not in text


def _names_a_part(label: str) -> bool:
    """Whether a label is that of the contents or of a table that scrolls, not of a picture."""
    tables = ("Kết quả theo đơn vị, bảng ", "Kết quả của cơ quan, đơn vị, bảng ")
    return label in {"Mục lục", "Kết quả của các đơn vị"} or label.startswith(tables)


def test_pictures_are_in_it_with_words(report: Drafted) -> None:
    found = shape(html(report))
    labels = [value for name, value in found.attributes if name == "aria-label" and not _names_a_part(value)]
    drawn = report.facts["pictures"]["drawn"]
    panels = sum(len(picture["shows"]) for picture in drawn if picture["kind"] == "series")
    grids = sum(picture["kind"] != "series" for picture in drawn)
    small = sum(len(row["line"]) > 1 for row in report.facts["first_page"]["rows"])
    assert found.tags.count("svg") == len(labels) == small + 1 + panels + grids
    assert report.facts["chart"]["alt"] in labels


def test_links_lead_to_places_in_it(report: Drafted) -> None:
    found = shape(html(report))
    places = {value for name, value in found.attributes if name == "id"}
    assert {value[1:] for name, value in found.attributes if name == "href"} <= places


def test_simulated_data_say_so_and_real_do_not(drafted: Callable[..., Drafted]) -> None:
    assert "SỐ LIỆU MÔ PHỎNG" in html(drafted("kon-tum", "kt-124", "2024Q4"))
    assert "MÔ PHỎNG" not in html(drafted("kon-tum", "kt-124", "2024Q4", simulated=False))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{{ closing }}", "", "unused slot 'closing'"),
        ("{{ closing }}", "{{ closng }}", "unknown slot 'closng'"),
        ("{{ row.statement }}", "", r"unused slot 'results\[\]\.statement'"),
        ("{% if tasks %}", "", "malformed"),
    ],
)
def test_a_slot_too_many_or_too_few_stops_with_its_name(
    drafted: Callable[..., Drafted], tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "report.html"
    path.write_text((TEMPLATES / "report.html").read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    say = load_messages(TEMPLATES)
    with pytest.raises(TemplateError, match=said) as caught:
        render_html_page(drafted("kon-tum", "kt-124", "2024Q4").facts, say, path)
    assert str(path) in str(caught.value)


def test_a_template_that_is_not_there_is_a_clear_error(drafted: Callable[..., Drafted], tmp_path: Path) -> None:
    say = load_messages(TEMPLATES)
    with pytest.raises(TemplateError, match="not readable"):
        render_html_page(drafted("kon-tum", "kt-124", "2024Q4").facts, say, tmp_path / "none.html")


def test_every_table_has_a_caption_and_heads_with_a_scope(report: Drafted) -> None:
    text, found = html(report), shape(html(report))
    assert found.tags.count("caption") == found.tags.count("table") >= 5
    assert found.tags.count("th") == len([name for name, value in found.attributes if name == "scope"])
    assert re.search(r"prefers-color-scheme: dark", text) and '<nav aria-label="Mục lục">' in text


def test_nobody_is_kept_out_by_a_phone_or_its_colours(drafted: Callable[..., Drafted]) -> None:
    """The summary stands on the first screen of a phone; tables that scroll do so by the keyboard too."""
    pages = [
        drafted(*case).paths["page"] for case in (("kon-tum", "kt-1693", "2024"), ("tan-yen", "ty-ct25", "2024Q1"))
    ]
    with open_browser() as browser:
        for path, screen, scheme in product(pages, (PHONE, DESK), ("light", "dark")):
            page = browser.new_page(viewport=screen, color_scheme=scheme)
            page.goto(path.as_uri())
            assert list_serious_faults(page) == [], (path.name, screen, scheme)
            assert not has_sideways_scroll(page)
            result = page.locator("h2").first.bounding_box()
            assert result and result["y"] < screen["height"] / 2, "the result begins on the upper half"
            page.close()


def test_words_for_pictures_are_short(report: Drafted) -> None:
    assert all(len(value) < 300 for name, value in shape(html(report)).attributes if name == "aria-label")
