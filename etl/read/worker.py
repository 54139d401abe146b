"""The child process that opens foreign files: one JSON line in (a path), one JSON line out (what was read).

Started by `etl.read.reader` with limits of its own and without the parent's environment. If it dies, only the
file it was reading is affected.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path

from etl.catalog import load_catalogue
from etl.read.workbook import RawRead, read_workbook

MEMORY_BYTES = 1_000_000_000


def limit() -> None:
    """Limits memory, open files and core dumps, and forbids writing files."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def answer(raw: RawRead) -> str:
    """The read as one line of JSON: compact, columns rather than objects."""
    cells = [
        None
        if sheet is None
        else {
            "states": [cell[0] for cell in sheet],
            "numbers": [cell[1] for cell in sheet],
            "texts": {str(i): cell[2] for i, cell in enumerate(sheet) if cell[2]},
            "raws": {str(i): cell[3] for i, cell in enumerate(sheet) if cell[3]},
        }
        for sheet in raw.cells
    ]
    stamp = asdict(raw.stamp) if raw.stamp else None
    return json.dumps({"stamp": stamp, "troubles": [asdict(t) for t in raw.troubles], "cells": cells})


def main() -> None:
    """Serves until standard input closes."""
    catalogue = load_catalogue(Path(sys.argv[1]))
    out = sys.stdout
    sys.stdout = sys.stderr  # nothing but answers goes to the parent
    limit()
    gc.freeze()  # the catalogue lives as long as the process: no collection need look at it again
    print(json.dumps({"ready": True}), file=out, flush=True)
    for line in sys.stdin:
        data = Path(json.loads(line)["path"]).read_bytes()
        print(answer(read_workbook(data, catalogue)), file=out, flush=True)


if __name__ == "__main__":
    main()
