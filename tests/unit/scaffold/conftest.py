from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from etl.settings import PROJECT_ROOT


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation's own catalogue and templates, for commands that write into them."""
    for name in ("catalog", "templates", "expectations", "sql"):
        shutil.copytree(PROJECT_ROOT / name, tmp_path / name)
    monkeypatch.setenv("TONGKET_HOME", str(tmp_path))
    return tmp_path


def read_tree(root: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
