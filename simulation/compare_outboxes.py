"""`python -m simulation.compare_outboxes BEFORE AFTER`: what two runs of the demo wrote, compared file by file.

For a change that must not change results: run the demo with the code before and after it, and compare the two
`outbox` folders. Texts, cells, comments and facts are compared; what differs by nature (times, hashes, the snapshot's
name) is masked. PDFs are left out: they are drawn from the Word reports, which are compared.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

_MASKS = (
    (re.compile(r"\b[0-9a-f]{8,64}\b"), "<hash>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:?\d\d|Z)?"), "<time>"),
    (re.compile(r"\d{1,2}(h|:|giờ )\d\d( phút)?( ngày |, | )?\d{1,2}/\d{1,2}/\d{4}"), "<time>"),
    (re.compile(r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d"), "<time>"),
)
# Names that differ from one run to the next (a receipt bears the hash of what was sent, which is the same).
_SHOWN_DIFFERENCES = 12


def compare_folders(before: Path, after: Path) -> Iterator[tuple[str, list[str]]]:
    """Each file whose text differs, with the differing lines; `-` stands for before, `+` for after."""
    texts = {folder: _read_texts(folder) for folder in (before, after)}
    for name in sorted(texts[before].keys() | texts[after].keys()):
        old, new = texts[before].get(name), texts[after].get(name)
        if old is None or new is None:
            yield name, ["only before" if new is None else "only after"]
        elif old != new:
            lines = difflib.unified_diff(old, new, lineterm="", n=0)
            yield name, [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def _read_texts(folder: Path) -> dict[str, list[str]]:
    readers = {".docx": _read_docx, ".xlsx": _read_xlsx, ".html": _read_html, ".json": _read_json, ".eml": _read_plain}
    return {
        path.relative_to(folder).as_posix(): [_mask_line(line) for line in readers[path.suffix](path)]
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in readers and not any(part.startswith(".") for part in path.parts)
    }


def _mask_line(line: str) -> str:
    for pattern, name in _MASKS:
        line = pattern.sub(name, line)
    return line


def _read_docx(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as package:
        parts = [n for n in sorted(package.namelist()) if re.fullmatch(r"word/(document|header\d*|footer\d*)\.xml", n)]
        found = []
        for name in parts:
            body = package.read(name).decode()
            for paragraph in re.findall(r"<w:p[ >].*?</w:p>", body, re.DOTALL):
                found.append("".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", paragraph)))
    return found


def _read_xlsx(path: Path) -> list[str]:
    import openpyxl

    book = openpyxl.load_workbook(path)
    found = []
    for sheet in book.worksheets:
        found.append(f"[{sheet.title}] {sheet.sheet_state}")
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None or cell.comment is not None:
                    note = f" // {cell.comment.text}" if cell.comment else ""
                    found.append(f"{sheet.title}!{cell.coordinate} {cell.value!r} {cell.number_format}{note}")
    return found


class _TextCollector(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.lines.append(" ".join(data.split()))


def _read_html(path: Path) -> list[str]:
    collector = _TextCollector()
    collector.feed(path.read_text(encoding="utf-8"))
    return collector.lines


def _read_json(path: Path) -> list[str]:
    return list(_flatten(json.loads(path.read_text(encoding="utf-8"))))


def _read_plain(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _flatten(value: Any, where: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flatten(inner, f"{where}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _flatten(inner, f"{where}[{number}]")
    else:
        yield f"{where} = {value!r}"


def main() -> int:
    """Prints what differs; 1 if anything does."""
    before, after = map(Path, sys.argv[1:3])
    compared = len(_read_texts(before))
    found = 0
    for name, lines in compare_folders(before, after):
        found += 1
        print(f"{name}: {len(lines)} lines differ")
        for line in lines[:_SHOWN_DIFFERENCES]:
            print("   ", line[:200])
    print(f"{compared} files compared, {found} differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
