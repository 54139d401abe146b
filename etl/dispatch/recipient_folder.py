"""A recipient's folder: every published file and a manifest; there whole, or not at all.

Inside the dispatch room only, and through it by steps. It writes below the folder it is given and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from etl.errors import StorageError
from etl.file_io import translate_os_errors, write_folder_atomic

MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True)
class RecipientPackage:
    """What one recipient gets of one document. `folder` lies below the outbox; `about` opens the manifest."""

    folder: str
    files: Mapping[str, bytes]
    about: Mapping[str, Any]


def serialize_manifest(parcel: RecipientPackage) -> bytes:
    """What a folder holds, as JSON: what the document is, then each file's name, size and SHA-256."""
    files = [
        {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(parcel.files.items())
    ]
    text = json.dumps({**parcel.about, "files": files}, ensure_ascii=False, indent=1)
    return f"{text}\n".encode()


def write_recipient_folder(outbox: Path, parcel: RecipientPackage) -> bool:
    """Writes a recipient's folder; False where it is there already, just so.

    Raises:
        StorageError: it cannot be written (nothing of it stays), or something else lies in its place.
    """
    target = outbox / parcel.folder
    contents = {**parcel.files, MANIFEST_NAME: serialize_manifest(parcel)}
    with translate_os_errors(target):
        if target.is_dir():
            if _has_same_content(target, contents):
                return False
            raise StorageError(
                "the recipient's folder is there with other content",
                where=str(target),
                fix="move it away; the next run writes it anew",
            )
    write_folder_atomic(target, contents)
    return True


def _has_same_content(folder: Path, contents: Mapping[str, bytes]) -> bool:
    names = {path.name for path in folder.iterdir()}
    return names == contents.keys() and all((folder / name).read_bytes() == data for name, data in contents.items())
