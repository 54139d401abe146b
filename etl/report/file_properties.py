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

PROPERTY_PREFIX = "Tongket"
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
    f'<Relationship Id="rId{PROPERTY_PREFIX}" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties" '
    f'Target="{_CUSTOM}"/>'
)
_PROPERTY = re.compile(
    rf'<property\b[^>]*\bname="({PROPERTY_PREFIX}\w*)"[^>]*>\s*<vt:lpwstr[^>]*>(.*?)</vt:lpwstr>', re.S
)
_META = re.compile(rf'<meta name="({PROPERTY_PREFIX}\w*)" content="([^"]*)">')

FileProperties = Mapping[str, str]


def add_file_properties(name: str, data: bytes, properties: FileProperties) -> bytes:
    """The file with its marks. Each name of a mark begins with `PREFIX`.

    Raises:
        StorageError: the file is not of the format that its name says.
    """
    write = _WRITERS.get(PurePath(name).suffix.lower())
    return write(name, data, properties) if write else data


def read_file_properties(name: str, data: bytes) -> dict[str, str]:
    """The marks that a file carries; none where it is no such file, or cannot be read."""
    read = _READERS.get(PurePath(name).suffix.lower())
    return read(data) if read else {}


# --- Word and Excel --------------------------------------------------------------------------------------


def _add_office_properties(name: str, data: bytes, properties: FileProperties) -> bytes:
    """Adds one part and what leads to it; every other part keeps its bytes, its place and its time."""
    try:
        source = zipfile.ZipFile(BytesIO(data))
        parts = {info.filename: source.read(info) for info in source.infolist()}
    except (zipfile.BadZipFile, OSError) as error:
        raise _build_unreadable_error(name, error) from error
    has_custom_part = _CUSTOM in parts
    infos = source.infolist()
    if not has_custom_part:
        parts[_TYPES] = _insert_before_tag(name, parts.get(_TYPES, b""), "</Types>", _OVERRIDE)
        parts[_RELATIONS] = _insert_before_tag(name, parts.get(_RELATIONS, b""), "</Relationships>", _RELATION)
        infos = [*infos, zipfile.ZipInfo(_CUSTOM, infos[0].date_time)]
        infos[-1].external_attr = infos[0].external_attr
    parts[_CUSTOM] = _render_custom_properties(name, parts.get(_CUSTOM, b""), properties)
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for info in infos:
            entry = zipfile.ZipInfo(info.filename, info.date_time)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, info.external_attr
            out.writestr(entry, parts[info.filename])
    return target.getvalue()


def _render_custom_properties(name: str, part: bytes, properties: FileProperties) -> bytes:
    """The part with the marks after what stands in it. Each names its own spaces: those around may have other words."""
    text = part.decode() or _EMPTY
    first = max((int(pid) for pid in re.findall(r'pid="(\d+)"', text)), default=1) + 1
    added = "".join(
        f'<property xmlns="{_SPACE}" fmtid="{_FORMAT}" pid="{pid}" name="{key}">'
        f'<vt:lpwstr xmlns:vt="{_VALUES}">{xml_escape(value)}</vt:lpwstr></property>'
        for pid, (key, value) in enumerate(properties.items(), start=first)
    )
    return _insert_before_tag(name, text.encode(), text[text.rfind("</") :], added)


def _insert_before_tag(name: str, part: bytes, end: str, added: str) -> bytes:
    head, found, tail = part.decode().rpartition(end)
    if not found:
        raise _build_unreadable_error(name, f"no {end}")
    return f"{head}{added}{end}{tail}".encode()


def _build_unreadable_error(name: str, why: object) -> StorageError:
    return StorageError(f"the draft cannot be read: {why}", where=name, fix="draft the report again")


def _read_office_properties(data: bytes) -> dict[str, str]:
    try:
        text = zipfile.ZipFile(BytesIO(data)).read(_CUSTOM).decode()
    except (zipfile.BadZipFile, KeyError, OSError, UnicodeDecodeError):
        return {}
    return {name: xml_unescape(value) for name, value in _PROPERTY.findall(text)}


# --- PDF and HTML ----------------------------------------------------------------------------------------


def _add_pdf_properties(name: str, data: bytes, properties: FileProperties) -> bytes:
    import pikepdf

    target = BytesIO()
    try:
        with pikepdf.open(BytesIO(data)) as pdf:
            for key, value in properties.items():
                pdf.docinfo[f"/{key}"] = value
            pdf.save(target, deterministic_id=True)
    except pikepdf.PdfError as error:
        raise _build_unreadable_error(name, error) from error
    return target.getvalue()


def _read_pdf_properties(data: bytes) -> dict[str, str]:
    import pikepdf

    try:
        with pikepdf.open(BytesIO(data)) as pdf:
            metadata = {key: str(value) for key, value in pdf.docinfo.items()}
    except (pikepdf.PdfError, ValueError, OSError):
        return {}
    return {key[1:]: value for key, value in metadata.items() if key.startswith(f"/{PROPERTY_PREFIX}")}


def _add_html_properties(name: str, data: bytes, properties: FileProperties) -> bytes:
    added = "".join(f'<meta name="{key}" content="{escape(value)}">\n' for key, value in properties.items())
    return _insert_before_tag(name, data, "</head>", added)


def _read_html_properties(data: bytes) -> dict[str, str]:
    return {name: unescape(value) for name, value in _META.findall(data.decode("utf-8", "replace"))}


_WRITERS: dict[str, Callable[[str, bytes, FileProperties], bytes]] = {
    ".docx": _add_office_properties,
    ".xlsx": _add_office_properties,
    ".pdf": _add_pdf_properties,
    ".html": _add_html_properties,
}
_READERS: dict[str, Callable[[bytes], dict[str, str]]] = {
    ".docx": _read_office_properties,
    ".xlsx": _read_office_properties,
    ".pdf": _read_pdf_properties,
    ".html": _read_html_properties,
}
