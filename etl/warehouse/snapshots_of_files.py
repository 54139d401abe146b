"""What people had decided at a moment: catalogues and templates as they were, kept whole and found again.

Room: warehouse. Called by steps, and by `catalogue` when one is published. A folder is kept once, under the hash
of its files; contents that folders share are kept once too. Nothing kept is ever changed.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection

from etl.catalog.loader import Catalogue, load_catalogue
from etl.errors import CatalogueError, UsageError, WarehouseError
from etl.warehouse.connect import query
from etl.warehouse.former_catalogues import upgrade_former_files
from etl.warehouse.snapshot import parse_known_at


def store_folder(conn: Connection, tree: str, files: Mapping[str, bytes]) -> bool:
    """Keeps a folder's files under the folder's hash, in the caller's transaction; True if it was not there."""
    if not files or query(conn, "tree_known", tree=tree).scalar_one():
        return False
    hashes = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    for path, data in files.items():
        query(conn, "add_content", sha256=hashes[path], size=len(data), packed=zlib.compress(data))
    query(conn, "add_tree", tree=tree, files=json.dumps(hashes))
    return True


def fetch_folder_files(conn: Connection, tree: str) -> dict[str, bytes]:
    """The files of a kept folder by path; empty where it was never kept."""
    return {row.path: zlib.decompress(row.packed) for row in query(conn, "tree_files", tree=tree)}


@contextmanager
def open_stored_folder(conn: Connection, tree: str) -> Iterator[Path | None]:
    """A kept folder, written out for as long as the block lasts; None where it was never kept."""
    files = fetch_folder_files(conn, tree)
    if not files:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="tongket-kept-") as name:
        _write_folder_files(Path(name), files)
        yield Path(name)


def load_catalogue_at(conn: Connection, at: str | datetime, present: Catalogue) -> Catalogue:
    """The catalogue that was in force at a moment; the present one itself where nothing has changed since.

    Raises:
        UsageError: nothing was recorded by then yet, or `at` is not a time with zone.
        WarehouseError: the catalogue of then was not kept.
        CatalogueError: this release cannot read it.
    """
    moment = parse_known_at(at)
    row = query(conn, "catalogue_at", known_at=moment).one_or_none()
    if row is None:
        first = query(conn, "first_catalogue").scalar_one()
        raise UsageError(
            f"nothing was recorded by {moment.isoformat()}",
            where="as known at",
            fix=f"ask for a time from {first.isoformat()} on" if first else "run `tongket warehouse migrate`",
        )
    if row.sha256 == present.sha256:
        return present
    files = fetch_folder_files(conn, row.sha256)
    if not files:
        raise WarehouseError(
            f"the catalogue of {row.recorded_at.isoformat()} was not kept",
            where=f"ops.tree_file {row.sha256[:12]}",
            fix="check that catalogue out from version control and run `tongket warehouse migrate` with it, then again",
        )
    return _load_stored_catalogue(row.sha256, tuple(files.items()))


@lru_cache(maxsize=8)
def _load_stored_catalogue(sha256: str, files: tuple[tuple[str, bytes], ...]) -> Catalogue:
    with tempfile.TemporaryDirectory(prefix="tongket-kept-") as name:
        root = Path(name)
        _write_folder_files(root, upgrade_former_files(dict(files)))
        try:
            return replace(load_catalogue(root), sha256=sha256, files=dict(files))
        except CatalogueError as error:
            raise CatalogueError(
                f"this release does not read the catalogue of then: {error.what}",
                where=f"{sha256[:12]} {Path(error.where).name}",
                fix="use the release that was in use then",
            ) from error


def _write_folder_files(root: Path, files: Mapping[str, bytes]) -> None:
    for path, data in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
