"""The key that signs the cookies of this installation: made once, readable by its account alone."""

from __future__ import annotations

import secrets

from etl.file_io import create_folder, translate_os_errors, write_atomic
from etl.settings import Settings

_KEY_NAME = "door_session.key"


def ensure_session_key(settings: Settings) -> str:
    """The key; removing its file ends every session.

    Raises:
        StorageError: the folder of secrets cannot be used.
    """
    path = settings.secrets / _KEY_NAME
    with translate_os_errors(path):
        create_folder(settings.secrets, 0o700)
        if not path.is_file():
            write_atomic(path, secrets.token_urlsafe(48).encode(), mode=0o600)
        return path.read_text(encoding="ascii")
