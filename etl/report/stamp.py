"""What a published file carries of its sign-off: who, when, from which draft, at which snapshot.

Room: report. Called by steps. Office files get document properties (*File › Info › Properties › Custom*), PDF its
document information, HTML meta tags; other formats have no place for it and stay as they are. Nothing that is seen
on a page changes, and the same file and marks give the same bytes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from html import escape, unescape
from io import BytesIO
from pathlib import PurePath
from xml.sax.saxutils import escape as xml_escape
from xml.sax.saxutils import unescape as xml_unescape

from etl.errors import StorageError

PREFIX = "Tongket"
"""Begins the name of every mark, in every format."""

_CUSTOM = "docProps/custom.xml"
_TYPES, _RELATIONS = "[Content_Types].xml", "_rels/.rels"
_SPACE = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_VALUES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_EMPTY = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns="{_SPACE}"></Properties>'
_FORMAT = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"  # the one identifier of custom properties (ECMA-376-1, 22.3.2.2)
_OVERRIDE = (
    f'<Override PartName="/{_CUSTOM}" '
    'ContentType="application/vnd.openxmlformats-officedocument.custom-properties+xml"/>'
)
_RELATION = (
    f'<Relationship Id="rId{PREFIX}" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties" '
    f'Target="{_CUSTOM}"/>'
)
_PROPERTY = re.compile(rf'<property\b[^>]*\bname="({PREFIX}\w*)"[^>]*>\s*<vt:lpwstr[^>]*>(.*?)</vt:lpwstr>', re.S)
_META = re.compile(rf'<meta name="({PREFIX}\w*)" content="([^"]*)">')

Marks = Mapping[str, str]


def stamped(name: str, data: bytes, marks: Marks) -> bytes:
    """The file with its marks. Each name of a mark begins with `PREFIX`.

    Raises:
        StorageError: the file is not of the format that its name says.
    """
    write = _WRITERS.get(PurePath(name).suffix.lower())
    return write(name, data, marks) if write else data


def marks_of(name: str, data: bytes) -> dict[str, str]:
    """The marks that a file carries; none where it is no such file, or cannot be read."""
    read = _READERS.get(PurePath(name).suffix.lower())
    return read(data) if read else {}


# --- Word and Excel --------------------------------------------------------------------------------------


def _office(name: str, data: bytes, marks: Marks) -> bytes:
    """Adds one part and what leads to it; every other part keeps its bytes, its place and its time."""
    try:
        source = zipfile.ZipFile(BytesIO(data))
        parts = {info.filename: source.read(info) for info in source.infolist()}
    except (zipfile.BadZipFile, OSError) as error:
        raise _not_readable(name, error) from error
    there = _CUSTOM in parts
    infos = source.infolist()
    if not there:
        parts[_TYPES] = _before(name, parts.get(_TYPES, b""), "</Types>", _OVERRIDE)
        parts[_RELATIONS] = _before(name, parts.get(_RELATIONS, b""), "</Relationships>", _RELATION)
        infos = [*infos, zipfile.ZipInfo(_CUSTOM, infos[0].date_time)]
        infos[-1].external_attr = infos[0].external_attr
    parts[_CUSTOM] = _properties(name, parts.get(_CUSTOM, b""), marks)
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for info in infos:
            entry = zipfile.ZipInfo(info.filename, info.date_time)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, info.external_attr
            out.writestr(entry, parts[info.filename])
    return target.getvalue()


def _properties(name: str, part: bytes, marks: Marks) -> bytes:
    """The part with the marks after what stands in it. Each names its own spaces: those around may have other words."""
    text = part.decode() or _EMPTY
    first = max((int(pid) for pid in re.findall(r'pid="(\d+)"', text)), default=1) + 1
    added = "".join(
        f'<property xmlns="{_SPACE}" fmtid="{_FORMAT}" pid="{pid}" name="{key}">'
        f'<vt:lpwstr xmlns:vt="{_VALUES}">{xml_escape(value)}</vt:lpwstr></property>'
        for pid, (key, value) in enumerate(marks.items(), start=first)
    )
    return _before(name, text.encode(), text[text.rfind("</") :], added)


def _before(name: str, part: bytes, end: str, added: str) -> bytes:
    head, found, tail = part.decode().rpartition(end)
    if not found:
        raise _not_readable(name, f"no {end}")
    return f"{head}{added}{end}{tail}".encode()


def _not_readable(name: str, why: object) -> StorageError:
    return StorageError(f"the draft cannot be read: {why}", where=name, fix="draft the report again")


def _office_marks(data: bytes) -> dict[str, str]:
    try:
        text = zipfile.ZipFile(BytesIO(data)).read(_CUSTOM).decode()
    except (zipfile.BadZipFile, KeyError, OSError, UnicodeDecodeError):
        return {}
    return {name: xml_unescape(value) for name, value in _PROPERTY.findall(text)}


# --- PDF and HTML ----------------------------------------------------------------------------------------


def _pdf(name: str, data: bytes, marks: Marks) -> bytes:
    from pypdf import PdfReader, PdfWriter
    from pypdf.errors import PyPdfError

    try:
        known: dict[str, str] = {key: str(value) for key, value in (PdfReader(BytesIO(data)).metadata or {}).items()}
        writer = PdfWriter(clone_from=BytesIO(data))
    except PyPdfError as error:
        raise _not_readable(name, error) from error
    writer.add_metadata({**known, **{f"/{key}": value for key, value in marks.items()}})
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def _pdf_marks(data: bytes) -> dict[str, str]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        known = PdfReader(BytesIO(data)).metadata
    except (PyPdfError, ValueError, OSError):
        return {}
    return {key[1:]: str(value) for key, value in (known or {}).items() if key.startswith(f"/{PREFIX}")}


def _html(name: str, data: bytes, marks: Marks) -> bytes:
    added = "".join(f'<meta name="{key}" content="{escape(value)}">\n' for key, value in marks.items())
    return _before(name, data, "</head>", added)


def _html_marks(data: bytes) -> dict[str, str]:
    return {name: unescape(value) for name, value in _META.findall(data.decode("utf-8", "replace"))}


_WRITERS: dict[str, Callable[[str, bytes, Marks], bytes]] = {
    ".docx": _office, ".xlsx": _office, ".pdf": _pdf, ".html": _html,
}  # fmt: skip
_READERS: dict[str, Callable[[bytes], dict[str, str]]] = {
    ".docx": _office_marks, ".xlsx": _office_marks, ".pdf": _pdf_marks, ".html": _html_marks,
}  # fmt: skip
