"""Parts of a zip that is only looked at, and a zip written so that the same parts give the same bytes.

Room: ooxml. For files that this software made or that were checked before; a foreign zip goes through `strict_zip`.
"""

from __future__ import annotations

import zipfile
from io import BytesIO

ZIP_ERRORS: tuple[type[Exception], ...] = (zipfile.BadZipFile, KeyError, OSError)
"""What reading a damaged zip may raise."""
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


class ZipParts:
    """The parts of a zip by name.

    Raises:
        BadZipFile: the bytes are no zip (see `ZIP_ERRORS`).
    """

    def __init__(self, data: bytes) -> None:
        self._archive = zipfile.ZipFile(BytesIO(data))

    def __contains__(self, name: object) -> bool:
        return name in self._archive.NameToInfo

    def read_part(self, name: str, max_bytes: int = -1) -> bytes:
        """A part, or its first `max_bytes`; empty if there is no such part."""
        if name not in self:
            return b""
        with self._archive.open(name) as stream:
            return stream.read(max_bytes)


def build_reproducible_zip(data: bytes) -> bytes:
    """A zip (docx, xlsx) with every entry's time fixed, so that equal content gives equal bytes."""
    source, target = zipfile.ZipFile(BytesIO(data)), BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for info in source.infolist():
            entry = zipfile.ZipInfo(info.filename, _ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            out.writestr(entry, source.read(info))
    return target.getvalue()
