"""Signatures on records of approval: report and record together prove themselves, without the warehouse.

The installation's Ed25519 key is `secrets/signing.pem`, readable by its owner alone, made when it is missing. Every
public key that it ever had stays beside it, in the warehouse and in `outbox/reports/`. Rotation: docs/operations.md.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.errors import UsageError
from etl.file_io import create_folder, translate_os_errors, write_atomic
from etl.settings import Settings
from etl.warehouse import signoff_store

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from sqlalchemy import Connection

_KEY_NAME, _PUBLIC_SUFFIX = "signing.pem", ".pub"


def publish_signing_key(conn: Connection, settings: Settings) -> None:
    """Makes sure of a key, and that its public half is in the warehouse, beside the key and beside the reports.

    Raises:
        StorageError: a folder cannot be written.
    """
    public = _ensure_signing_key(settings).public_key()
    key_id, pem = _compute_key_id(public), _serialize_public_key(public)
    for path in (
        settings.secrets / f"{key_id}{_PUBLIC_SUFFIX}",
        settings.outbox / "reports" / f"khoa-cong-khai_{key_id[:16]}.pem",
    ):
        if not path.is_file():
            write_atomic(path, pem)
    signoff_store.record_signing_key(conn, key_id, pem.decode())


def sign_record(settings: Settings, record: Mapping[str, Any]) -> dict[str, Any]:
    """A record with its signature: ``{"key": SHA-256 of the raw public key, "value": Base64}``."""
    key = _ensure_signing_key(settings)
    value = base64.b64encode(key.sign(_serialize_signed_part(record))).decode()
    return {**record, "signature": {"key": _compute_key_id(key.public_key()), "value": value}}


def is_signed_record(record: Mapping[str, Any], settings: Settings, key_file: Path | None = None) -> bool:
    """Whether a record was signed with a key of this installation, or with the one of a file.

    Raises:
        UsageError: the file holds no Ed25519 public key.
        StorageError: a key cannot be read.
    """
    from cryptography.exceptions import InvalidSignature

    files = sorted(settings.secrets.glob(f"*{_PUBLIC_SUFFIX}")) if key_file is None else [key_file]
    keys = {_compute_key_id(key): key for key in _read_public_keys(files)}
    try:
        signature = record["signature"]
        keys[signature["key"]].verify(base64.b64decode(signature["value"]), _serialize_signed_part(record))
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True


def _serialize_signed_part(record: Mapping[str, Any]) -> bytes:
    """What is signed: all but the signature, as JSON in one form only."""
    part = {name: value for name, value in record.items() if name != "signature"}
    return json.dumps(part, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _ensure_signing_key(settings: Settings) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = settings.secrets / _KEY_NAME
    with translate_os_errors(path):
        create_folder(settings.secrets, 0o700)
        if not path.is_file():
            encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
            pem = Ed25519PrivateKey.generate().private_bytes(encoding, form, serialization.NoEncryption())
            write_atomic(path, pem, mode=0o600)
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError("no Ed25519 key", where=str(path), fix="move it away: a new one is made")
    return key


def _read_public_keys(files: Iterable[Path]) -> list[Ed25519PublicKey]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    keys = []
    for path in files:
        with translate_os_errors(path):
            data = path.read_bytes()
        try:
            key = serialization.load_pem_public_key(data)
        except ValueError:
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise UsageError("no Ed25519 public key", where=str(path), fix="give a khoa-cong-khai_….pem")
        keys.append(key)
    return keys


def _serialize_public_key(key: Ed25519PublicKey) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _compute_key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()
