"""The annex on paper: short, in letters that can be read, nothing of a title cut, heads on every page."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from etl.report import write_report_draft
from tests.report.conftest import CASES, TEMPLATES, Drafted, needs_office

MOST_PAGES, LEAST_POINTS = 24, 8
ZOOM = 3


@dataclass(frozen=True)
class PrintedPage:
    """A page as it comes from the printer: its letters' sizes in points and its lines."""

    points: tuple[float, ...]
    is_landscape: bool
    text: str


def print_workbooks(paths: list[Path], folder: Path) -> dict[str, list[PrintedPage]]:
    """The pages of each workbook, by its name, as the office program prints them."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    assert program
    command = [program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore"]
    command += ["--convert-to", "pdf", "--outdir", str(folder), *map(str, paths)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return {path.stem: read_pages(folder / f"{path.stem}.pdf") for path in paths}


def read_pages(path: Path) -> list[PrintedPage]:
    """What `pdftohtml` says of each page; a size is that of the letters, shrunk as they are."""
    tool = shutil.which("pdftohtml")
    assert tool
    command = [tool, "-xml", "-i", "-q", "-stdout", "-zoom", str(ZOOM), str(path)]
    xml = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    sizes = {number: int(size) / ZOOM for number, size in re.findall(r'fontspec id="(\d+)" size="(\d+)"', xml)}
    pages = []
    for page in re.split("<page ", xml)[1:]:
        height, width = map(int, re.findall(r'(?:height|width)="(\d+)"', page)[:2])
        used = tuple(sizes[number] for number in re.findall(r'<text [^>]*font="(\d+)"', page))
        lines = "\n".join(re.sub("<[^>]+>", "", line) for line in re.findall("<text [^>]*>(.*)</text>", page))
        pages.append(PrintedPage(used, width > height, lines))
    return pages


@pytest.fixture(scope="module")
def printed(drafted: Callable[..., Drafted], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[PrintedPage]]:
    """The annexes of all cases, and of one with units by the hundred, printed by one start of the program."""
    folder = tmp_path_factory.mktemp("printed")
    given = drafted("kon-tum", "kt-1693", "2024").given
    crowded = write_report_draft(replace(given, statuses=given.statuses * 20), TEMPLATES, folder / "crowded")["annex"]
    paths = [shutil.copy(crowded, folder / "crowded.xlsx")]
    paths += [shutil.copy(drafted(*c).paths["annex"], folder / f"{'-'.join(c[1:])}.xlsx") for c in CASES]
    return print_workbooks([Path(path) for path in paths], folder)


@needs_office
def test_an_annex_is_short_upright_and_can_be_read(printed: dict[str, list[PrintedPage]]) -> None:
    assert len(printed) == len(CASES) + 1
    for name, pages in printed.items():
        assert len(pages) <= MOST_PAGES, name
        for number, page in enumerate(pages, start=1):
            assert page.is_landscape, (name, number)
            assert min(page.points) >= LEAST_POINTS, (name, number)


@needs_office
def test_what_is_too_long_for_paper_says_that_it_is_not_printed(printed: dict[str, list[PrintedPage]]) -> None:
    title, notice = "Tình hình gửi báo cáo của các đơn vị", "Trang tra cứu trên máy"
    (crowded,) = (page for page in printed["crowded"] if title in page.text)
    assert notice in crowded.text
    assert all(notice not in page.text for page in printed["kt-124-2024"] if title in page.text)
    assert all(notice not in pages[0].text for pages in printed.values()), "the plan's own table always prints"
