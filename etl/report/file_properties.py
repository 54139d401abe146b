"""What a published file carries of its sign-off: who, when, from which draft, at which snapshot.

Room: report. Called by steps. Office files get document properties (*File › Info › Properties › Custom*), PDF its
document information, HTML meta tags; other formats have no place for it and stay as they are. Nothing that is seen
on a page changes, and the same file and marks give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape, unescape
from io import BytesIO
from pathlib import PurePath

from etl.errors import StorageError
from etl.ooxml.custom_properties import add_custom_properties, read_custom_properties
from etl.ooxml.opc_package import OpcPackage, UneditablePackageError

PROPERTY_PREFIX = "Tongket"
"""Begins the name of every mark, in every format."""
_TRACES = ("docProps/app.xml", "docProps/thumbnail.jpeg")
_META = re.compile(rf'<meta name="({PROPERTY_PREFIX}\w*)" content="([^"]*)">')

FileProperties = Mapping[str, str]


def add_file_properties(name: str, data: bytes, properties: FileProperties) -> bytes:
    """The file with its marks. Each name of a mark begins with `PROPERTY_PREFIX`.

    Raises:
        StorageError: the file is not of the format that its name says.
    """
    write = _WRITERS.get(PurePath(name).suffix.lower())
    return write(name, data, properties) if write else data


def read_file_properties(name: str, data: bytes) -> dict[str, str]:
    """The marks that a file carries; none where it is no such file, or cannot be read."""
    read = _READERS.get(PurePath(name).suffix.lower())
    return read(data) if read else {}


def remove_template_traces(data: bytes) -> bytes:
    """A Word file without what the program that made its template left: its name and a picture of its page."""
    package = OpcPackage(data)
    for part in _TRACES:
        if part in package:
            package.remove_relationships("", part)
            package.remove_part(part)
    return package.serialize_package()


# --- Word and Excel --------------------------------------------------------------------------------------


def _add_office_properties(name: str, data: bytes, properties: FileProperties) -> bytes:
    try:
        return add_custom_properties(data, properties)
    except UneditablePackageError as error:
        raise _build_unreadable_error(name, error) from error


def _read_office_properties(data: bytes) -> dict[str, str]:
    return {name: text for name, text in read_custom_properties(data).items() if name.startswith(PROPERTY_PREFIX)}


def _build_unreadable_error(name: str, why: object) -> StorageError:
    return StorageError(f"the draft cannot be read: {why}", where=name, fix="draft the report again")


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


def _insert_before_tag(name: str, part: bytes, end: str, added: str) -> bytes:
    head, found, tail = part.decode().rpartition(end)
    if not found:
        raise _build_unreadable_error(name, f"no {end}")
    return f"{head}{added}{end}{tail}".encode()


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
