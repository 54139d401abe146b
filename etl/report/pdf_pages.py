"""What is painted on the pages of a PDF, as a number: the same for files that only wrap the same pages otherwise.

Room: report. For comparing a published PDF with one that another program wrote anew. Read are each page's size, its
instructions and all that these use (fonts, pictures, patterns), unpacked; annotations are compared by the caller.
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Any

_PAGE_KEYS = ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit")
_UNREAD_KEYS = {"/Length", "/Filter", "/DecodeParms", "/Parent", "/StructParents", "/StructParent", "/Metadata"}
_DEEPEST = 24


def compute_page_fingerprints(data: bytes) -> list[str]:
    """A fingerprint of each page.

    Raises:
        pikepdf.PdfError: it is no PDF that can be read.
        ValueError: its parts lie deeper in each other than any program writes them.
    """
    import pikepdf

    with pikepdf.open(BytesIO(data)) as pdf:
        known: dict[Any, str] = {}
        return [_compute_page_fingerprint(page, known) for page in pdf.pages]


def count_other_annotations(data: bytes) -> int:
    """How many annotations there are that are no form field: links, notes, stamps."""
    import pikepdf

    with pikepdf.open(BytesIO(data)) as pdf:
        notes = (note for page in pdf.pages for note in page.get("/Annots", ()))
        return sum(note.get("/Subtype") != "/Widget" for note in notes)


def _compute_page_fingerprint(page: Any, known: dict[Any, str]) -> str:
    seen = hashlib.sha256()
    for key in _PAGE_KEYS:
        seen.update(repr((key, _describe_object(page.obj.get(key), known))).encode())
    contents = page.obj.get("/Contents", [])
    parts = contents if _is_array(contents) else [contents]
    seen.update(b"\n".join(part.read_bytes() for part in parts))
    seen.update(_describe_object(page.resources, known).encode())
    return seen.hexdigest()


def _is_array(value: Any) -> bool:
    import pikepdf

    return isinstance(value, pikepdf.Array | list)


def _describe_object(value: Any, known: dict[Any, str], depth: int = 0) -> str:
    """A text for a value with all it refers to; `known` are the texts of those that were met before."""
    import pikepdf

    if depth > _DEEPEST:
        raise ValueError("a page's resources lie too deep")
    if not isinstance(value, pikepdf.Object):
        return repr(value)
    if value.is_indirect and value.objgen in known:
        return known[value.objgen]
    if isinstance(value, pikepdf.Stream):
        content = hashlib.sha256(_unpack_stream(value)).hexdigest()
        text = f"stream {content} {_describe_keys(value.stream_dict, known, depth)}"
    elif isinstance(value, pikepdf.Dictionary):
        text = _describe_keys(value, known, depth)
    elif isinstance(value, pikepdf.Array):
        text = f"[{' '.join(_describe_object(part, known, depth + 1) for part in value)}]"
    else:
        text = value.unparse().decode("latin-1")
    if value.is_indirect:
        text = known[value.objgen] = hashlib.sha256(text.encode()).hexdigest()
    return text


def _unpack_stream(stream: Any) -> bytes:
    """The content; of a picture that is packed for good (JPEG), as it is packed."""
    import pikepdf

    try:
        return bytes(stream.read_bytes())
    except pikepdf.PdfError:
        return bytes(stream.read_raw_bytes())


def _describe_keys(value: Any, known: dict[Any, str], depth: int) -> str:
    keys = sorted(set(value.keys()) - _UNREAD_KEYS)
    return f"<{' '.join(f'{key} {_describe_object(value[key], known, depth + 1)}' for key in keys)}>"
